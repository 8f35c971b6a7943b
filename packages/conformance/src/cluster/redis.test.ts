// SPDX-License-Identifier: MIT
/** A cluster on a real Redis: what the in-memory cluster shows of any interleaving, and what only a real one can lose. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { severable, startRedis } from "@signalbox/backplane/testing";
import { isRefusal, type PeerId, refusal } from "@signalbox/core";
import { handClock } from "@signalbox/core/testing";
import { agree, anyInterleaving, assertFaithful, comer, dialect, nodesOf, room } from "./interleavings.ts";
import { type RedisNode, redisCluster, until } from "./on-redis.ts";
import { witness } from "./witness.ts";

const redis = await startRedis();
after(() => redis.stop());

describe("a cluster on Redis", () => {
  test("after any sequence of joins, leaves, breaks and signals all have the same roster, and nothing came before its sender", () =>
    anyInterleaving(redis.url, 25));

  test("a shared id that is claimed on two nodes at the same moment is one: a signal from either reaches both", async () => {
    const cluster = redisCluster(redis.url);
    const [first, second] = await nodesOf(cluster, 2);
    if (first === undefined || second === undefined) assert.fail();
    const shared = (node: RedisNode) => {
      const one = witness(node.hub, sharing, "ann");
      one.join("r");
      return one;
    };
    for (let round = 0; round < 20; round += 1) {
      const pair = [shared(first), shared(second)];
      await until(() => pair.every(({ joined }) => joined));
      const bobs = [await comer(first, "bob 1"), await comer(second, "bob 2")];
      for (const bob of bobs) bob.signal("ann");
      await until(() => pair.every(({ received }) => received.size === 2));
      for (const one of [...pair, ...bobs]) one.end();
      await until(async () => (await first.backplane.directory.audience(room)).toString() === "");
    }
    await cluster.stop();
  });
});

/** Peers that share their ids. */
const sharing = {
  ...dialect,
  open(...given: Parameters<typeof dialect.open>) {
    const codec = dialect.open(...given);
    const decode = codec.decode.bind(codec);
    return Object.assign(codec, {
      decode(...asked: Parameters<typeof decode>) {
        const decoded = decode(...asked);
        const commands = decoded.commands.map((command) =>
          command.type === "join" ? { ...command, claim: "shared" as const } : command,
        );
        return { ...decoded, commands };
      },
    });
  },
};

describe("a node whose process ends without a word", () => {
  test("is swept: the others are told, its ids can be claimed, and nothing of it is left", async () => {
    const cluster = redisCluster(redis.url, 400);
    const [first, second] = await nodesOf(cluster, 2);
    if (first === undefined || second === undefined) assert.fail();
    const ann = await comer(first, "ann");
    const bob = await comer(second, "bob");
    await until(() => ann.known.size === 1);
    second.die();
    await until(() => ann.known.size === 0);
    assert.deepEqual(ann.complaints, []);
    const heir = await comer(first, "bob");
    assert.equal(heir.joined, true);
    assert.notEqual(heir.session, bob.session);
    await until(() => first.backplane.state.nodes === 1);
    await cluster.stop();
  });
});

describe("a node that stood still beyond its lease", () => {
  test("cannot take back what others took over: its loser is closed, the others are claimed again", async () => {
    const cluster = redisCluster(redis.url, 300);
    const awake = await cluster.node("awake");
    const clock = handClock();
    const asleep = await cluster.node("asleep", { clock });
    const watcher = await comer(awake, "watcher");
    const ann = await comer(asleep, "ann");
    const bob = await comer(asleep, "bob");
    await until(() => watcher.known.size === 2);
    // Its clock stands, so nothing is renewed; the others' does not.
    await until(() => watcher.known.size === 0);
    const heir = await comer(awake, "ann");
    assert.equal(heir.joined, true);
    // It wakes, and the first thing it does is a write.
    const late = witness(asleep.hub, dialect, "late");
    late.join("r");
    await until(() => late.refused);
    await until(() => ann.line.closing !== undefined);
    await until(() => agree([watcher, heir, ann, bob], awake));
    assert.equal(bob.line.closing, undefined);
    assertFaithful([watcher, heir, ann, bob]);
    assert.deepEqual(asleep.said, ["away", "back"]);
    const found = await awake.backplane.directory.find(room, "ann" as PeerId);
    assert.deepEqual(isRefusal(found) ? found : found.map(({ session }) => session), [heir.session]);
    clock.advance(0);
    await cluster.stop();
  });
});

