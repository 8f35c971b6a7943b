// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { lineCutter, lineLengthMax, readingIn } from "./reading-lines.ts";
import { climate } from "./weather.ts";

const now = 1_700_000_000_000;

describe("a line with a reading", () => {
  for (const [line, values] of [
    ['{"temperature": 21.4, "humidity": 48}', { temperature: 21.4, humidity: 48 }],
    ["temperature=21.4 humidity=48", { temperature: 21.4, humidity: 48 }],
    ["humidity=48", { humidity: 48 }],
    ["21.4 48", { temperature: 21.4, humidity: 48 }],
    ["-3.5;90\r", { temperature: -3.5, humidity: 90 }],
    ["2.14e1", { temperature: 21.4 }],
  ] as const) {
    test(`may be ${JSON.stringify(line)}`, () => {
      assert.deepEqual(readingIn(line, climate, now), { at: now, values });
    });
  }

  test("may say when it was, in milliseconds or as a date", () => {
    const values = { temperature: 1 };
    assert.deepEqual(readingIn('{"at": 1000, "temperature": 1}', climate, now), { at: 1_000, values });
    assert.deepEqual(readingIn("at=1970-01-01T00:00:02Z temperature=1", climate, now), { at: 2_000, values });
  });

  test("may be empty or a comment, which is no reading", () => {
    for (const line of ["", "   ", "# degrees"]) assert.equal(readingIn(line, climate, now), undefined);
  });

  for (const [line, problem] of [
    ["warm", /no number for temperature/],
    ["1 2 3", /neither/],
    ["{", /neither/],
    ["[1]", /no number/],
    ["pressure=1", /"pressure", which is no quantity/],
    ["temperature=", /no number for temperature/],
    ["temperature=NaN", /no number for temperature/],
    ["temperature=1e300", /no number for temperature/],
    ['{"temperature": null}', /no number for temperature/],
    ['{"at": 5}', /no value/],
    ["at=soon temperature=1", /time that is none/],
  ] as const) {
    test(`may not be ${JSON.stringify(line)}`, () => {
      const found = readingIn(line, climate, now);
      assert.ok(found !== undefined && "problem" in found);
      assert.match(found.problem, problem);
    });
  }

  test("is never a reason to crash", () => {
    fc.assert(fc.property(fc.string(), (line) => void readingIn(line, climate, now)));
  });
});

describe("text that comes in pieces", () => {
  test("gives the same lines however it is cut", () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]{0,9}$/)), fc.array(fc.nat(12)), (lines, lengths) => {
        const text = lines.map((line) => `${line}\n`).join("");
        const seen: string[] = [];
        const cutter = lineCutter((line) => seen.push(line));
        let from = 0;
        for (const length of lengths) {
          cutter.write(text.slice(from, from + length));
          from += length;
        }
        cutter.write(text.slice(from));
        cutter.end();
        assert.deepEqual(seen, lines);
      }),
    );
  });

  test("is never held beyond the longest line, and goes on behind one that is too long", () => {
    const seen: string[] = [];
    const cutter = lineCutter((line) => seen.push(line));
    for (let piece = 0; piece < 100; piece += 1) cutter.write("x".repeat(1_000));
    cutter.write("x\n1 2\n3");
    cutter.end();
    assert.deepEqual(seen, ["x".repeat(lineLengthMax), "1 2", "3"]);
  });
});
