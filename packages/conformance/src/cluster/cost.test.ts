// SPDX-License-Identifier: MIT
/** What peers do asks this much of Redis, and no more with more around that is not concerned: counted by Redis itself. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startRedis } from "@signalbox/backplane/testing";
import {
  defaultRealm,
  isRefusal,
  type PeerId,
  type RoomKey,
  type RoomName,
  roomKey,
  type SessionId,
} from "@signalbox/core";
import { handshakeAt, testLine } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { unrupt } from "@signalbox/dialects/unrupt";
import { type RedisNode, redisCluster, until } from "./on-redis.ts";
import { type Witness, witness } from "./witness.ts";

const redis = await startRedis();
after(() => redis.stop());

const dialect = native();
const pages = unrupt();
const unannounced = roomKey(defaultRealm, "~unrupt" as RoomName);

/** How often each command was carried out, those inside of scripts included. */
type Calls = { readonly [command: string]: number };

const callsNow = async (): Promise<Calls> => {
  const text = await redis.command("info", "commandstats");
  return Object.fromEntries(
    [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name = "", calls]) => [name, Number(calls)]),
  );
};

/** Waits for all that these nodes asked so far: one connection carries it, in order. Itself one script a node. */
const answered = async (nodes: readonly RedisNode[]): Promise<void> => {
  for (const { backplane } of nodes) await backplane.directory.find(unannounced, "nobody" as PeerId);
};

const less = (calls: Calls, others: Calls): Calls =>
  Object.fromEntries(
    Object.entries(calls)
      .map(([name, count]) => [name, count - (others[name] ?? 0)] as const)
      .filter(([, count]) => count !== 0),
  );

/** What was asked of Redis meanwhile, without what this looking takes itself. */
const askedFor = async (nodes: readonly RedisNode[], work: () => unknown): Promise<Calls> => {
  await answered(nodes);
  const first = await callsNow();
  await answered(nodes);
  const second = await callsNow();
  await work();
  await answered(nodes);
  const third = await callsNow();
  return less(less(third, second), less(second, first));
};

/** Commands whose cost grows with what a key holds. The nodes that listen are read by `hkeys`, once a change. */
const readsWhole = /^(hgetall|hvals|smembers|zrange.*|lrange|keys|sort|.*scan)$/;

const scriptsAndWords = ({ evalsha = 0, publish = 0 }: Calls) => ({ evalsha, publish });

const comer = async (node: RedisNode, name: string, room: string): Promise<Witness> => {
  const one = witness(node.hub, dialect, name);
  one.join(room);
  await until(() => one.joined);
  return one;
};

const page = async (node: RedisNode, finger: string) => {
  const before = node.parts.observed.filter(({ type }) => type === "joined").length;
  const line = testLine(node.hub, pages, handshakeAt(`/websocket/?finger=${finger}`));
  await until(() => node.parts.observed.filter(({ type }) => type === "joined").length > before);
  return line;
};

const gone = async (node: RedisNode, leave: () => void) => {
  const left = () => node.parts.observed.filter(({ type }) => type === "left").length;
  const before = left();
  leave();
  await until(() => left() > before);
};

/** A peer without a line, of whom nobody is told. */
const seat = async ({ backplane, name }: RedisNode, room: RoomKey, peer: string): Promise<void> => {
  const claimed = await backplane.directory.claim(
    {
      room,
      peer: peer as PeerId,
      session: `session of ${peer}` as SessionId,
      node: name,
      protocol: "unrupt",
      traits: { takes: "trickle", gives: "after-answer", media: ["audio", "video"], messages: false },
      services: [],
      claim: "shared",
      announced: false,
      listens: false,
    },
    Number.POSITIVE_INFINITY,
  );
  assert.equal(isRefusal(claimed), false);
};

const crowd = async (node: RedisNode, size: number): Promise<void> => {
  for (let number = 0; number < size; number += 1) await seat(node, unannounced, `crowd-${number}`);
};

