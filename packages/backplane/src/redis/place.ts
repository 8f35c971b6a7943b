// SPDX-License-Identifier: MIT
/** Where Redis is, read from a URL. */

export interface RedisPlace {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
  /** What all keys and channels begin with: several clusters may share one Redis. */
  readonly prefix: string;
}

const prefixDefault = "signalbox:";

/**
 * `redis://[[user]:password@]host[:port][/database][?prefix=text]`; `rediss:` with TLS. Defaults: port 6379, database 0,
 * prefix `signalbox:`. Undefined where the text is not that. The prefix holds no braces: they would move the hash tags.
 */
export const parseRedisUrl = (text: string): RedisPlace | undefined => {
  if (!URL.canParse(text)) return undefined;
  const { protocol, hostname, port, username, password, pathname, searchParams, hash } = new URL(text);
  const database = /^\/?(\d{0,4})$/.exec(pathname)?.[1];
  const prefix = searchParams.get("prefix") ?? prefixDefault;
  const strangers = [...searchParams.keys()].some((key) => key !== "prefix");
  if (!/^rediss?:$/.test(protocol) || hostname === "" || database === undefined || hash !== "" || strangers)
    return undefined;
  if (!/^[\w:.-]{0,64}$/.test(prefix)) return undefined;
  try {
    return {
      host: hostname.replace(/^\[(.*)\]$/, "$1"),
      port: port === "" ? 6379 : Number(port),
      tls: protocol === "rediss:",
      ...(username === "" ? {} : { username: decodeURIComponent(username) }),
      ...(password === "" ? {} : { password: decodeURIComponent(password) }),
      database: Number(database),
      prefix,
    };
  } catch {
    return undefined;
  }
};

/** For people: without user and password. */
export const shownPlace = ({ host, port }: RedisPlace): string =>
  `${host.includes(":") ? `[${host}]` : host}:${port}`;
