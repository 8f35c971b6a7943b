// SPDX-License-Identifier: MIT
/** Where Redis is, read from a URL. */

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface RedisPlace extends Address {
  /** Other servers of the same Redis Cluster: any of them may be the one that answers at the start. */
  readonly others: readonly Address[];
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  /** What all keys and channels begin with: several clusters may share one Redis. */
  readonly prefix: string;
}

const prefixDefault = "signalbox:";

/** Servers that may be named. A few are enough: each of them knows all others. */
const addressesMax = 16;

/**
 * `redis://[[user]:password@]host[:port][,host[:port]…][/database][?prefix=text]`; `rediss:` with TLS. Defaults: port 6379,
 * database 0, prefix `signalbox:`. Undefined where the text is not that. The prefix holds no braces: they would move the hash tags.
 */
export const parseRedisUrl = (text: string): RedisPlace | undefined => {
  const [, scheme, login = "", hosts = "", rest = ""] =
    /^(rediss?:)\/\/([^/?#]*@)?([^/?#@]*)(.*)$/.exec(text) ?? [];
  const [first, ...others] = hosts.split(",").map(addressOf);
  const url = `${scheme}//${login}host${rest}`;
  if (first === undefined || others.length >= addressesMax || !URL.canParse(url)) return undefined;
  const { username, password, pathname, searchParams, hash } = new URL(url);
  const database = /^\/?(\d{0,4})$/.exec(pathname)?.[1];
  const prefix = searchParams.get("prefix") ?? prefixDefault;
  const strangers = [...searchParams.keys()].some((key) => key !== "prefix");
  if (database === undefined || hash !== "" || strangers || !/^[\w:.-]{0,64}$/.test(prefix)) return undefined;
  const known = others.filter((address) => address !== undefined);
  if (known.length < others.length) return undefined;
  try {
    return {
      ...first,
      others: known,
      tls: scheme === "rediss:",
      ...(username === "" ? {} : { username: decodeURIComponent(username) }),
      ...(password === "" ? {} : { password: decodeURIComponent(password) }),
      database: Number(database),
      prefix,
    };
  } catch {
    return undefined;
  }
};

const addressOf = (text: string): Address | undefined => {
  const url = `redis://${text}`;
  if (text === "" || !URL.canParse(url)) return undefined;
  const { hostname, port } = new URL(url);
  if (hostname === "") return undefined;
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port === "" ? 6379 : Number(port) };
};

export const shownAddress = ({ host, port }: Address): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** For people: without user and password. */
export const shownPlace = (place: RedisPlace): string =>
  [place, ...place.others].map(shownAddress).join(", ");
