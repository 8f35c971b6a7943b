// SPDX-License-Identifier: MIT
/** Receipts that come after whoever waits for them changed nodes. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startRedis } from "@signalbox/backplane/testing";
import { handClock } from "@signalbox/core/testing";
import { type RedisNode, redisCluster, until } from "./on-redis.ts";
import { traveller } from "./traveller.ts";

const redis = await startRedis();
after(() => redis.stop());

type Traveller = Awaited<ReturnType<typeof traveller>>;

const fates = ({ frames }: Traveller, of: number): readonly unknown[] =>
  frames.filter((frame) => frame.of === of).map(({ fate }) => fate);

const change = async (one: Traveller, to: RedisNode): Promise<void> => {
  one.lose();
  one.resume(to);
  assert.equal((await one.resumed())?.gap, false);
};

/** Ann comes back and takes the signal that waited for her, and its sender is told so where it is by now. */
const assertFollowed = async (bob: Traveller, of: number, ann: Traveller, node: RedisNode): Promise<void> => {
  ann.resume(node);
  await ann.resumed();
  await until(() => fates(bob, of).length === 2);
  assert.deepEqual([fates(bob, of), ann.took], [["queued", "sent"], [1]]);
};

/** Bob's signal waits for Ann, who is away, and Bob moves on from the node that took it. */
const queuedAndMoved = async () => {
  const clock = handClock();
  const cluster = redisCluster(redis.url);
  const [first, second, third] = [
    await cluster.node("first", { clock }),
    await cluster.node("second"),
    await cluster.node("third"),
  ];
  const ann = await traveller(third, "ann");
  const bob = await traveller(first, "bob");
  await until(() => ann.known.has("bob") && bob.known.has("ann"));
  ann.lose();
  const of = bob.signal("ann", 1);
  await until(() => fates(bob, of).length > 0);
  assert.deepEqual(fates(bob, of), ["queued"]);
  await change(bob, second);
  return { clock, cluster, first, second, third, ann, bob, of };
};

describe("the second receipt of a signal", () => {
  test("follows its sender to another node long after it went there", async () => {
    const { clock, cluster, third, ann, bob, of } = await queuedAndMoved();
    // Longer than the first node remembers where it went.
    clock.advance(30_000);
    await assertFollowed(bob, of, ann, third);
    await cluster.stop();
  });

  test("follows its sender from a node that has ended", async () => {
    const { cluster, first, third, ann, bob, of } = await queuedAndMoved();
    first.hub.close();
    await first.backplane.close();
    await assertFollowed(bob, of, ann, third);
    await cluster.stop();
  });

  test("follows its sender back to the node of its target", async () => {
    const { cluster, first, third, ann, bob, of } = await queuedAndMoved();
    await change(bob, third);
    first.hub.close();
    await first.backplane.close();
    await assertFollowed(bob, of, ann, third);
    await cluster.stop();
  });

  test("follows its sender away from the node of its target", async () => {
    const cluster = redisCluster(redis.url);
    const [first, second] = [await cluster.node("first"), await cluster.node("second")];
    const [ann, bob] = [await traveller(first, "ann"), await traveller(first, "bob")];
    await until(() => ann.known.has("bob"));
    ann.lose();
    const of = bob.signal("ann", 1);
    await change(bob, second);
    await assertFollowed(bob, of, ann, first);
    await cluster.stop();
  });
});
