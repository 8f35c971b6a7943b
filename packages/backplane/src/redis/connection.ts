// SPDX-License-Identifier: MIT
/** What every connection to a Redis server has in common: how it is made, what the server says of itself, and what its errors mean. */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { Address, RedisPlace } from "./place.ts";

/** Why Redis cannot be used, in one sentence for whoever started the server. */
export class RedisFailure extends Error {
  override readonly name = "RedisFailure";
}

/** Longest pause between two attempts to connect. Milliseconds. */
export const retryMaxMs = 1_000;
/** A connection that is not there by then, and ready to be used, is tried anew. Milliseconds. */
export const connectWithinMs = 5_000;
export const silent = "it does not answer";

/** The server answered, and the answer is that it cannot serve now: it loads, is full, read-only, or being changed. */
export const cannotNow =
  /^(LOADING|OOM|READONLY|MASTERDOWN|CLUSTERDOWN|BUSY|MISCONF|NOAUTH|NOPERM|WRONGPASS|NOREPLICAS|TRYAGAIN|UNKILLABLE)\b/;

export const isReply = (error: unknown): error is Error =>
  error instanceof Error && error.name === "ReplyError";

export const digestOf = (text: string): string => createHash("sha1").update(text).digest("hex");

/** What went wrong with a connection, in words; never holds the password. */
export const connectionWords = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ECONNREFUSED":
      return "the connection was refused";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "its name is not known";
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return silent;
    case "ECONNRESET":
    case "EPIPE":
      return "the connection broke";
    default: {
      const message = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
      if (/^(WRONGPASS|NOAUTH|ERR invalid password)/.test(message)) return "the password was not accepted";
      if (/AUTH.*without any password configured/.test(message))
        return "a password was given, and it asks for none";
      if (/DB index is out of range/.test(message)) return "it has no such database";
      return message;
    }
  }
};

/** What a server says of itself. */
export interface Nature {
  /** Its own name and version, for the log. */
  readonly name: string;
  /** Version of Redis that it is, or that it speaks like. */
  readonly version: readonly [major: number, minor: number];
  /** Identifies one run of its process: another one may have forgotten what this one took. */
  readonly run: string;
  /** Is it in cluster mode? */
  readonly clustered: boolean;
}

export const natureOf = (info: string): Nature => {
  const field = (name: string) => new RegExp(`^${name}:(.+?)\\r?$`, "m").exec(info)?.[1] ?? "";
  const [major = 0, minor = 0] = field("redis_version").split(".").map(Number);
  // Valkey says which Redis it speaks like, and for itself another version.
  const valkey = field("valkey_version");
  return {
    name: valkey === "" ? `Redis ${field("redis_version")}` : `Valkey ${valkey}`,
    version: [major, minor],
    run: field("run_id"),
    clustered: /^(redis|server)_mode:cluster\b/m.test(info),
  };
};

export const isOlder = (
  { version: [major, minor] }: Nature,
  [least, leastMinor]: Nature["version"],
): boolean => major < least || (major === least && minor < leastMinor);

/** Who may not ask is not told: then nothing is known. */
export const writesToDisk = async (asking: Redis): Promise<boolean | undefined> => {
  try {
    const answers = await asking.config("GET", "save", "appendonly");
    const settings = Array.isArray(answers) ? answers.map(String) : [];
    const setting = (name: string) => settings[settings.indexOf(name) + 1] ?? "";
    return setting("save") !== "" || setting("appendonly") === "yes";
  } catch {
    return undefined;
  }
};

export const optionsFor = (place: RedisPlace, { host, port }: Address) => ({
  host,
  port,
  db: place.database,
  ...(place.username === undefined ? {} : { username: place.username }),
  ...(place.password === undefined ? {} : { password: place.password }),
  ...(place.tls ? { tls: { servername: host } } : {}),
  protocol: 2 as const,
  disableClientInfo: true,
  connectionName: "signalbox",
  lazyConnect: true,
  connectTimeout: connectWithinMs,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  // Without a bound here the client drops what was under way with a connection, and whoever waits for it waits for ever.
  maxRetriesPerRequest: 0,
});
