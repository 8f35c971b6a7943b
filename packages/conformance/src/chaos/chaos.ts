// SPDX-License-Identifier: MIT
/** A cluster of real processes, peers that never stop calling, and one fault after the other, drawn from a seed. */
import assert from "node:assert/strict";
import { setTimeout as passing } from "node:timers/promises";
import { type RedisProcess, startRedis } from "@signalbox/backplane/testing";
import { atRest, violations } from "./history.ts";
import { type ServerNode, serverNode } from "./nodes.ts";
import { type ChaosPeer, chaosPeer } from "./peer.ts";

export const faults = [
  "a node is killed",
  "a node stands still beyond its lease",
  "a node is cut off from Redis",
  "a node hears nothing of Redis any more",
  "Redis is restarted without its data",
  "a node is drained and started anew",
  "lines break",
] as const;
export type Fault = (typeof faults)[number];

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

/** Length of a lease, and of the faults that are to outlast it. Milliseconds. */
const leaseMs = 1_000;
/** Pause between two signals of one peer: well within its rate. Milliseconds. */
const callEveryMs = 20;

export interface ChaosRun {
  readonly signals: number;
  readonly accepted: number;
  readonly gaps: number;
  readonly stays: number;
}

interface Stage {
  readonly nodes: readonly ServerNode[];
  readonly redis: RedisProcess;
  readonly peers: readonly ChaosPeer[];
  readonly draw: () => number;
}

const happen = async (fault: Fault, { nodes, redis, peers, draw }: Stage): Promise<void> => {
  const node = nodes[Math.floor(draw() * nodes.length)];
  if (node === undefined) return;
  switch (fault) {
    case "a node is killed":
      await node.kill();
      await passing(leaseMs * 2 * draw());
      await node.start();
      return;
    case "a node stands still beyond its lease":
      node.freeze();
      await passing(leaseMs * 2);
      node.thaw();
      return;
    case "a node is cut off from Redis":
      node.proxy.cut();
      await passing(leaseMs * 2 * draw());
      node.proxy.mend();
      return;
    case "a node hears nothing of Redis any more":
      node.proxy.freeze();
      await passing(leaseMs * 2);
      node.proxy.mend();
      return;
    case "Redis is restarted without its data":
      await redis.kill();
      await passing(leaseMs * draw());
      await redis.restart();
      return;
    case "a node is drained and started anew":
      await node.end();
      await node.start();
      return;
    case "lines break":
      for (const peer of peers) if (draw() < 0.7) peer.drop();
  }
};

/** Lets these faults happen one after the other, waits until all is well again after each, and holds the histories against the promises. */
export const chaos = async (
  seed: number,
  what: readonly Fault[],
  say = (_: string) => {},
): Promise<ChaosRun> => {
  const draw = drawn(seed);
  const redis = await startRedis();
  const options = ["--quiet", "--limit", `leaseMs=${leaseMs}`, "--limit", "drainMs=3000"];
  const nodes = await Promise.all([1, 2, 3].map(() => serverNode(redis.port, options)));
  const place = () => nodes[Math.floor(draw() * nodes.length)]?.url;
  const peers = ["ann", "bob", "cat", "dan", "eve", "fay"].map((id) => chaosPeer(id, place));
  const calling = setInterval(() => {
    for (const peer of peers) peer.signal(Math.floor(draw() * 100));
  }, callEveryMs);
  try {
    await rest(peers);
    await enough(peers);
    for (const fault of what) {
      say(fault);
      await happen(fault, { nodes, redis, peers, draw });
      await rest(peers);
      await enough(peers);
    }
    clearInterval(calling);
    // Every signal that asked for it has a fate, unless the gap that swallowed it was told.
    await fated(peers);
    assert.deepEqual(violations(peers), [], `seed ${seed}`);
    const bugs = nodes
      .flatMap((node) => node.log().split("\n"))
      .filter((line) => line.includes("this is a bug"));
    assert.deepEqual(bugs, []);
    const sent = peers.flatMap((peer) => peer.sent);
    return {
      signals: sent.length,
      accepted: sent.filter(({ fate }) => fate === "sent" || fate === "queued").length,
      gaps: peers.flatMap(({ stays }) => stays).reduce((sum, { gaps }) => sum + gaps, 0),
      stays: peers.flatMap(({ stays }) => stays).length,
    };
  } finally {
    clearInterval(calling);
    for (const peer of peers) peer.stop();
    for (const node of nodes) await node.stop();
    await redis.stop();
  }
};

/** The promise is at most three leases and a resume; a run that never comes to rest is ended by whoever started it. */
const rest = async (peers: readonly ChaosPeer[]): Promise<void> => {
  while (!atRest(peers)) await passing(10);
};

/** Lets them speak: as many signals again as there are peers, tenfold. */
const enough = async (peers: readonly ChaosPeer[]): Promise<void> => {
  const count = () =>
    peers.reduce((sum, { sent }) => sum + sent.filter(({ fate }) => fate === "sent").length, 0);
  const before = count();
  while (count() < before + 10 * peers.length) await passing(10);
};

const fated = async (peers: readonly ChaosPeer[]): Promise<void> => {
  const open = () =>
    peers.some((peer) =>
      peer.sent.some(({ fate, bySession }) => {
        const stay = peer.stays.find(({ session }) => session === bySession);
        return fate === undefined && stay !== undefined && stay.gaps === 0 && !stay.lost;
      }),
    );
  // A node that took a signal and says nothing of it is given up after 5 s.
  for (let waited = 0; open() && waited < 8_000; waited += 10) await passing(10);
  const left = peers.map((peer) => {
    const numbers = peer.sent.filter(({ fate }) => fate === undefined).map(({ number }) => number);
    return [peer.id, peer.sent.length, numbers.join()];
  });
  assert.equal(open(), false, `signals were left without a fate: ${JSON.stringify(left)}`);
};
