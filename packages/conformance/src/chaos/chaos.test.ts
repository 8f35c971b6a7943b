// SPDX-License-Identifier: MIT
/** The short form of `npm run chaos`: each fault once. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { chaos } from "./chaos.ts";
import { faults } from "./faults.ts";

describe("three server processes on one Redis keep their promises while", () => {
  for (const [index, fault] of faults.entries()) {
    test(fault, { timeout: 120_000 }, async (t) => {
      const run = await chaos(index + 1, [[fault]]);
      t.diagnostic(JSON.stringify(run));
      assert.ok(run.accepted >= 100, "nothing much was said, so nothing was shown");
    });
  }
});
