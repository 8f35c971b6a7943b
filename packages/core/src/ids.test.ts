// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  nameLengthMax,
  parseCallId,
  parsePeerId,
  parseRealm,
  parseRoomName,
  realmOf,
  roomKey,
  roomOf,
} from "./ids.ts";

const parsers = { parsePeerId, parseRoomName, parseRealm, parseCallId };

const taken: readonly (readonly [string, string])[] = [
  ["one letter", "a"],
  ["a space, which is not trimmed", " "],
  ["spaces around it", " ann "],
  ["what URLs escape", "a/b?c=d#e%20&f"],
  ["quotes and a backslash", `"it's" \\`],
  ["letters of other scripts", "Zoë 北京 नमस्ते"],
  ["an emoji beyond the BMP", "👩‍🚀"],
  ["names an object already has", "__proto__"],
  ["a no-break space", "a\u00a0b"],
  ["the last character before the surrogates", "\ud7ff"],
  ["the first character after them", "\ue000"],
  ["256 ASCII characters", "a".repeat(256)],
  ["256 characters of two UTF-16 units each", "😀".repeat(256)],
];

const refused: readonly (readonly [string, unknown])[] = [
  ["nothing", ""],
  ["257 characters", "a".repeat(257)],
  ["257 characters of two UTF-16 units each", "😀".repeat(257)],
  ["a line feed", "a\nb"],
  ["a NUL", "\0"],
  ["an escape", "a\u001b[31m"],
  ["a DEL", "\u007f"],
  ["a C1 control", "\u0085"],
  ["a line separator", "\u2028"],
  ["a paragraph separator", "\u2029"],
  ["a lone high surrogate", "a\ud83d"],
  ["a lone low surrogate", "\ude00a"],
  ["the two halves in the wrong order", "\ude00\ud83d"],
  ["a number", 7],
  ["null", null],
  ["undefined", undefined],
  ["a String object", Object("ann")],
  ["an array with a name in it", ["ann"]],
];

for (const [what, name] of taken) {
  test(`a name may be ${what}`, () => {
    for (const parse of Object.values(parsers)) assert.equal(parse(name), name);
  });
}

for (const [what, name] of refused) {
  test(`a name may not be or hold ${what}`, () => {
    for (const parse of Object.values(parsers)) assert.equal(parse(name), undefined);
  });
}

test("a name is taken exactly as it is or not at all, whatever the text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 600 }), (text) => {
      const parsed = parsePeerId(text);
      assert.ok(parsed === undefined || parsed === text);
      if (parsed !== undefined) {
        assert.ok([...parsed].length <= nameLengthMax);
        assert.equal(Buffer.from(parsed, "utf8").toString("utf8"), parsed, "survives UTF-8");
      }
    }),
  );
});

test("a room key gives its realm and room back, and no two rooms share one", () => {
  const name = fc
    .string({ unit: "binary", minLength: 1, maxLength: 6 })
    .filter((text) => parsePeerId(text) !== undefined);
  fc.assert(
    fc.property(name, name, name, name, (a, b, c, d) => {
      const [realmA, roomA, realmB, roomB] = [
        parseRealm(a),
        parseRoomName(b),
        parseRealm(c),
        parseRoomName(d),
      ];
      assert.ok(realmA !== undefined && roomA !== undefined && realmB !== undefined && roomB !== undefined);
      const key = roomKey(realmA, roomA);
      assert.equal(realmOf(key), a);
      assert.equal(roomOf(key), b);
      assert.equal(key === roomKey(realmB, roomB), a === c && b === d);
    }),
  );
});
