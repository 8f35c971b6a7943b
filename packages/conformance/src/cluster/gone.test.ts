// SPDX-License-Identifier: MIT
/** Nodes that end, or are lost: one of the others looks after what they had in hand. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startRedis } from "@signalbox/backplane/testing";
import { type RedisNode, redisCluster, until } from "./on-redis.ts";

const redis = await startRedis();
after(() => redis.stop());

describe("a node that is gone", () => {
  for (const [how, leave, swept] of [
    ["that ended", (node: RedisNode) => node.backplane.close(), 0],
    ["that was lost", async (node: RedisNode) => node.die(), 1],
  ] as const) {
    test(`and ${how} is left to exactly one of the others`, async () => {
      const cluster = redisCluster(redis.url, 400);
      const [first, ...others] = [
        await cluster.node("first"),
        await cluster.node("second"),
        await cluster.node("third"),
      ];
      if (first === undefined) assert.fail();
      await until(() => first.backplane.state.nodes === 3);
      await leave(first);
      const heirs = () => others.reduce((sum, { inherited }) => sum + inherited, 0);
      await until(() => heirs() > 0);
      // Each has looked at all leases once more.
      const seen = others.map(({ heardItself }) => heardItself.length);
      await until(() => others.every(({ heardItself }, at) => heardItself.length > (seen[at] ?? 0) + 1));
      assert.equal(heirs(), 1);
      const sweptLeases = others.reduce((sum, { backplane }) => sum + backplane.state.sweptLeases, 0);
      assert.equal(sweptLeases, swept, "only what was lost counts as that");
      assert.deepEqual(
        others.map(({ backplane }) => backplane.state.nodes),
        [2, 2],
      );
      await cluster.stop();
    });
  }

  test("and was the last leaves nothing behind", async () => {
    const cluster = redisCluster(redis.url, 60_000);
    const only = await cluster.node("only");
    await only.backplane.close();
    assert.equal((await redis.command("keys", `${cluster.prefix}*`)).trim(), "");
  });
});
