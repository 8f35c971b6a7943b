// SPDX-License-Identifier: MIT
/** A peer that is faster than its session: it comes to one node and on to the next, before the first has all of it. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startRedis } from "@signalbox/backplane/testing";
import type { Parcel } from "@signalbox/core";
import { handClock } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { type RedisNode, redisCluster, until } from "./on-redis.ts";
import { traveller } from "./traveller.ts";
import { type Witness, witness } from "./witness.ts";

const redis = await startRedis();
after(() => redis.stop());

const dialect = native();

/** Keeps back parcels of one type that this node sends, until they are let go. */
const keepingBack = ({ backplane }: RedisNode, type: Parcel["type"]) => {
  const { bus } = backplane;
  const { send } = bus;
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let kept = 0;
  Object.assign(bus, {
    send: async (...args: Parameters<typeof send>) => {
      if (args[1].type === type) {
        kept += 1;
        await opened;
      }
      return send(...args);
    },
  });
  return { kept: () => kept, letGo: () => open() };
};

/** Bob told ann something while she was away, and stays at the third node. */
const away = async () => {
  const cluster = redisCluster(redis.url);
  const [first, second, third] = [
    await cluster.node("first"),
    await cluster.node("second"),
    await cluster.node("third"),
  ];
  const ann = await traveller(first, "ann");
  const bob = witness(third.hub, dialect, "bob");
  bob.join("r");
  await until(() => bob.known.size === 1 && ann.known.size === 1);
  ann.lose();
  for (let number = 1; number <= 3; number += 1) bob.signal("ann");
  await until(() => bob.fates.get(3) === "queued");
  return { cluster, first, second, third, ann, bob };
};

/** Nothing is missing, she is one, and bob reaches her. */
const assertWhole = async (
  ann: Awaited<ReturnType<typeof traveller>>,
  bob: Witness,
  nodes: readonly RedisNode[],
): Promise<void> => {
  assert.deepEqual([(await ann.resumed())?.gap, ann.took], [false, [1, 2, 3]]);
  const next = bob.signal("ann");
  await until(() => bob.fates.get(next) === "sent");
  await until(() => ann.took.length === 4);
  assert.deepEqual([ann.complaints, bob.complaints, ann.closing], [[], [], undefined]);
  assert.equal(
    nodes.reduce((sum, { hub }) => sum + hub.stats.sessions, 0),
    2,
    "nobody is there twice",
  );
};

describe("a session whose line breaks while it is handed over", () => {
  test("comes to the same node once, with everything", async () => {
    const { cluster, first, second, third, ann, bob } = await away();
    const handing = keepingBack(first, "handedOver");
    ann.resume(second);
    await until(() => handing.kept() === 1);
    ann.lose();
    ann.resume(second);
    handing.letGo();
    await assertWhole(ann, bob, [first, second, third]);
    await cluster.stop();
  });

  test("goes on to a third node, with everything", async () => {
    const { cluster, first, second, third, ann, bob } = await away();
    const handing = keepingBack(first, "handedOver");
    ann.resume(second);
    await until(() => handing.kept() === 1);
    ann.lose();
    ann.resume(third);
    handing.letGo();
    await assertWhole(ann, bob, [first, second, third]);
    await cluster.stop();
  });

  test("before its new node knows whose it is goes on to a third one, with everything", async () => {
    const { cluster, first, second, third, ann, bob } = await away();
    ann.resume(second);
    ann.lose();
    ann.resume(third);
    await assertWhole(ann, bob, [first, second, third]);
    await cluster.stop();
  });

  test("and whose node is lost is shown its room once where it goes on, and told nobody twice", async () => {
    const { cluster, first, second, third, ann, bob } = await away();
    const dan = witness(second.hub, dialect, "dan");
    dan.join("r");
    await until(() => bob.known.size === 2);
    first.die();
    ann.resume(second);
    ann.lose();
    await until(() => second.hub.stats.sessions === 2);
    // The second node does not hear of cat, the third one knows her.
    const news = keepingBack(third, "news");
    const cat = witness(third.hub, dialect, "cat");
    cat.join("r");
    await until(() => news.kept() > 0 && bob.known.size === 3);
    ann.resume(third);
    assert.equal((await ann.resumed())?.gap, true);
    const of = ann.signal("bob", 1);
    await until(() => ann.frames.some((frame) => frame.of === of && frame.fate === "sent"));
    assert.deepEqual([[...ann.known].sort(), ann.complaints], [["bob", "cat", "dan"], []]);
    news.letGo();
    await cluster.stop();
  });

  test("and whose node is lost is told to send nothing again until it knows of the gap, and everything since then", async () => {
    const { cluster, first, second, third, ann, bob } = await away();
    const earlier = ann.sent();
    first.die();
    ann.resume(second);
    ann.lose();
    await until(() => second.hub.stats.sessions === 1);
    ann.resume(third);
    const gap = await ann.resumed();
    assert.equal(gap?.gap, true);
    assert.ok(Number(gap?.seen) > earlier, "what the lost node took would come twice");
    await until(() => ann.last("joined")?.snapshot === true);
    for (const node of [third, second]) {
      ann.lose();
      ann.resume(node);
      const resumed = await ann.resumed();
      assert.deepEqual([resumed?.gap, Number(resumed?.seen) <= earlier], [false, true]);
    }
    const of = ann.signal("bob", 1);
    await until(() => ann.frames.some((frame) => frame.of === of && frame.fate === "sent"));
    ann.lose();
    ann.resume(third);
    assert.equal((await ann.resumed())?.seen, of);
    assert.deepEqual([ann.complaints, bob.complaints], [[], []]);
    await cluster.stop();
  });

  test("and comes back to where it was stays there: the other node brings nothing to life", async () => {
    const { cluster, first, second, third, ann, bob } = await away();
    const asking = keepingBack(second, "handOver");
    ann.resume(second);
    await until(() => asking.kept() === 1);
    ann.lose();
    ann.resume(first);
    assert.equal((await ann.resumed())?.gap, false);
    asking.letGo();
    await assertWhole(ann, bob, [first, second, third]);
    await cluster.stop();
  });
});

