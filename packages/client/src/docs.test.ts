// SPDX-License-Identifier: MIT
/** docs/client.md says what the code says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { failures } from "./failure.ts";
import { verdicts } from "./verdict.ts";

const page = readFileSync(new URL("../../../docs/client.md", import.meta.url), "utf8");

/** The rows of the table whose first row of headings begins so. */
const table = (heading: string): readonly (readonly string[])[] => {
  const start = page.indexOf(`| ${heading} |`);
  assert.notEqual(start, -1, `a table of ${heading}`);
  const [text = ""] = page.slice(start).split("\n\n", 1);
  const [, , ...rows] = text.trim().split("\n");
  return rows.map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
};

test("the table of verdicts is the code's", () => {
  const rows = Object.entries(verdicts).map(([code, { sentence, fix }]) => [`\`${code}\``, sentence, fix]);
  assert.deepEqual(table("verdict"), rows);
});

test("the table of failures is the code's", () => {
  const rows = Object.entries(failures).map(([code, sentence]) => [`\`${code}\``, sentence]);
  assert.deepEqual(table("failure"), rows);
});
