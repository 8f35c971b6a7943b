// SPDX-License-Identifier: MIT
/** A cluster of ours on a Redis Cluster: keys on several masters, masters that are lost or replaced, and slots that move. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, describe, test } from "node:test";
import { parseRedisUrl, type RedisBackplane, redisBackplane } from "@signalbox/backplane/redis";
import {
  freePort,
  type RedisProcess,
  realClock,
  startRedis,
  startRedisCluster,
} from "@signalbox/backplane/testing";
import { defaultRealm, type NodeId, type RoomName, roomKey } from "@signalbox/core";
import { agree, anyInterleaving, assertFaithful, comer, nodesOf } from "./interleavings.ts";
import { type RedisNode, redisCluster, until } from "./on-redis.ts";
import type { Witness } from "./witness.ts";

const redis = await startRedisCluster({ masters: 3, replicasEach: 1, nodeTimeoutMs: 2_000 });
after(() => redis.stop());

/** Each on another master. */
const rooms = ["r", "garden", "stair"] as const;
const keyOf = (room: string) => roomKey(defaultRealm, room as RoomName);
/** Something in the slot of a room's keys. */
const slotKeyOf = (room: string) => `{${createHash("sha256").update(keyOf(room)).digest("base64url")}}`;

type Pair = readonly [Witness, Witness];

/** Two peers for each room, on two nodes. */
const settle = async (nodes: readonly RedisNode[]): Promise<readonly Pair[]> => {
  const all: Pair[] = [];
  for (const [index, room] of rooms.entries()) {
    const [one, other] = [nodes[index % nodes.length], nodes[(index + 1) % nodes.length]];
    if (one === undefined || other === undefined) assert.fail();
    all.push([await comer(one, "ann", room), await comer(other, "bob", room)]);
  }
  await until(() => all.flat().every(({ known }) => known.size === 1));
  return all;
};

const callEachOther = async (all: readonly Pair[]): Promise<void> => {
  for (const [ann, bob] of all) {
    const [there, back] = [ann.signal("bob"), bob.signal("ann")];
    await until(() => ann.fates.get(there) === "sent" && bob.fates.get(back) === "sent");
  }
};

const inAgreement = async (all: readonly Pair[], node: RedisNode): Promise<boolean> => {
  for (const [index, room] of rooms.entries()) {
    if (!(await agree(all[index] ?? [], node, keyOf(room)))) return false;
  }
  return true;
};

const backAgain = async (nodes: readonly RedisNode[], times: number): Promise<void> => {
  await until(() => nodes.every(({ said }) => said.filter((word) => word === "back").length >= times));
  await until(() => nodes.every(({ backplane }) => backplane.state.open));
};

const atRest = async (nodes: readonly RedisNode[], all: readonly Pair[]): Promise<void> => {
  for (const node of nodes) await until(() => inAgreement(all, node));
  await callEachOther(all);
  assertFaithful(all.flat());
};

/** Whoever has the key, and some other master. */
const ownerAndOther = async (key: string): Promise<readonly [RedisProcess, RedisProcess]> => {
  const owner = await redis.masterOf(key);
  for (const probe of ["a", "b", "c", "d", "e", "f", "g"]) {
    const other = await redis.masterOf(probe);
    if (other !== owner) return [owner, other];
  }
  throw new Error("there is one master only");
};

describe("the start with a Redis Cluster", () => {
  const startAt = async (url: string): Promise<RedisBackplane> => {
    const place = parseRedisUrl(url);
    if (place === undefined) assert.fail();
    return redisBackplane({
      place,
      node: "n" as NodeId,
      clock: realClock,
      freshEpoch: () => "e",
      leaseMs: 60_000,
      busBytes: 1_000,
      changed: () => {},
      failed(error) {
        throw error;
      },
    });
  };
  const port = () => new URL(redis.url).port;

  test("needs one of the servers it is given", async () => {
    const nobody = await freePort();
    const started = await startAt(`redis://127.0.0.1:${nobody},127.0.0.1:${port()}?prefix=start:`);
    await started.start(async () => true);
    assert.equal(started.state.open, true);
    assert.match(started.version, /^(Redis|Valkey) \d+\.\d+\.\d+$/);
    await started.close();
    await assert.rejects(startAt(`redis://127.0.0.1:${nobody},localhost:${nobody}`), {
      name: "RedisFailure",
      message: `Redis at 127.0.0.1:${nobody} cannot be used: the connection was refused; Redis at localhost:${nobody} cannot be used: the connection was refused`,
    });
  });

  test("is refused with a database, which a cluster has not", async () => {
    for (const url of [`redis://127.0.0.1:${port()}/3`, `redis://127.0.0.1:${port()},127.0.0.1:${port()}/3`])
      await assert.rejects(startAt(url), /is in cluster mode, which has database 0 only$/);
  });

  test("is refused with several addresses of servers that are none", async () => {
    const plain = await startRedis();
    const { host } = new URL(plain.url);
    await assert.rejects(startAt(`redis://${host},${host}`), {
      message: `Redis at ${host} is not in cluster mode: one address is enough`,
    });
    await plain.stop();
  });
});

