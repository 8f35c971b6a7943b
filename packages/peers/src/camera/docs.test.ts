// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { cameraErrors } from "./wire.ts";

test("docs/camera-1.md lists the errors as they are", () => {
  const doc = readFileSync(new URL("../../../../docs/camera-1.md", import.meta.url), "utf8");
  const listed = [...doc.matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)].map(([, reason, when]) => [reason, when]);
  assert.deepEqual(listed, Object.entries(cameraErrors));
});
