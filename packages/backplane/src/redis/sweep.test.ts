// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { realClock as clock, startRedis } from "../testing/index.ts";
import { connect } from "./connect.ts";
import { keysWith } from "./keys.ts";
import * as leaseScripts from "./lease-scripts.ts";
import type { Link } from "./link.ts";
import { parseRedisUrl } from "./place.ts";
import * as roomScripts from "./room-scripts.ts";
import { sweepLease } from "./sweep.ts";

const redis = await startRedis();
after(() => redis.stop());

/** A node may hold fifty thousand members, and each answer has its way to go. */
test("the rooms of a lost node are swept sixteen at a time, and all of them", async () => {
  const place = parseRedisUrl(redis.url);
  if (place === undefined) assert.fail();
  const keys = keysWith("");
  const nothing = (): void => {};
  const scripts = [...Object.values(leaseScripts), ...Object.values(roomScripts)];
  const link = await connect({ place, clock, scripts, heard: nothing, came: nothing, went: nothing });
  after(() => link.close());
  const rooms = Array.from({ length: 250 }, (_, number) => `room ${number}`);
  await redis.command("sadd", keys.roomsOf("lost", "epoch"), ...rooms);
  await redis.command("zadd", keys.nodes, "0", "lost epoch");
  let underWay = 0;
  let most = 0;
  const counting: Link = {
    ...link,
    async evaluate(...asked) {
      underWay += 1;
      most = Math.max(most, underWay);
      try {
        return await link.evaluate(...asked);
      } finally {
        underWay -= 1;
      }
    },
  };
  assert.deepEqual(await sweepLease(counting, keys, "lost", "epoch"), { members: 0, done: true });
  assert.equal(most, 16);
  assert.equal((await redis.command("exists", keys.roomsOf("lost", "epoch"))).trim(), "0");
});
