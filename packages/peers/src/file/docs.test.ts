// SPDX-License-Identifier: MIT
/** docs/file-1.md says what the code says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bufferedHigh } from "./sending.ts";
import {
  entriesMax,
  fileErrors,
  messageBytesMax,
  parseReply,
  parseRequest,
  requestBytesMax,
  requestsMax,
  windowDefault,
  windowMax,
} from "./wire.ts";

const doc = readFileSync(new URL("../../../../docs/file-1.md", import.meta.url), "utf8");

test("the errors are listed as they are", () => {
  const listed = [...doc.matchAll(/^\| `([A-Z_]+)` \| (.+) \|$/gm)].map(([, reason, when]) => [reason, when]);
  assert.deepEqual(listed, Object.entries(fileErrors));
});

test("every example is one the code reads", () => {
  const hash = "0".repeat(64);
  const examples = [...doc.matchAll(/`(\{"type":.*?\})`/g)].map(([, text = ""]) =>
    text.replaceAll('"sha256":"…"', `"sha256":"${hash}"`).replaceAll('"modified":…', '"modified":1'),
  );
  assert.ok(examples.length > 12);
  for (const example of examples) {
    const request = parseRequest(example);
    assert.ok(!("bad" in request) || parseReply(example) !== undefined, example);
  }
});

test("the bounds are the code's", () => {
  const says = (text: string) => assert.ok(doc.includes(text), text);
  says(`| a request | ${requestBytesMax.toLocaleString("en")} characters |`);
  says(`${messageBytesMax.toLocaleString("en")} bytes, or less`);
  says(`| requests without an answer | ${requestsMax} a channel |`);
  says(`"requestsMax":${requestsMax},"windowMax":${windowMax}`);
  says(`"window":${windowDefault}`);
  says(`at most ${entriesMax}.`);
  says(`${bufferedHigh / 1024 / 1024} MiB of content`);
});
