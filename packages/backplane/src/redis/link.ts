// SPDX-License-Identifier: MIT
/**
 * The two connections to Redis: one that asks, one that listens. A command that was under way when a connection broke is
 * never sent again: nobody knows whether it was carried out.
 */
import { createHash } from "node:crypto";
import type { Cancel, Clock } from "@signalbox/core";
import { Redis } from "ioredis";
import { type RedisPlace, shownPlace } from "./place.ts";

export interface Script {
  readonly text: string;
}

export type Reply = string | number | null | readonly Reply[];

/** Why Redis cannot be used, in one sentence for whoever started the server. */
export class RedisFailure extends Error {
  override readonly name = "RedisFailure";
}

export interface Link {
  /** Both connections are open and the server takes commands. */
  readonly ready: boolean;
  /** Identifies one run of the Redis process: another one may have forgotten what this one took. */
  readonly run: string;
  readonly version: string;
  /** Does the server write what it holds to disk? Undefined: it does not say. */
  readonly persists: boolean | undefined;
  /** Runs a script on one key. Undefined: Redis is away, and nobody knows whether it ran. */
  evaluate(script: Script, key: string, args: readonly (string | number)[]): Promise<Reply | undefined>;
  /** How many connections took it; undefined: Redis is away. */
  publish(channel: string, text: string): Promise<number | undefined>;
  /** Listens to a channel from now on, across reconnections. Settles when it does, or when the connection is lost. */
  subscribe(channel: string): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** Breaks both connections; they come again by themselves. `why`: in words. */
  reset(why: string): void;
  close(): void;
}

export interface LinkParts {
  readonly place: RedisPlace;
  readonly clock: Clock;
  readonly scripts: readonly Script[];
  readonly heard: (channel: string, text: string) => void;
  /** Both connections are there, and all channels are listened to. */
  readonly came: () => void;
  /** One of them was lost. `why`: in words. */
  readonly went: (why: string) => void;
}

/** Longest pause between two attempts to connect. Milliseconds. */
const retryMaxMs = 1_000;
/** A connection that is not there by then, and ready to be used, is tried anew. Milliseconds. */
const connectWithinMs = 5_000;
const silent = "it does not answer";
/** Scripts that write after having read the server's time: Redis 5 at least; hash fields and lists as they are used: 6.2. */
const oldest = [6, 2] as const;

const digestOf = (text: string): string => createHash("sha1").update(text).digest("hex");

/** The server answered, and the answer is that it cannot serve now: it loads, is full, read-only, or being changed. */
const cannotNow =
  /^(LOADING|OOM|READONLY|MASTERDOWN|CLUSTERDOWN|BUSY|MISCONF|NOAUTH|NOPERM|WRONGPASS|NOREPLICAS|TRYAGAIN|UNKILLABLE)\b/;

const isReply = (error: unknown): error is Error => error instanceof Error && error.name === "ReplyError";

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

/** Who may not ask is not told: then nothing is known. */
const writesToDisk = async (asking: Redis): Promise<boolean | undefined> => {
  try {
    const answers = await asking.config("GET", "save", "appendonly");
    const settings = Array.isArray(answers) ? answers.map(String) : [];
    const setting = (name: string) => settings[settings.indexOf(name) + 1] ?? "";
    return setting("save") !== "" || setting("appendonly") === "yes";
  } catch {
    return undefined;
  }
};

