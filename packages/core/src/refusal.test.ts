// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { explain, isRefusal, type RefusalCode, type RefusalRow, refusal, refusals } from "./refusal.ts";
import { tableRows } from "./testing/doc-table.ts";

const page = readFileSync(new URL("../../../docs/refusals.md", import.meta.url), "utf8");
const rows = Object.entries(refusals) as readonly (readonly [RefusalCode, RefusalRow])[];

const cells = ({ sentence, retry, http, close }: RefusalRow): readonly string[] => [
  sentence,
  retry ? "yes" : "no",
  `${http}`,
  `${close}`,
];

describe("docs/refusals.md", () => {
  const documented = tableRows(page, "The catalogue");

  for (const [code, row] of rows) {
    test(`says of ${code} what the code says`, () => {
      const expected = cells(row);
      assert.deepEqual(
        documented.get(`\`${code}\``),
        expected,
        `the row should be\n| \`${code}\` | ${expected.join(" | ")} |`,
      );
    });
  }

  test("lists the codes in the order of the code, and no others", () => {
    assert.deepEqual(
      [...documented.keys()],
      rows.map(([code]) => `\`${code}\``),
    );
  });
});

describe("the catalogue", () => {
  for (const [code, { sentence, retry, http, close }] of rows) {
    test(`holds for ${code}: a sentence, an error status, a close code of its own that says whether to come back`, () => {
      assert.match(sentence, /^[A-Z].*\.$/);
      assert.ok(http >= 400 && http < 600);
      assert.deepEqual(
        rows.filter((other) => other[1].close === close).map(([name]) => name),
        [code],
      );
      assert.ok(close >= 4400 && close < 4600);
      // A session that is unknown can be opened anew, though not resumed: its peer comes back with another request.
      assert.equal(close < 4500, retry || code === "session-unknown");
    });
  }
});

describe("a refusal", () => {
  test("is explained by its sentence, and by its detail where there is one", () => {
    assert.equal(explain(refusal("not-joined")), refusals["not-joined"].sentence);
    assert.equal(explain(refusal("room-full", "At most 3.")), `${refusals["room-full"].sentence} At most 3.`);
  });

  test("holds nothing that was not given", () => {
    assert.deepEqual(refusal("expired"), { code: "expired" });
    assert.deepEqual(refusal("rate-limited", undefined, 5), { code: "rate-limited", retryAfterMs: 5 });
  });

  test("is told apart from what was asked for", () => {
    for (const [code] of rows) assert.equal(isRefusal(refusal(code)), true);
    for (const other of [
      {},
      [],
      { code: "EPIPE" },
      { code: 4500 },
      { code: "toString" },
      { code: "__proto__" },
    ])
      assert.equal(isRefusal(other), false);
  });
});
