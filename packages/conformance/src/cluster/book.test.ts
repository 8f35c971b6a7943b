// SPDX-License-Identifier: MIT
/** What Redis notes of sessions, so that other nodes can take them: none is forgotten that lives, none is kept that does not. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startRedis } from "@signalbox/backplane/testing";
import { isRefusal, type SessionId } from "@signalbox/core";
import { redisCluster, until } from "./on-redis.ts";
import { traveller } from "./traveller.ts";

describe("a session of a node that lives", () => {
  test("can go on at another node after Redis forgot everything, without a gap", async () => {
    const redis = await startRedis();
    const cluster = redisCluster(redis.url);
    const [first, second] = [await cluster.node("first"), await cluster.node("second")];
    const ann = await traveller(first, "ann");
    await redis.kill();
    await until(() => first.said.includes("away") && second.said.includes("away"));
    await redis.restart();
    await until(() => first.said.includes("back") && second.said.includes("back"));
    ann.lose();
    ann.resume(second);
    assert.equal((await ann.resumed())?.gap, false);
    assert.equal(ann.closing, undefined);
    await cluster.stop();
    await redis.stop();
  });
});

describe("a session that a node took and never had", () => {
  test("because that node died in this moment, is not kept for ever", async () => {
    const redis = await startRedis();
    const cluster = redisCluster(redis.url);
    const [first, second] = [await cluster.node("first"), await cluster.node("second")];
    const ann = await traveller(first, "ann");
    const [kept = ""] = (await redis.command("--scan", "--pattern", `*{s:${ann.session}}`)).split("\n");
    const endsIn = async () => Number(await redis.command("pttl", kept));
    const never = -1;
    assert.equal(await endsIn(), never, "it lives as long as its session does");
    const { book } = second.backplane;
    const noted = await book.take(ann.session as SessionId, ann.token, 2);
    assert.ok((await endsIn()) > 0, "it ends by itself");
    if (noted === undefined || isRefusal(noted)) assert.fail();
    // The node lived on, and has the session.
    book.note(ann.session as SessionId, ann.token, 2, { ...noted, node: second.name });
    await until(async () => (await endsIn()) === never);
    await cluster.stop();
    await redis.stop();
  });
});
