// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { drops } from "./drops.ts";

/** `npm run chaos -- --drops N` for any other number. */
const wanted = 10_000;

test(`${wanted} dropped and resumed lines lose no accepted signal, double none, and keep their order`, {
  timeout: 300_000,
}, async (t) => {
  const run = await drops(1, wanted);
  t.diagnostic(JSON.stringify(run));
  assert.ok(run.accepted >= wanted, "nothing much was said, so nothing was shown");
  assert.equal(run.gaps, 0, "a gap was told, although every node lived");
});
