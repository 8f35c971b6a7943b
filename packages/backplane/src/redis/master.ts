// SPDX-License-Identifier: MIT
/**
 * One master of a Redis Cluster: a connection that asks, and two that listen, made when there is something to listen to. None
 * of them comes again: when one breaks the master is lost, and another is made.
 */
import type { Clock } from "@signalbox/core";
import { Redis } from "ioredis";
import {
  connectionWords,
  isOlder,
  isReply,
  type Nature,
  natureOf,
  optionsFor,
  RedisFailure,
  silent,
  writesToDisk,
} from "./connection.ts";
import type { Argument, Reply } from "./link.ts";
import { type Address, type RedisPlace, shownAddress } from "./place.ts";
import { type ClusterView, viewOf } from "./slot-map.ts";

export interface MasterParts {
  readonly place: RedisPlace;
  readonly address: Address;
  readonly clock: Clock;
  /** Texts of all scripts that will be run. */
  readonly scripts: readonly string[];
  readonly heard: (channel: string, text: string) => void;
  /** A connection broke, or the server is too slow. `why`: in words. Once. */
  readonly lost: (why: string) => void;
  /** The server ended what this node listened to: the slot of the channel is elsewhere now. */
  readonly channelMoved: () => void;
}

export interface Master {
  readonly address: Address;
  readonly name: string;
  readonly lost: boolean;
  readonly nature: Nature;
  readonly persists: boolean | undefined;
  /** Connects, and brings along what is needed. Fails with what is wrong. */
  prepare(): Promise<void>;
  view(): Promise<ClusterView>;
  /** Reads its clock. */
  readClock(): Promise<void>;
  /** `asking`: although the slot is still on its way here. `whole`: with its text, in case the server forgot it. */
  run(script: RunScript, key: string, args: readonly Argument[], asking: boolean): Promise<Reply>;
  publish(channel: string, text: string): Promise<number>;
  listen(channel: string, from: "scripts" | "everybody"): Promise<void>;
  /** Where it listens to that channel at all. */
  unlisten(channel: string): Promise<void>;
  /** Breaks all connections: it is lost. */
  fail(why: string): void;
  close(): void;
}

export interface RunScript {
  readonly text: string;
  readonly digest: string;
  readonly whole: boolean;
}

/** Channels of one slot, which is what a parcel is sent to: 7.0. */
const oldest = [7, 0] as const;
/** How long one may take to connect, and to answer. Milliseconds. 2 s: shorter than a failover takes, which may be under way. */
const answersWithinMs = 2_000;

export const createMaster = (parts: MasterParts): Master => {
  const { place, address, clock, scripts } = parts;
  const name = shownAddress(address);
  const options = {
    ...optionsFor(place, address),
    connectTimeout: answersWithinMs,
    retryStrategy: () => null,
    enableReadyCheck: false,
  };
  const connections = new Map<"asks" | "hears nodes" | "hears scripts", Promise<Redis>>();
  const open: Redis[] = [];
  const channels = new Set<string>();
  let lost = false;
  let closed = false;
  let lastError: unknown;
  let nature: Nature = { name: "", version: oldest, run: "", clustered: true };
  let persists: boolean | undefined;
  /** How far its clock is ahead of ours, at least. Milliseconds. */
  let aheadMs = 0;

  const end = (): void => {
    closed = true;
    for (const connection of open) connection.disconnect();
  };
  const fail = (why: string): void => {
    if (closed) return;
    lost = true;
    end();
    parts.lost(why);
  };
  const connection = (purpose: "asks" | "hears nodes" | "hears scripts"): Promise<Redis> => {
    const made = connections.get(purpose);
    if (made !== undefined) return made;
    const redis = new Redis(options);
    open.push(redis);
    redis.on("error", (error: unknown) => {
      lastError = error;
    });
    redis.on("close", () => fail(connectionWords(lastError ?? "the connection was closed")));
    const heard = (channel: string, text: string) => parts.heard(channel, text);
    if (purpose === "hears nodes") {
      redis.on("smessage", heard);
      redis.on("moved", () => parts.channelMoved());
    } else if (purpose === "hears scripts") redis.on("message", heard);
    const connected = redis.connect().then(
      () => redis,
      // A failure also closes the connection, and the reason is told there.
      (error: unknown) => {
        throw lastError ?? error;
      },
    );
    connections.set(purpose, connected);
    connected.catch(() => {});
    return connected;
  };
  let asking: Redis | undefined;
  const asker = (): Redis => {
    if (asking === undefined || closed) throw new Error("the connection was closed");
    return asking;
  };
  const readClock = async (): Promise<void> => {
    const [seconds = 0, micros = 0] = await asker().time();
    // Read when its answer had not come yet, so it is further on by now; and our own milliseconds are whole.
    aheadMs = Number(seconds) * 1_000 + Number(micros) / 1_000 - clock.now() - 1;
  };
  const inTime = async <Result>(work: Promise<Result>): Promise<Result> => {
    const cancel = clock.after(answersWithinMs, () => fail(silent));
    try {
      return await work;
    } finally {
      cancel();
    }
  };

  return {
    address,
    name,
    get lost() {
      return lost || closed;
    },
    get nature() {
      return nature;
    },
    get persists() {
      return persists;
    },
    prepare: () =>
      inTime(
        (async () => {
          asking = await connection("asks");
          nature = natureOf(await asking.info("server"));
          if (!nature.clustered)
            throw new RedisFailure(`Redis at ${name} is not in cluster mode: one address is enough`);
          if (isOlder(nature, oldest)) {
            throw new RedisFailure(
              `Redis at ${name} is ${nature.name}; in cluster mode it takes Redis ${oldest.join(".")} or later`,
            );
          }
          persists = await writesToDisk(asking);
          for (const text of scripts) await asking.script("LOAD", text);
          await readClock();
        })(),
      ),
    async view() {
      const connected = asker();
      const asked = Promise.all([connected.cluster("INFO"), connected.cluster("SLOTS")]);
      const [info, slots] = await inTime(asked);
      return viewOf(String(info), slots, address);
    },
    readClock: () => inTime(readClock()),
    async run({ text, digest, whole }, key, given, forced) {
      const connected = asker();
      const args = given.map((argument) =>
        typeof argument === "object" ? String(Math.floor(argument.endsAt + aheadMs)) : argument,
      );
      // Said for the next command alone, so it goes out right before it.
      if (forced) connected.call("ASKING").catch(() => {});
      const answer =
        whole || forced ? connected.eval(text, 1, key, ...args) : connected.evalsha(digest, 1, key, ...args);
      return (await answer) as Reply;
    },
    publish: async (channel, text) => Number(await asker().spublish(channel, text)),
    async listen(channel, from) {
      channels.add(channel);
      await (await connection("hears scripts")).subscribe(channel);
      if (from === "everybody") await (await connection("hears nodes")).ssubscribe(channel);
    },
    async unlisten(channel) {
      if (closed || !channels.delete(channel)) return;
      await (await connections.get("hears scripts"))?.unsubscribe(channel);
      try {
        await (await connections.get("hears nodes"))?.sunsubscribe(channel);
      } catch (error) {
        // It gave the slot away, and ended what was listened to there by itself.
        if (!isReply(error)) throw error;
      }
    },
    fail,
    close: end,
  };
};
