// SPDX-License-Identifier: MIT
/** A node that comes back, and takes its time to claim again what it holds. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, test } from "node:test";
import { parseRedisUrl, redisBackplane } from "@signalbox/backplane/redis";
import { realClock, severable, startRedis } from "@signalbox/backplane/testing";
import {
  defaultRealm,
  type Entry,
  isRefusal,
  type NodeId,
  type PeerId,
  type RoomName,
  roomKey,
  type SessionId,
} from "@signalbox/core";
import { until } from "./on-redis.ts";

const redis = await startRedis();
after(() => redis.stop());

const room = roomKey(defaultRealm, "hall" as RoomName);

const backplaneAt = (name: string, port: number) => {
  const place = parseRedisUrl(`redis://127.0.0.1:${port}?prefix=return:`);
  if (place === undefined) assert.fail();
  return redisBackplane({
    place,
    node: name as NodeId,
    clock: realClock,
    freshEpoch: () => randomBytes(6).toString("base64url"),
    leaseMs: 2_000,
    busBytes: 1_000_000,
    changed: () => {},
    failed(error) {
      throw error;
    },
  });
};

test("is not swept meanwhile by others that renew their leases", async () => {
  const proxy = await severable(redis.port);
  const away = await backplaneAt("away", proxy.port);
  const other = await backplaneAt("other", redis.port);
  after(async () => {
    await away.close();
    await other.close();
    await proxy.close();
  });
  /** When each lease of a node ends. */
  const endsOf = async (node: string): Promise<readonly string[]> => {
    const lines = (await redis.command("zrange", "return:{nodes}", "0", "-1", "withscores")).split("\n");
    return lines.filter((_, at) => lines[at - 1]?.startsWith(`${node} `) === true);
  };
  const held: Entry[] = [];
  const here = async (): Promise<number> => {
    const roster = await other.directory.roster(room, 0, 10);
    return isRefusal(roster) ? -1 : roster.entries.length;
  };
  let meanwhile: number | undefined;
  await other.start(async () => true);
  await away.start(async () => {
    // Two renewals of the other one.
    for (let round = 0; round < 2; round += 1) {
      const before = await endsOf("other");
      await until(async () => (await endsOf("other")).join() !== before.join());
    }
    meanwhile = await here();
    for (const entry of held) await away.directory.reclaim(entry, 0);
    return true;
  });
  for (const name of ["ann", "bob"]) {
    const claimed = await away.directory.claim(
      {
        room,
        peer: name as PeerId,
        session: `s-${name}` as SessionId,
        node: "away" as NodeId,
        claim: "exclusive",
        announced: true,
        listens: true,
        protocol: "native",
        traits: { takes: "trickle", gives: "trickle", media: [], messages: true },
        services: [],
      },
      10,
    );
    if (isRefusal(claimed)) assert.fail(claimed.code);
    held.push(claimed.entry);
  }
  proxy.cut();
  await until(() => !away.state.open);
  proxy.mend();
  await until(() => away.state.open);
  assert.equal(meanwhile, 2);
  assert.equal(await here(), 2);
  // What it held under its last lease is its own to clear away.
  await until(async () => (await endsOf("away")).length === 1);
});
