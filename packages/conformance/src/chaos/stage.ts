// SPDX-License-Identifier: MIT
/** Where faults happen: server processes on one Redis, the peers that call each other there, and what is waited for. */
import assert from "node:assert/strict";
import { setTimeout as passing } from "node:timers/promises";
import { type RedisProcess, startRedis } from "@signalbox/backplane/testing";
import type { Bystander } from "./bystander.ts";
import { atRest } from "./history.ts";
import { type ServerNode, serverNode } from "./nodes.ts";
import { type ChaosPeer, type ChaosPeerOptions, chaosPeer } from "./peer.ts";
import { picture } from "./picture.ts";

export interface Stage {
  readonly nodes: readonly ServerNode[];
  readonly redis: RedisProcess;
  readonly leaseMs: number;
  /** A number from 0 up to 1, the next of its seed. */
  readonly draw: () => number;
  /** Those that are to know each other when all is well. */
  readonly peers: Set<ChaosPeer>;
  /** Flitter peers in the same room. */
  readonly bystanders: Set<Bystander>;
  /** All native peers that ever were. */
  readonly all: ChaosPeer[];
  /** How long it took until peers of killed nodes were told gone. Milliseconds, of this process' clock. */
  readonly goneMs: number[];
  /** Another peer, of which nothing is expected before it is one of `peers`. */
  guest(id: string, place: () => string | undefined, options?: ChaosPeerOptions): ChaosPeer;
  stop(): Promise<void>;
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export const drawn = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** Three nodes, and nobody there yet. */
export const stageFor = async (
  seed: number,
  { leaseMs, limits = [] }: { readonly leaseMs: number; readonly limits?: readonly string[] },
): Promise<Stage> => {
  const redis = await startRedis();
  const settings = [`leaseMs=${leaseMs}`, "drainMs=3000", ...limits];
  const options = ["--quiet", ...settings.flatMap((limit) => ["--limit", limit])];
  const nodes = await Promise.all([1, 2, 3].map(() => serverNode(redis.port, options)));
  const all: ChaosPeer[] = [];
  const bystanders = new Set<Bystander>();
  return {
    nodes,
    redis,
    leaseMs,
    draw: drawn(seed),
    peers: new Set(),
    bystanders,
    all,
    goneMs: [],
    guest(id, place, more) {
      const peer = chaosPeer(id, place, more);
      all.push(peer);
      return peer;
    },
    async stop() {
      for (const peer of [...all, ...bystanders]) peer.stop();
      for (const node of nodes) await node.stop();
      await redis.stop();
    },
  };
};

/** Pause between two looks whether something holds. Milliseconds. */
const lookEveryMs = 10;

/**
 * Waits until it holds; where it never does, fails with a picture of how things stand. 3,000 looks and as many as take five leases:
 * the promises are three leases and a resume at most, and a resume waits up to 2 s for a node that does not answer.
 */
export const eventually = async (
  stage: Stage,
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> => {
  const looks = 3_000 + (5 * stage.leaseMs) / lookEveryMs;
  for (let look = 0; look < looks; look += 1) {
    if (await holds()) return;
    await passing(lookEveryMs);
  }
  assert.fail(`it never came to this: ${what}\n${await picture(stage)}`);
};

export const rest = (stage: Stage): Promise<void> =>
  eventually(stage, "everybody knows exactly the others", () =>
    atRest([...stage.peers], [...stage.bystanders]),
  );

/** Lets them speak: as many signals again as there are peers, tenfold. */
export const enough = async (stage: Stage): Promise<void> => {
  const count = () =>
    stage.all.reduce(
      (sum, { history }) => sum + history.sent.filter(({ fate }) => fate === "sent").length,
      0,
    );
  const goal = count() + 10 * stage.peers.size;
  await eventually(stage, "they call each other", () => count() >= goal);
};
