// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "./backoff.ts";

test("waits double from half a second to half a minute, spread over their upper half", () => {
  const range = (attempt: number) => [0, 1].map((chance) => backoffMs(attempt, () => chance));
  assert.deepEqual([0, 1, 2, 3, 6, 7, 1_000].map(range), [
    [0, 500],
    [500, 1_000],
    [1_000, 2_000],
    [2_000, 4_000],
    [15_000, 30_000],
    [15_000, 30_000],
    [15_000, 30_000],
  ]);
});
