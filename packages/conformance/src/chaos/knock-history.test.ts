// SPDX-License-Identifier: MIT
/** What reads the knockers' histories can fail. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Knocking, knockViolations } from "./knock-history.ts";

const knock = (
  number: number,
  fate: string | undefined,
  answer?: number,
  name = `knock ${number}`,
): Knocking => ({
  number,
  name,
  fate,
  answer,
});
const answered = knock(1, "STATE_ANSWERED", 1);
const expired = knock(1, "STATE_EXPIRED");
const forgotten = knock(1, "forgotten");

const kept: readonly (readonly [string, readonly Knocking[], readonly string[], boolean])[] = [
  ["a knock was answered", [answered], ["knock 1"], false],
  ["an answer was taken, and its device never heard so", [answered], [], false],
  ["nobody answered", [expired], [], false],
  ["nobody said that the knock was taken", [{ ...expired, name: undefined }], [], false],
  ["Redis forgot a knock, answered or not", [forgotten], ["knock 1"], true],
  ["a knock still waits", [knock(1, undefined)], ["knock 1"], false],
];
const broken: readonly (readonly [string, RegExp, readonly Knocking[], readonly string[], boolean])[] = [
  [
    "a knock is gone, and nobody forgot anything",
    /knock 1 was taken, and is not there/,
    [forgotten],
    [],
    false,
  ],
  ["an answer is lost", /knock 1 was answered, .* STATE_EXPIRED/, [expired], ["knock 1"], false],
  ["a knock has another's answer", /has the answer to 2/, [knock(1, "STATE_ANSWERED", 2)], [], false],
  [
    "two knocks are one",
    /1 and 2 are one knock/,
    [answered, knock(2, "STATE_EXPIRED", undefined, "knock 1")],
    [],
    false,
  ],
];

describe("a history of knocks is found to keep the promises where", () => {
  for (const [name, history, taken, forgetful] of kept)
    test(name, () => assert.deepEqual(knockViolations(history, new Set(taken), forgetful), []));
});

describe("a history of knocks is found to break a promise where", () => {
  for (const [name, sentence, history, taken, forgetful] of broken) {
    test(name, () => {
      const found = knockViolations(history, new Set(taken), forgetful);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", sentence);
    });
  }
});
