// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { exceedsBytes } from "./frame.ts";

test("a text exceeds so many bytes exactly when its UTF-8 does, whatever the text", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.string()),
      (text) => {
        const bytes = Buffer.byteLength(text, "utf8");
        for (const max of [0, bytes - 1, bytes, bytes + 1, text.length, text.length * 3]) {
          assert.equal(exceedsBytes(text, max), bytes > max, `${bytes} bytes, at most ${max}`);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});
