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

describe("a node whose inbox says nothing while its commands are answered", () => {
  test("makes its connections anew, and its peers are reached again", async () => {
    const proxy = await severable(redis.port);
    const clock = handClock();
    const cluster = redisCluster(redis.url, 60_000);
    const deaf = await cluster.node("deaf", { clock, port: proxy.port });
    const far = await cluster.node("far");
    const ann = witness(deaf.hub, native(), "ann");
    ann.join("r");
    const bob = witness(far.hub, native(), "bob");
    bob.join("r");
    await until(() => ann.known.size === 1 && bob.known.size === 1 && deaf.heardItself.length === 1);
    proxy.freezeListeners();
    const lost = bob.signal("ann");
    // The next renewal is answered; the mark that goes with it never comes.
    clock.advance(15_000);
    await until(() => deaf.backplane.state.leaseLeftMs === 60_000);
    assert.equal(deaf.backplane.state.open, true);
    clock.advance(10_000);
    assert.equal(deaf.backplane.state.busLagMs, 10_000);
    clock.advance(20_000);
    assert.deepEqual(deaf.said, ["away"]);
    assert.equal(deaf.backplane.state.losses["bus-silent"], 1);
    await until(() => deaf.said.includes("back"));
    const heard = bob.signal("ann");
    await until(() => bob.fates.get(heard) === "sent");
    assert.deepEqual([...ann.received.values()], [[heard]]);
    assert.equal(bob.fates.has(lost), false);
    assert.deepEqual([ann.complaints, bob.complaints], [[], []]);
    await cluster.stop();
    await proxy.close();
  });
});

test("the bus is measured by what a node sends itself", async () => {
  const cluster = redisCluster(redis.url, 60_000);
  const clock = handClock();
  const node = await cluster.node("node", { clock });
  await until(() => node.heardItself.length === 1);
  // With the next renewal goes a mark; time passes until the process reads it.
  clock.advance(15_000);
  clock.advance(40);
  await until(() => node.heardItself.length === 2);
  assert.deepEqual([...node.heardItself, node.backplane.state.busLagMs], [0, 40, 40]);
  await cluster.stop();
});
