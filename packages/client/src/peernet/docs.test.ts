// SPDX-License-Identifier: MIT
/** docs/devices.md says what the code says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { peerNetFailures } from "./failure.ts";

const page = readFileSync(new URL("../../../../docs/devices.md", import.meta.url), "utf8");

test("the table of failures is the code's", () => {
  const [, rows] = page.split("| reason | sentence |\n|---|---|\n");
  assert.equal(
    rows?.trimEnd(),
    Object.entries(peerNetFailures)
      .map(([reason, sentence]) => `| \`${reason}\` | ${sentence} |`)
      .join("\n"),
  );
});
