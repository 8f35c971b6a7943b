// SPDX-License-Identifier: MIT
/** Nodes of one process on a real Redis, each with connections and a lease of its own. */
import { randomBytes } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { parseRedisUrl, type RedisBackplane, redisBackplane } from "@signalbox/backplane/redis";
import { realClock } from "@signalbox/backplane/testing";
import { type Clock, createHub, type Hub, type NodeId } from "@signalbox/core";
import { type TestParts, testParts } from "@signalbox/core/testing";

export interface RedisNode {
  readonly name: NodeId;
  readonly hub: Hub;
  readonly parts: TestParts;
  readonly backplane: RedisBackplane;
  /** What the backplane said of Redis, in order. */
  readonly said: readonly string[];
  /** How long its marks took through the bus. Milliseconds. */
  readonly heardItself: readonly number[];
  /** How many other nodes are gone that it was to look after. */
  readonly inherited: number;
  /** Its process dies: nothing is taken back, nobody is told. */
  die(): void;
}

export interface RedisCluster {
  /** What its keys begin with. */
  readonly prefix: string;
  /** `port`: another way to the same Redis. */
  node(name: string, more?: { readonly clock?: Clock; readonly port?: number }): Promise<RedisNode>;
  stop(): Promise<void>;
}

let serial = 0;

export const redisCluster = (url: string, leaseMs = 60_000): RedisCluster => {
  serial += 1;
  const prefix = `c${process.pid}-${serial}:`;
  const nodes: RedisNode[] = [];
  return {
    prefix,
    async node(name, { clock = realClock, port } = {}) {
      const place = parseRedisUrl(`${url}?prefix=${prefix}`);
      if (place === undefined) throw new Error(`${url} is no address of a Redis`);
      const id = name as NodeId;
      const said: string[] = [];
      const heardItself: number[] = [];
      let inherited = 0;
      const failed = (error: unknown): void => {
        throw error;
      };
      let dead = false;
      const backplane = await redisBackplane({
        place: { ...place, port: port ?? place.port },
        node: id,
        clock: {
          now: clock.now,
          // Nothing rings in a process that is dead.
          after: (ms, run) => clock.after(ms, () => dead || run()),
        },
        freshEpoch: () => randomBytes(6).toString("base64url"),
        leaseMs,
        busBytes: 8_000_000,
        changed: (state) => said.push(state),
        heardItself: (lagMs) => heardItself.push(lagMs),
        nodeGone() {
          inherited += 1;
        },
        failed,
      });
      const parts = testParts(name, { ...backplane.directory }, backplane.bus, {
        clock: testClock(clock),
        book: backplane.book,
      });
      const hub = createHub(parts);
      await backplane.start((restarted) => hub.restore(restarted));
      const made: RedisNode = {
        name: id,
        hub,
        parts,
        backplane,
        said,
        heardItself,
        get inherited() {
          return inherited;
        },
        die() {
          dead = true;
          backplane.abandon();
        },
      };
      nodes.push(made);
      return made;
    },
    async stop() {
      for (const { hub } of nodes) hub.close();
      for (const { backplane } of nodes) await backplane.close();
    },
  };
};

/** The hub's clock, in the shape tests take. */
const testClock = (clock: Clock): TestParts["clock"] =>
  "advance" in clock
    ? (clock as TestParts["clock"])
    : {
        ...clock,
        advance() {
          throw new Error("real time is not turned by hand");
        },
        pending: 0,
      };

/** Goes on once this holds. A test that waits in vain is ended by the runner. */
export const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await nextTurn();
};
