// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { type VerdictCode, verdicts } from "@signalbox/client";
import { overPhase } from "./verdict-words.ts";

const codes = Object.keys(verdicts).filter((code): code is VerdictCode => code in verdicts);
/** A call with one of these has not ended, or the page cannot come to it. */
const standing = [
  "connected",
  "connecting",
  "ringing",
  "waiting-for-answer",
  "interrupted",
  "nothing-offered",
  "target-offline-queued",
];

for (const code of codes.filter((one) => !standing.includes(one))) {
  test(`a call that ended as ${code} is told in words for people`, () => {
    const phase = overPhase({ code, ...verdicts[code], detail: "Stack says no." }, "Ben");
    const said =
      phase.is === "failed"
        ? `${phase.verdict.sentence} ${phase.verdict.fix}`
        : phase.is === "ended"
          ? phase.sentence
          : "";
    assert.match(said, /^[A-Z].*[.]/);
    assert.doesNotMatch(said, /accept\(|traits|offer a|peer-joined|See the detail|credential/i);
  });
}

test("a failure always says what to do", () => {
  for (const code of codes.filter((one) => !standing.includes(one))) {
    const phase = overPhase({ code, ...verdicts[code] }, "Ben");
    if (phase.is === "failed") assert.notEqual(phase.verdict.fix ?? "", "", code);
  }
});
