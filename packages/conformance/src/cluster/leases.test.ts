// SPDX-License-Identifier: MIT
/** Who holds which lease, read from a plain Redis and from a Redis Cluster alike. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parseRedisUrl, readLeases } from "@signalbox/backplane/redis";
import { realClock, startRedis, startRedisCluster } from "@signalbox/backplane/testing";
import { native } from "@signalbox/dialects/native";
import { redisCluster, until } from "./on-redis.ts";
import { witness } from "./witness.ts";

const engines = [
  ["a plain Redis", () => startRedis()],
  [
    "a Redis Cluster of three masters",
    () => startRedisCluster({ masters: 3, replicasEach: 0, nodeTimeoutMs: 2_000 }),
  ],
] as const;

describe("who holds which lease", () => {
  for (const [engine, start] of engines) {
    test(`is read from ${engine}, with what each node says of itself and what a lost one leaves behind`, async () => {
      const redis = await start();
      const cluster = redisCluster(redis.url, 600);
      const place = parseRedisUrl(`${redis.url}?prefix=${cluster.prefix}`);
      if (place === undefined) assert.fail();
      const read = async () => (await readLeases(place, realClock)).leases;
      const [one, two] = [await cluster.node("one"), await cluster.node("two")];
      for (const [index, room] of ["r", "garden", "stair"].entries()) {
        const peer = witness(two.hub, native(), `peer-${index}`);
        peer.join(room);
        await until(() => peer.joined);
      }
      const said = async (node: string) => (await read()).find((lease) => lease.node === node);
      await until(async () => (await said("two"))?.status?.members === 3);
      for (const [node, rooms] of [
        [one, 0],
        [two, 3],
      ] as const) {
        const lease = await said(node.name);
        assert.deepEqual(
          [lease?.epoch, lease?.roomsToSweep, lease?.status?.open, lease?.status?.rooms],
          [node.backplane.state.epoch, undefined, true, rooms],
        );
      }
      for (const node of [one, two]) await until(() => node.heardItself.length > 2);
      // Nobody sweeps: the other one ends too.
      one.die();
      two.die();
      await until(async () => (await read()).every(({ leftMs = 0 }) => leftMs <= 0));
      const left = Object.fromEntries((await read()).map(({ node, roomsToSweep }) => [node, roomsToSweep]));
      assert.deepEqual(left, { one: 0, two: 3 });
      const heir = await cluster.node("heir");
      await until(() => heir.inherited === 2);
      assert.deepEqual(
        (await read()).map(({ node }) => node),
        ["heir"],
      );
      assert.deepEqual([heir.backplane.state.sweptLeases, heir.backplane.state.sweptMembers], [2, 3]);
      await cluster.stop();
      await redis.stop();
    });
  }
});