describe("a cluster on a Redis Cluster", () => {
  test("after any sequence of joins, leaves, breaks and signals all have the same roster, and nothing came before its sender", () =>
    anyInterleaving(redis.url, 10));
});

describe("a slot that moves to another master while peers come, call and go", () => {
  const moves = async (key: (prefix: string, nodes: readonly RedisNode[]) => string) => {
    const cluster = redisCluster(redis.url);
    const nodes = await nodesOf(cluster, 3);
    const [first] = nodes;
    if (first === undefined) assert.fail();
    const all = await settle(nodes);
    const slot = key(cluster.prefix, nodes);
    const [, target] = await ownerAndOther(slot);
    const leaver = await comer(first, "leaver", "garden");
    let moving = true;
    const passers: Witness[] = [];
    const calls = (async () => {
      for (let round = 0; moving; round += 1) {
        for (const [index, [ann, bob]] of all.entries()) {
          ann.signal("bob");
          bob.signal("ann");
          const passer = await comer(nodes[round % 3] ?? first, `passer ${round}`, rooms[index] ?? "r");
          passers.push(passer);
          passer.end();
        }
      }
    })();
    await redis.move(slot, target, async () => {
      leaver.end();
      const before = passers.length;
      await until(() => passers.length >= before + rooms.length);
    });
    moving = false;
    await calls;
    assert.equal(await redis.masterOf(slot), target);
    await atRest(nodes, all);
    await cluster.stop();
    return { nodes, all };
  };

  test("the slot of a room: its members stay, who leaves has left, the other rooms do not notice, and no node was away", async () => {
    const { nodes, all } = await moves(() => slotKeyOf("garden"));
    assert.deepEqual(
      nodes.flatMap(({ said }) => said),
      [],
    );
    for (const [index, pair] of all.entries()) {
      const fates = pair.flatMap(({ fates }) => [...fates.values()]);
      assert.equal(fates.includes("refused"), rooms[index] === "garden");
    }
  });

  test("the slot of the leases: no node was away", async () => {
    const { nodes } = await moves((prefix) => `${prefix}{nodes}`);
    assert.deepEqual(
      nodes.flatMap(({ said }) => said),
      [],
    );
  });

  test("the slot of a node's channel: that node listens at the new master, and claims again what it holds", async () => {
    const { nodes } = await moves((prefix, [first]) => `${prefix}inbox:${first?.name}`);
    assert.deepEqual(
      nodes.map(({ said }) => [...said]),
      [["away", "back"], [], []],
    );
  });
});

describe("a master that is replaced", () => {
  const stopped: RedisProcess[] = [];
  for (const [how, leaseMs, replace] of [
    [
      "hands over to its replica",
      2_400,
      async (master: RedisProcess) => {
        const id = (await master.command("cluster", "myid")).trim();
        for (const server of redis.servers) {
          if (server !== master && (await server.command("cluster", "nodes")).includes(`myself,slave ${id}`))
            await server.command("cluster", "failover");
        }
      },
    ],
    [
      "says nothing any more, and its replica takes over",
      4_000,
      async (master: RedisProcess) => {
        process.kill(master.pid, "SIGSTOP");
        stopped.push(master);
      },
    ],
    ["is killed, and its replica takes over", 2_400, (master: RedisProcess) => master.kill()],
  ] as const) {
    test(`${how}: peers go on calling each other, nobody is lost or doubled`, async (t) => {
      t.after(() => {
        for (const { pid } of stopped.splice(0)) process.kill(pid, "SIGCONT");
      });
      // Renewed often: where nobody says anything, only that notices that a server is no master any more. And over by the time a
      // replica has taken over from one that is lost.
      const cluster = redisCluster(redis.url, leaseMs);
      t.after(() => cluster.stop());
      const nodes = await nodesOf(cluster, 3);
      const all = await settle(nodes);
      await callEachOther(all);
      const master = await redis.masterOf(`${cluster.prefix}{nodes}`);
      await replace(master);
      await backAgain(nodes, 1);
      assert.notEqual(await redis.masterOf(`${cluster.prefix}{nodes}`), master);
      await atRest(nodes, all);
      assert.deepEqual(
        all.flat().flatMap(({ departed }) => departed),
        [],
      );
      // Newcomers come in everywhere.
      const [first] = nodes;
      if (first === undefined) assert.fail();
      for (const room of rooms) assert.equal((await comer(first, "cat", room)).joined, true);
    });
  }
});