describe("while Redis is away", () => {
  test("local calls go on, newcomers are refused, and afterwards all are told what they missed", async () => {
    const proxy = await severable(redis.port);
    const cluster = redisCluster(redis.url, 60_000);
    const far = await cluster.node("far");
    const near = await cluster.node("near", { port: proxy.port });
    const ann = await comer(near, "ann");
    const bob = await comer(near, "bob");
    const cat = await comer(far, "cat");
    await until(() => ann.known.size === 2 && cat.known.size === 2);
    // What is under way when the connection breaks is answered too.
    proxy.freeze();
    const underway = ann.signal("cat");
    proxy.cut();
    await until(() => near.said.includes("away"));
    await until(() => ann.fates.get(underway) === "refused");
    assert.equal(near.backplane.state.open, false);
    const local = ann.signal("bob");
    assert.equal(ann.fates.get(local), "sent");
    const remote = ann.signal("cat");
    await until(() => ann.fates.has(remote));
    assert.equal(ann.fates.get(remote), "refused");
    const late = await comer(near, "late");
    assert.equal(late.refused, true);
    // Both sides change meanwhile.
    const dan = await comer(far, "dan");
    bob.end();
    proxy.mend();
    await until(() => near.said.includes("back"));
    await until(() => agree([ann, bob, cat, dan], far));
    assertFaithful([ann, bob, cat, dan]);
    // Whoever was refused can come now.
    const again = await comer(near, "late");
    assert.equal(again.joined, true);
    await cluster.stop();
    await proxy.close();
  });

  test("a connection that says nothing any more is noticed within the lease", async () => {
    const proxy = await severable(redis.port);
    const cluster = redisCluster(redis.url, 400);
    const far = await cluster.node("far");
    const near = await cluster.node("near", { port: proxy.port });
    const ann = await comer(near, "ann");
    const cat = await comer(far, "cat");
    await until(() => ann.known.size === 1 && cat.known.size === 1);
    proxy.freeze();
    await until(() => near.said.includes("away"));
    await until(() => cat.known.size === 0);
    proxy.mend();
    await until(() => agree([ann, cat], far));
    assertFaithful([ann, cat]);
    await cluster.stop();
    await proxy.close();
  });
});

describe("a Redis that is restarted", () => {
  for (const memory of [
    "with what it knew",
    "with what it knew a while ago",
    "without what it knew",
  ] as const) {
    test(`${memory}: everybody that is still there is known again, and nobody else`, async () => {
      const own = await startRedis(memory === "without what it knew" ? [] : ["--dbfilename", "dump.rdb"]);
      const cluster = redisCluster(own.url, 60_000);
      const [first, second] = await nodesOf(cluster, 2);
      if (first === undefined || second === undefined) assert.fail();
      const ann = await comer(first, "ann");
      const bob = await comer(second, "bob");
      const gone = await comer(second, "gone");
      await until(() => ann.known.size === 2);
      if (memory === "with what it knew a while ago") await own.save();
      const cat = await comer(second, "cat");
      gone.end();
      await until(() => ann.known.size === 2 && cat.known.size === 2);
      if (memory === "with what it knew") await own.save();
      await own.kill();
      await until(() => first.said.includes("away") && second.said.includes("away"));
      const local = bob.signal("cat");
      assert.equal(bob.fates.get(local), "sent");
      await own.restart();
      await until(() => first.said.includes("back") && second.said.includes("back"));
      const dan = await comer(first, "dan");
      const all = [ann, bob, cat, gone, dan];
      await until(() => agree(all, first));
      assertFaithful(all);
      // Signals find their way again.
      const there = ann.signal("cat");
      await until(() => ann.fates.get(there) === "sent");
      await cluster.stop();
      await own.stop();
    });
  }
});

test("what could not be claimed again at once is claimed until it is: nobody is forgotten after an absence", async () => {
  const own = await startRedis();
  const cluster = redisCluster(own.url);
  const [first, second] = await nodesOf(cluster, 2);
  if (first === undefined || second === undefined) assert.fail();
  const ann = await comer(first, "ann");
  const bob = await comer(second, "bob");
  await until(() => ann.known.size === 1 && bob.known.size === 1);
  const { directory } = first.parts;
  const { reclaim } = directory;
  let refused = 0;
  Object.assign(directory, {
    reclaim: async (...asked: Parameters<typeof reclaim>) => {
      if (refused === 2) return reclaim(...asked);
      refused += 1;
      return refusal("cluster-away");
    },
  });
  await own.kill();
  await until(() => first.said.includes("away") && second.said.includes("away"));
  await own.restart();
  await until(() => first.said.includes("back") && second.said.includes("back"));
  assert.equal(refused, 2);
  await until(() => agree([ann, bob], second));
  assertFaithful([ann, bob]);
  await cluster.stop();
  await own.stop();
});
