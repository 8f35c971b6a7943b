// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { realClock as clock, severable, startRedis } from "../testing/index.ts";
import { connectOne } from "./link.ts";
import { parseRedisUrl } from "./place.ts";

test("connections that are broken in whatever moment while they come come again", async () => {
  const redis = await startRedis();
  const proxy = await severable(redis.port);
  const place = parseRedisUrl(`redis://127.0.0.1:${proxy.port}`);
  if (place === undefined) assert.fail();
  let came = 0;
  const link = await connectOne({
    place,
    clock,
    scripts: [{ text: "return 1" }],
    heard() {},
    came() {
      came += 1;
    },
    went() {},
  });
  for (let turns = 0; turns < 20; turns += 1) {
    const before = proxy.taken;
    link.reset("a test wants it");
    while (proxy.taken < before + 2) await nextTurn();
    // In the first turns they are prepared, in the last ones they are there.
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
  }
  while (!link.ready) await nextTurn();
  assert.ok(came > 0);
  link.close();
  await proxy.close();
  await redis.stop();
});