describe("what Redis is asked", () => {
  test("signals between two lines of one node never touch it, whoever else is in the room", async () => {
    const cluster = redisCluster(redis.url);
    const [here, there] = [await cluster.node("here"), await cluster.node("there")];
    const [ann, bob] = [await comer(here, "ann", "r"), await comer(here, "bob", "r")];
    const cat = await comer(there, "cat", "r");
    await until(() => [ann, bob, cat].every(({ known }) => known.size === 2));
    const asked = await askedFor([here, there], async () => {
      for (let number = 1; number <= 50; number += 1) {
        ann.signal("bob");
        bob.signal("ann");
      }
      await until(() => ann.fates.size === 50 && bob.fates.size === 50);
    });
    assert.deepEqual([...ann.fates.values(), ...bob.fates.values()], Array(100).fill("sent"));
    assert.deepEqual(asked, {});
    await cluster.stop();
  });

  test("a signal to another node is one question and one word, its receipt one more word", async () => {
    const cluster = redisCluster(redis.url);
    const [here, there] = [await cluster.node("here"), await cluster.node("there")];
    const [ann, bob] = [await comer(here, "ann", "r"), await comer(there, "bob", "r")];
    await until(() => ann.known.size === 1);
    const asked = await askedFor([here, there], async () => {
      for (let number = 1; number <= 10; number += 1) ann.signal("bob");
      await until(() => ann.fates.size === 10);
    });
    assert.deepEqual([...bob.received.values()], [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]);
    assert.deepEqual(scriptsAndWords(asked), { evalsha: 10, publish: 20 });
    await cluster.stop();
  });

  test("a join is one script; the first of its node notes the room and reads its roster, and a session that can resume is noted", async () => {
    const cluster = redisCluster(redis.url);
    const node = await cluster.node("only");
    const of = async (work: () => Promise<unknown>) => scriptsAndWords(await askedFor([node], work));
    assert.deepEqual(await of(() => page(node, "first")), { evalsha: 2, publish: 0 });
    assert.deepEqual(await of(() => page(node, "second")), { evalsha: 1, publish: 0 });
    assert.deepEqual(await of(() => comer(node, "ann", "r")), { evalsha: 4, publish: 0 });
    assert.deepEqual(await of(() => comer(node, "bob", "r")), { evalsha: 2, publish: 0 });
    await cluster.stop();
  });

  test("a leave is one script, and the last of its node takes back the note of its room", async () => {
    const cluster = redisCluster(redis.url);
    const node = await cluster.node("only");
    const of = async (work: () => Promise<unknown>) => scriptsAndWords(await askedFor([node], work));
    const [first, second] = [await page(node, "first"), await page(node, "second")];
    assert.deepEqual(await of(() => gone(node, () => first.drop())), { evalsha: 1, publish: 0 });
    assert.deepEqual(await of(() => gone(node, () => second.drop())), { evalsha: 2, publish: 0 });
    const [ann, bob] = [await comer(node, "ann", "r"), await comer(node, "bob", "r")];
    assert.deepEqual(await of(() => gone(node, () => ann.end())), { evalsha: 2, publish: 0 });
    assert.deepEqual(await of(() => gone(node, () => bob.end())), { evalsha: 3, publish: 0 });
    await cluster.stop();
  });

  test("news of a room goes to the nodes that have listeners in it, and to no others", async () => {
    const cluster = redisCluster(redis.url);
    const [here, there, aside] = [
      await cluster.node("here"),
      await cluster.node("there"),
      await cluster.node("aside"),
    ];
    const bob = await comer(there, "bob", "r");
    await comer(aside, "cat", "elsewhere");
    await comer(here, "ann", "r");
    await until(() => bob.known.size === 1);
    const asked = await askedFor([here, there, aside], async () => {
      await comer(here, "dan", "r");
      await until(() => bob.known.size === 2);
    });
    assert.equal(asked.publish, 1);
    await cluster.stop();
  });

  test("a join, a signal and a leave ask the same with more nodes, and with more peers in a room of which nobody is told", async () => {
    const asked: Calls[][] = [];
    for (const [others, size] of [
      [1, 10],
      [3, 2_000],
    ] as const) {
      const cluster = redisCluster(redis.url);
      const here = await cluster.node("here");
      const around: RedisNode[] = [];
      for (let number = 1; number <= others; number += 1) {
        const node = await cluster.node(`other-${number}`);
        around.push(node);
        await comer(node, `stranger-${number}`, "elsewhere");
      }
      const [there] = around;
      if (there === undefined) assert.fail();
      await crowd(there, size);
      // What only the first of its node in a room asks is asked before.
      await page(here, "early");
      await page(there, "target");
      const all = [here, ...around];
      const calls: Calls[] = [];
      let line = await page(here, "warm");
      calls.push(
        await askedFor(all, async () => {
          line = await page(here, "caller");
        }),
      );
      const arrived = () => there.backplane.state.parcelsReceived;
      calls.push(
        await askedFor(all, async () => {
          const before = arrived();
          line.send({ to: "target", retry: 5, from: "caller", type: "offer", sdp: "v=0", session: 1 });
          await until(() => arrived() > before);
        }),
      );
      calls.push(await askedFor(all, () => gone(here, () => line.drop())));
      asked.push(calls);
      await cluster.stop();
    }
    const [few, many] = asked;
    assert.deepEqual(
      few?.map(({ evalsha }) => evalsha),
      [1, 1, 1],
    );
    assert.deepEqual(many, few);
    assert.deepEqual(
      few?.map((calls) => Object.keys(calls).filter((name) => readsWhole.test(name))),
      [[], [], []],
    );
    assert.deepEqual(
      few?.map(({ hkeys = 0 }) => hkeys),
      [1, 0, 1],
    );
  });
});
