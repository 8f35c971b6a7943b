// SPDX-License-Identifier: MIT
/** A peer that comes back to another node than the one it left, on a real Redis. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startRedis } from "@signalbox/backplane/testing";
import { defaultRealm, isRefusal, type PeerId, type RoomName, roomKey } from "@signalbox/core";
import { native } from "@signalbox/dialects/native";
import fc from "fast-check";
import { type RedisNode, redisCluster, until } from "./on-redis.ts";
import { traveller } from "./traveller.ts";
import { witness } from "./witness.ts";

const redis = await startRedis();
after(() => redis.stop());

const dialect = native();

const holder = async (node: RedisNode, id: string) => {
  const found = await node.backplane.directory.find(roomKey(defaultRealm, "r" as RoomName), id as PeerId);
  return isRefusal(found) ? found : found.map(({ session, node: at }) => [session, at]);
};

const pair = async (leaseMs?: number) => {
  const cluster = redisCluster(redis.url, leaseMs);
  const [first, second] = [await cluster.node("first"), await cluster.node("second")];
  return { cluster, first, second };
};

describe("a session that comes back to another node", () => {
  test("takes everything that was told meanwhile, in order, without a gap, and its room notices nothing", async () => {
    const { cluster, first, second } = await pair();
    const ann = await traveller(first, "ann");
    const bob = witness(second.hub, dialect, "bob");
    bob.join("r");
    await until(() => bob.known.size === 1 && ann.known.size === 1);
    ann.lose();
    for (let number = 1; number <= 5; number += 1) bob.signal("ann");
    await until(() => bob.fates.get(5) === "queued");
    ann.resume(second);
    assert.deepEqual([(await ann.resumed())?.gap, ann.took], [false, [1, 2, 3, 4, 5]]);
    await until(() => [1, 2, 3, 4, 5].every((number) => bob.fates.get(number) === "sent"));
    // Both are on one node now, and speak with each other there.
    bob.signal("ann");
    await until(() => ann.took.length === 6);
    const of = ann.signal("bob", 7);
    await until(() => ann.frames.some((frame) => frame.of === of && frame.fate === "sent"));
    assert.deepEqual([...bob.known.values()], ["ann"]);
    assert.deepEqual([bob.complaints, ann.complaints], [[], []]);
    assert.deepEqual(await holder(first, "ann"), [[ann.session, "second"]]);
    assert.deepEqual(first.hub.stats, { lines: 0, sessions: 0, rooms: 0 });
    await cluster.stop();
  });

  test("is told who came and who went while it was away, once", async () => {
    const { cluster, first, second } = await pair();
    const ann = await traveller(first, "ann");
    const bob = witness(second.hub, dialect, "bob");
    bob.join("r");
    await until(() => ann.known.has("bob"));
    ann.lose();
    const cat = witness(first.hub, dialect, "cat");
    cat.join("r");
    await until(() => bob.known.size === 2);
    bob.end();
    const dan = witness(second.hub, dialect, "dan");
    dan.join("r");
    await until(() => cat.known.size === 2 && dan.known.size === 2);
    ann.resume(second);
    assert.equal((await ann.resumed())?.gap, false);
    await until(() => [...ann.known].sort().join() === "cat,dan");
    assert.deepEqual(ann.complaints, []);
    await cluster.stop();
  });

  test("leaves a node that drains, with its seat, its id and what waits for it", async () => {
    const { cluster, first, second } = await pair();
    const ann = await traveller(first, "ann");
    const bob = witness(second.hub, dialect, "bob");
    bob.join("r");
    await until(() => ann.known.has("bob"));
    first.hub.drain();
    assert.equal(ann.last("closing")?.code, "draining");
    bob.signal("ann");
    await until(() => bob.fates.get(1) === "queued");
    ann.resume(second);
    assert.equal((await ann.resumed())?.gap, false);
    await until(() => ann.took.length === 1);
    await first.hub.drained();
    assert.deepEqual([...bob.known.values()], ["ann"]);
    assert.deepEqual([bob.complaints, ann.complaints], [[], []]);
    await cluster.stop();
  });

  test("of a node that is lost keeps its id and its seat, and is told of a gap with the room as it stands", async () => {
    const { cluster, first, second } = await pair(60_000);
    const ann = await traveller(first, "ann");
    const bob = witness(second.hub, dialect, "bob");
    bob.join("r");
    await until(() => bob.known.size === 1);
    first.die();
    ann.resume(second);
    const resumed = await ann.resumed();
    assert.equal(resumed?.gap, true);
    const snapshot = ann.last("joined");
    assert.deepEqual([snapshot?.snapshot, [...ann.known]], [true, ["bob"]]);
    // It was never missed: nobody was told that it left.
    assert.deepEqual([...bob.known.values()], ["ann"]);
    const of = ann.signal("bob", 1);
    await until(() => ann.frames.some((frame) => frame.of === of && frame.fate === "sent"));
    assert.deepEqual(bob.complaints, []);
    await cluster.stop();
  });

  test("after its lost node was swept claims its id again, unless another took it", async () => {
    const { cluster, first, second } = await pair(300);
    const ann = await traveller(first, "ann");
    const cat = await traveller(first, "cat");
    const bob = witness(second.hub, dialect, "bob");
    bob.join("r");
    await until(() => bob.known.size === 2);
    first.die();
    await until(() => bob.known.size === 0);
    const heir = witness(second.hub, dialect, "cat");
    heir.join("r");
    await until(() => heir.joined);
    ann.resume(second);
    assert.equal((await ann.resumed())?.gap, true);
    await until(() => [...bob.known.values()].sort().join() === "ann,cat");
    cat.resume(second);
    await cat.resumed();
    await until(() => cat.last("left") !== undefined);
    assert.deepEqual(await holder(second, "cat"), [[heir.session, "second"]]);
    assert.deepEqual([bob.complaints, heir.complaints], [[], []]);
    await cluster.stop();
  });

  test("needs its token and a higher incarnation", async () => {
    const { cluster, first, second } = await pair();
    const ann = await traveller(first, "ann");
    ann.guess(second);
    await until(() => ann.closing !== undefined);
    assert.equal(ann.last("closing")?.code, "session-unknown");
    assert.deepEqual(await holder(second, "ann"), [[ann.session, "first"]]);
    await cluster.stop();
  });

  test("wherever it goes and whenever it breaks, no accepted signal is lost or doubled, and their order stays", async () => {
    const place = fc.constantFrom("first" as const, "second" as const, "third" as const);
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.constant("signal" as const) },
      { weight: 2, arbitrary: fc.constant("lose" as const) },
      { weight: 3, arbitrary: fc.record({ at: place, patient: fc.boolean() }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40, size: "max" }), async (steps) => {
        const cluster = redisCluster(redis.url);
        const nodes = {
          first: await cluster.node("first"),
          second: await cluster.node("second"),
          third: await cluster.node("third"),
        };
        const ann = await traveller(nodes.first, "ann");
        const bob = witness(nodes.third.hub, dialect, "bob");
        bob.join("r");
        await until(() => bob.known.size === 1);
        const numbers: number[] = [];
        for (const one of steps) {
          if (one === "signal") numbers.push(bob.signal("ann"));
          else if (one === "lose") ann.lose();
          else {
            ann.resume(nodes[one.at]);
            if (one.patient) assert.equal((await ann.resumed())?.gap, false);
          }
        }
        ann.resume(nodes.second);
        assert.equal((await ann.resumed())?.gap, false);
        await until(() => numbers.every((number) => bob.fates.has(number)));
        const accepted = numbers.filter((number) => ["sent", "queued"].includes(bob.fates.get(number) ?? ""));
        await until(() => ann.took.length >= accepted.length);
        assert.deepEqual(ann.took, accepted);
        assert.deepEqual([ann.complaints, bob.complaints], [[], []]);
        await cluster.stop();
      }),
      { numRuns: 25 },
    );
  });
});