const optionsFor = (place: RedisPlace) => ({
  host: place.host,
  port: place.port,
  db: place.database,
  ...(place.username === undefined ? {} : { username: place.username }),
  ...(place.password === undefined ? {} : { password: place.password }),
  ...(place.tls ? { tls: { servername: place.host } } : {}),
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

/** Connects, or fails with a RedisFailure. Later losses mend by themselves. */
export const connect = async (parts: LinkParts): Promise<Link> => {
  const { place, scripts, clock } = parts;
  const where = `Redis at ${shownPlace(place)}`;
  const first = { over: false };
  const options = {
    ...optionsFor(place),
    // The first attempt is the only one: who starts a server wants to know.
    retryStrategy: (times: number) => (first.over ? Math.min(50 * times, retryMaxMs) : null),
  };
  const asking = new Redis(options);
  const listening = new Redis({ ...options, enableReadyCheck: false });
  const channels = new Set<string>();
  const digests = new Map(scripts.map((script) => [script, digestOf(script.text)]));
  let run = "";
  let version = "";
  let persists: boolean | undefined;
  let ready = false;
  let closed = false;
  let lastError: unknown;
  let failed: ((failure: RedisFailure) => void) | undefined;
  let succeeded: (() => void) | undefined;

  let cancelPatience: Cancel = () => {};
  /** A server that takes connections and says nothing closes none of them either. */
  const bePatient = (): void => {
    cancelPatience();
    cancelPatience = clock.after(connectWithinMs, () => {
      if (closed || ready) return;
      lastError = silent;
      if (failed !== undefined) return failed(new RedisFailure(`${where} cannot be reached: ${silent}`));
      reset(silent);
      bePatient();
    });
  };
  const away = (): void => {
    if (!ready) return;
    ready = false;
    if (!closed) bePatient();
    if (!closed) parts.went(connectionWords(lastError ?? "the connection was closed"));
  };
  /** Everything a new pair of connections needs before it is used. */
  const prepare = async (): Promise<void> => {
    const info = await asking.info("server");
    const field = (name: string) => new RegExp(`^${name}:(.+?)\\r?$`, "m").exec(info)?.[1] ?? "";
    version = field("redis_version");
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
      throw new RedisFailure(`${where} is version ${version}; it takes ${oldest.join(".")} or later`);
    }
    // The client goes on in database 0 where the one it was told is refused.
    await asking.select(place.database);
    persists = await writesToDisk(asking);
    for (const { text } of scripts) await asking.script("LOAD", text);
    if (channels.size > 0) await listening.subscribe(...channels);
    run = field("run_id");
  };
  let preparing = false;
  const arrived = (): void => {
    if (ready || preparing || asking.status !== "ready" || listening.status !== "ready") return;
    preparing = true;
    prepare()
      .then(
        () => {
          if (closed || asking.status !== "ready" || listening.status !== "ready") return;
          lastError = undefined;
          ready = true;
          cancelPatience();
          succeeded?.();
          if (first.over) parts.came();
        },
        (error: unknown) => {
          lastError = error;
          if (error instanceof RedisFailure && failed !== undefined) failed(error);
          else if (failed !== undefined)
            failed(new RedisFailure(`${where} cannot be used: ${connectionWords(error)}`));
          else reset(connectionWords(error));
        },
      )
      .finally(() => {
        preparing = false;
        // A connection may have come again while the other one was being prepared.
        if (!ready && !closed && first.over) arrived();
      });
  };
  const reset = (why: string): void => {
    lastError = why;
    away();
    if (closed) return;
    asking.disconnect(true);
    listening.disconnect(true);
  };
  for (const connection of [asking, listening]) {
    connection.on("error", (error: unknown) => {
      lastError = error;
    });
    connection.on("ready", arrived);
    connection.on("close", () => {
      away();
      failed?.(
        new RedisFailure(
          `${where} cannot be reached: ${connectionWords(lastError ?? "the connection was closed")}`,
        ),
      );
    });
  }
  listening.on("message", (channel: string, text: string) => parts.heard(channel, text));

  const close = (): void => {
    closed = true;
    cancelPatience();
    ready = false;
    asking.disconnect();
    listening.disconnect();
  };
  try {
    await new Promise<void>((resolve, reject) => {
      succeeded = resolve;
      failed = reject;
      bePatient();
      // A failure also closes the connection, and is told from there.
      asking.connect().catch(() => {});
      listening.connect().catch(() => {});
    });
  } catch (error) {
    close();
    throw error;
  } finally {
    succeeded = undefined;
    failed = undefined;
    first.over = true;
  }

  /** Undefined where the connection was lost, or the server cannot serve now. Anything else it says is a bug. */
  const unlessAway = async <T>(asked: Promise<T>): Promise<T | undefined> => {
    try {
      return await asked;
    } catch (error) {
      if (isReply(error) && !cannotNow.test(error.message)) throw error;
      return undefined;
    }
  };
  return {
    get ready() {
      return ready;
    },
    get run() {
      return run;
    },
    get version() {
      return version;
    },
    get persists() {
      return persists;
    },
    async evaluate(script, key, args) {
      if (asking.status !== "ready") return undefined;
      const digest = digests.get(script);
      if (digest === undefined) throw new Error("a script that was not named when the link was made");
      try {
        return (await asking.evalsha(digest, 1, key, ...args)) as Reply;
      } catch (error) {
        if (!isReply(error)) return undefined;
        if (!error.message.startsWith("NOSCRIPT")) return unlessAway<Reply>(Promise.reject(error));
        // Somebody flushed the scripts.
        return (await unlessAway(asking.eval(script.text, 1, key, ...args))) as Reply | undefined;
      }
    },
    async publish(channel, text) {
      if (asking.status !== "ready") return undefined;
      return unlessAway(asking.publish(channel, text));
    },
    async subscribe(channel) {
      channels.add(channel);
      if (listening.status === "ready") await unlessAway(listening.subscribe(channel));
    },
    async unsubscribe(channel) {
      channels.delete(channel);
      if (listening.status === "ready") await unlessAway(listening.unsubscribe(channel));
    },
    reset,
    close,
  };
};
