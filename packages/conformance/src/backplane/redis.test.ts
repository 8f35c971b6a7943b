// SPDX-License-Identifier: MIT
/** The shared suites on a real redis-server; once more on a Redis Cluster of three masters. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { parseRedisUrl, type RedisBackplane, redisBackplane } from "@signalbox/backplane/redis";
import { startRedis, startRedisCluster } from "@signalbox/backplane/testing";
import type { Clock, NodeId } from "@signalbox/core";
import { handClock } from "@signalbox/core/testing";
import { busSuite } from "./bus-suite.ts";
import { directorySuite } from "./directory-suite.ts";
import { slotsTouched } from "./slots-touched.ts";
import { storeSuite } from "./store-suite.ts";

let serial = 0;

const suites = (engine: string, redis: { readonly url: string }): void => {
  /** Nodes of a cluster that nothing else knows of. */
  const cluster = () => {
    serial += 1;
    const place = parseRedisUrl(`${redis.url}?prefix=t${serial}:`);
    if (place === undefined) throw new Error("not a URL");
    const nodes: RedisBackplane[] = [];
    return {
      async node(name: string, clock: Clock = handClock()) {
        const made = await redisBackplane({
          place,
          node: name as NodeId,
          clock,
          freshEpoch: () => randomBytes(6).toString("base64url"),
          leaseMs: 60_000,
          busBytes: 1_000_000,
          changed: () => {},
          failed: (error) => {
            throw error;
          },
        });
        nodes.push(made);
        await made.start(async () => true);
        return made;
      },
      settled: async () => {
        for (const one of nodes) await one.settled();
      },
      stop: async () => {
        for (const one of nodes) await one.close();
      },
    };
  };

  directorySuite(engine, async () => {
    const { node, stop } = cluster();
    return { directory: (await node("n1")).directory, stop };
  });
  busSuite(engine, async () => {
    const { node, settled, stop } = cluster();
    const made = new Map([
      ["n1", await node("n1")],
      ["n2", await node("n2")],
    ]);
    return {
      bus(name) {
        const found = made.get(name);
        if (found === undefined) throw new Error(`there is no node ${name}`);
        return found.bus;
      },
      settled,
      stop,
    };
  });
  storeSuite(engine, async () => {
    const { node, settled, stop } = cluster();
    const [first, second] = [await node("n1"), await node("n2")];
    return { store: first.store, other: second.store, settled, stop };
  });
};

const plain = await startRedis();
const clustered = await startRedisCluster({ masters: 3, replicasEach: 0, nodeTimeoutMs: 5_000 });
const touched = await slotsTouched(clustered.servers);
after(async () => {
  await touched.stop();
  await plain.stop();
  await clustered.stop();
});

suites("Redis", plain);
suites("Redis Cluster", clustered);

test("no script of all these touched a key in another slot than that of the key it was given", async () => {
  await touched.readUp();
  assert.deepEqual(touched.strays, []);
  assert.ok(touched.seen > 1_000);
});