test("a session that comes back to a node which handed it over keeps its seat there", async () => {
  const cluster = redisCluster(redis.url);
  const clock = handClock();
  const [first, second] = [await cluster.node("first", { clock }), await cluster.node("second")];
  const ann = await traveller(first, "ann");
  const bob = witness(second.hub, dialect, "bob");
  bob.join("r");
  await until(() => bob.known.size === 1);
  for (const node of [second, first, second, first]) {
    ann.resume(node);
    assert.equal((await ann.resumed())?.gap, false);
  }
  // What was remembered of the first hand-over is over.
  clock.advance(10_000);
  const there = bob.signal("ann");
  await until(() => bob.fates.get(there) === "sent");
  // And a receipt for her finds her.
  const of = ann.signal("bob", 7);
  await until(() => ann.frames.some((frame) => frame.of === of && frame.fate === "sent"));
  assert.deepEqual([[...bob.known.values()], bob.complaints, ann.complaints], [["ann"], [], []]);
  await cluster.stop();
});

test("a session that comes to another node is told of somebody who comes in this moment once", async () => {
  const { cluster, second, third, ann, bob } = await away();
  ann.resume(third);
  await ann.resumed();
  ann.join("s");
  await until(() => ann.last("joined")?.room === "s");
  ann.lose();
  const dan = witness(second.hub, dialect, "dan");
  dan.join("r");
  await until(() => dan.known.size === 2);
  // She has her seat in the first room, and waits for the one in the second.
  const { directory } = second.parts;
  const { claim } = directory;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let waiting = false;
  Object.assign(directory, {
    claim: async (...wanted: Parameters<typeof claim>) => {
      waiting ||= wanted[0].room.endsWith("\ns");
      if (wanted[0].room.endsWith("\ns")) await opened;
      return claim(...wanted);
    },
  });
  ann.resume(second);
  await until(() => waiting);
  const cat = witness(third.hub, dialect, "cat");
  cat.join("r");
  await until(() => dan.known.size === 3);
  open();
  assert.equal((await ann.resumed())?.gap, false);
  const of = ann.signal("bob", 1);
  await until(() => ann.frames.some((frame) => frame.of === of && frame.fate === "sent"));
  assert.deepEqual([[...ann.known].sort(), ann.complaints, bob.complaints], [["bob", "cat", "dan"], [], []]);
  await cluster.stop();
});

test("a session that comes to another node before the news of it is known there before it says anything", async () => {
  const { cluster, first, second, ann } = await away();
  const dan = witness(second.hub, dialect, "dan");
  dan.join("r");
  await until(() => dan.known.size === 2);
  const news = keepingBack(first, "news");
  const cat = await traveller(first, "cat");
  cat.lose();
  cat.resume(second);
  assert.equal((await cat.resumed())?.gap, false);
  const of = cat.signal("dan", 1);
  await until(() => cat.frames.some((frame) => frame.of === of && frame.fate === "sent"));
  assert.deepEqual([[...dan.known.values()].sort(), dan.complaints], [["ann", "bob", "cat"], []]);
  news.letGo();
  ann.resume(second);
  await ann.resumed();
  assert.deepEqual([[...dan.known.values()].sort(), dan.complaints], [["ann", "bob", "cat"], []]);
  await cluster.stop();
});
