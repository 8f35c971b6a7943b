// SPDX-License-Identifier: MIT
/**
 * The two connections to Redis: one that asks, one that listens. A command that was under way when a connection broke is
 * never sent again: nobody knows whether it was carried out.
 */
import type { Cancel, Clock, Millis } from "@signalbox/core";
import { Redis } from "ioredis";
import {
  cannotNow,
  connectionWords,
  connectWithinMs,
  digestOf,
  isOlder,
  isReply,
  natureOf,
  optionsFor,
  RedisFailure,
  retryMaxMs,
  silent,
  writesToDisk,
} from "./connection.ts";
import { type RedisPlace, shownAddress } from "./place.ts";

export interface Script {
  readonly text: string;
  /** It touches the one key it is given, and no other. */
  readonly alone?: true;
  /** What it is asked has to be done: where a slot is just being moved it waits for as long as that takes. */
  readonly patient?: true;
}

/** When a lease ends. Servers have clocks of their own: each is told its end by its own. */
export interface Deadline {
  /** By the clock of the server that keeps the leases. Milliseconds since 1970. */
  readonly stated: string;
  /** By the clock of this process, or earlier. Milliseconds. */
  readonly endsAt: Millis;
}

export type Argument = string | number | Deadline;

export type Reply = string | number | null | readonly Reply[];

export interface Link {
  /** Both connections are open and the server takes commands. */
  readonly ready: boolean;
  /** Identifies one run of the Redis process: another one may have forgotten what this one took. */
  readonly run: string;
  /** What it is and its version, for the log. */
  readonly version: string;
  /** Do keys lie on several servers? Then what is asked one after the other of two of them may be carried out in another order. */
  readonly several: boolean;
  /** Does the server write what it holds to disk? Undefined: it does not say. */
  readonly persists: boolean | undefined;
  /** Runs a script on one key. Undefined: Redis is away, and nobody knows whether it ran. */
  evaluate(script: Script, key: string, args: readonly Argument[]): Promise<Reply | undefined>;
  /** How many connections took it; undefined: Redis is away. */
  publish(channel: string, text: string): Promise<number | undefined>;
  /**
   * Listens to a channel from now on, across reconnections. Settles when it does, or when the connection is lost. `from`: only
   * scripts speak there, or `publish` does too.
   */
  subscribe(channel: string, from: "scripts" | "everybody"): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** To be called now and then: looks whether all servers answer, and reads their clocks. */
  check(): void;
  /** Breaks all connections; they come again by themselves. `why`: in words. */
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

/** Scripts that write after having read the server's time: Redis 5 at least; hash fields and lists as they are used: 6.2. */
const oldest = [6, 2] as const;

export { RedisFailure } from "./connection.ts";

/** It is in cluster mode: it is to be spoken to as a cluster is. */
export class InClusterMode extends Error {
  override readonly name = "InClusterMode";
}

/**
 * Connects to one server, or fails with a RedisFailure, or with InClusterMode. Later losses mend by themselves.
 */
export const connectOne = async (parts: LinkParts): Promise<Link> => {
  const { place, scripts, clock } = parts;
  const where = `Redis at ${shownAddress(place)}`;
  const first = { over: false };
  const options = {
    ...optionsFor(place, place),
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
  let failed: ((failure: Error) => void) | undefined;
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
    const nature = natureOf(await asking.info("server"));
    version = nature.name;
    if (isOlder(nature, oldest)) {
      throw new RedisFailure(`${where} is ${version}; it takes Redis ${oldest.join(".")} or later`);
    }
    if (nature.clustered) throw new InClusterMode("it is in cluster mode");
    // The client goes on in database 0 where the one it was told is refused.
    await asking.select(place.database);
    persists = await writesToDisk(asking);
    for (const { text } of scripts) await asking.script("LOAD", text);
    if (channels.size > 0) await listening.subscribe(...channels);
    run = nature.run;
  };
  let preparing = false;
  /** Connections that were lost, ever. */
  let losses = 0;
  const arrived = (): void => {
    if (ready || preparing || asking.status !== "ready" || listening.status !== "ready") return;
    preparing = true;
    const before = losses;
    prepare()
      .then(
        () => {
          // What was prepared is not what is there now.
          if (closed || losses !== before) return;
          lastError = undefined;
          ready = true;
          cancelPatience();
          succeeded?.();
          if (first.over) parts.came();
        },
        (error: unknown) => {
          lastError = error;
          const final = error instanceof RedisFailure || error instanceof InClusterMode;
          if (final && failed !== undefined) failed(error);
          else if (failed !== undefined)
            failed(new RedisFailure(`${where} cannot be used: ${connectionWords(error)}`));
          else reset(connectionWords(error));
        },
      )
      .finally(() => {
        preparing = false;
        // A connection may have come again while the other one was being prepared. One that was just broken from here counts as
        // there until its end is seen: who tried it again at once would never let that happen.
        if (!ready && !closed && first.over && losses !== before) arrived();
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
      losses += 1;
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
    several: false,
    async evaluate(script, key, given) {
      if (asking.status !== "ready") return undefined;
      const digest = digests.get(script);
      if (digest === undefined) throw new Error("a script that was not named when the link was made");
      const args = given.map((argument) => (typeof argument === "object" ? argument.stated : argument));
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
    check() {},
    reset,
    close,
  };
};
