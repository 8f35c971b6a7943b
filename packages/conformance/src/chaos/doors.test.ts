// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { doors } from "./doors.ts";

test("knocks that were taken end in their answer or a told fate, whatever happens to nodes and Redis meanwhile", {
  timeout: 200_000,
}, async (t) => {
  const run = await doors(1, [
    "a node is killed",
    "a node stands still beyond its lease",
    "Redis is unreachable for a while",
    "Redis is restarted with its data",
  ]);
  t.diagnostic(JSON.stringify(run));
  assert.equal(run.forgotten, 0);
});
