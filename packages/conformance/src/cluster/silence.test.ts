// SPDX-License-Identifier: MIT
/** Connections to Redis that are open and say nothing. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { severable, startRedis } from "@signalbox/backplane/testing";
import { handClock } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { redisCluster, until } from "./on-redis.ts";
import { witness } from "./witness.ts";

const redis = await startRedis();
after(() => redis.stop());

describe("a Redis that takes connections and says nothing", () => {
  test("is left again, also while a node comes back to it", async () => {
    const proxy = await severable(redis.port);
    const clock = handClock();
    const cluster = redisCluster(redis.url, 60_000);
    const node = await cluster.node("node", { clock, port: proxy.port });
    proxy.freeze();
    // A renewal that nobody answers.
    clock.advance(15_000);
    clock.advance(30_000);
    await until(() => node.said.includes("away"));
    const before = proxy.taken;
    await until(() => proxy.taken === before + 2);
    // New connections would be answered; those that were made stay silent.
    proxy.carryNew();
    assert.equal(node.backplane.state.open, false);
    clock.advance(5_000);
    await until(() => node.said.includes("back"));
    const ann = witness(node.hub, native(), "ann");
    ann.join("r");
    await until(() => ann.joined);
    await cluster.stop();
    await proxy.close();
  });
});
