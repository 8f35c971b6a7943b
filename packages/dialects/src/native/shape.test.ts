// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import {
  anything,
  array,
  boolean,
  integer,
  type JsonSchema,
  literal,
  nullable,
  object,
  oneOf,
  optional,
  parse,
  record,
  type Shape,
  string,
  tagged,
} from "./shape.ts";
import { jsonSchema } from "./specification.ts";
import { fitting, nearly } from "./testing/arbitrary-frames.ts";
import { peerFrame, serverFrame } from "./wire.ts";

const point = object({ x: integer(0, 9), label: optional(string({ maxLength: 2 })) });
const shapes: readonly (readonly [
  string,
  Shape<unknown>,
  readonly unknown[],
  readonly (readonly [unknown, string])[],
])[] = [
  [
    "a string",
    string(),
    ["", "a", "\n"],
    [
      [1, "/ must be a string"],
      [null, "/ must be a string"],
    ],
  ],
  [
    "a string of some length",
    string({ minLength: 2, maxLength: 3 }),
    ["ab", "abc", "😀😀😀"],
    [
      ["a", "/ must be a string of at least 2 and at most 3 characters"],
      ["😀", "/ must be a string of at least 2 and at most 3 characters"],
      ["abcd", "/ must be a string of at least 2 and at most 3 characters"],
    ],
  ],
  [
    "a string of some form",
    string({ pattern: "^[a-c]+$" }),
    ["abc"],
    [
      ["abd", "/ must be a string matching ^[a-c]+$"],
      ["", "/ must be a string matching ^[a-c]+$"],
    ],
  ],
  [
    "an integer",
    integer(1, 3),
    [1, 3, 2.0],
    [
      [0, "/ must be an integer from 1 to 3"],
      [4, "/ must be an integer from 1 to 3"],
      [1.5, "/ must be an integer from 1 to 3"],
      ["1", "/ must be an integer from 1 to 3"],
      [Number.NaN, "/ must be an integer from 1 to 3"],
    ],
  ],
  [
    "a boolean",
    boolean,
    [true, false],
    [
      [0, "/ must be true or false"],
      ["true", "/ must be true or false"],
    ],
  ],
  ["anything", anything, [null, 1, "", [], {}], []],
  [
    "a literal",
    literal("a"),
    ["a"],
    [
      ["b", '/ must be "a"'],
      [null, '/ must be "a"'],
    ],
  ],
  [
    "one of some words",
    oneOf("a", "b"),
    ["a", "b"],
    [
      ["c", "/ must be one of a, b"],
      [0, "/ must be one of a, b"],
    ],
  ],
  ["a shape or null", nullable(integer(0, 1)), [null, 0], [[2, "/ must be an integer from 0 to 1"]]],
  [
    "an array",
    array(integer(0, 9), 2),
    [[], [1], [1, 2]],
    [
      [[1, 2, 3], "/ must have at most 2 items"],
      [[1, "a"], "/1 must be an integer from 0 to 9"],
      [{ length: 0 }, "/ must be an array"],
    ],
  ],
  [
    "a record",
    record(boolean, 2),
    [{}, { a: true }, JSON.parse('{"__proto__":true}')],
    [
      [{ a: true, b: true, c: true }, "/ must have at most 2 entries"],
      [{ a: 1 }, "/a must be true or false"],
      [JSON.parse('{"__proto__":1}'), "/__proto__ must be true or false"],
      [[], "/ must be an object"],
    ],
  ],
  [
    "an object",
    point,
    [{ x: 1 }, { x: 1, label: "ab" }, { x: 1, more: 1 }],
    [
      [{}, "/x is missing"],
      [{ x: 10 }, "/x must be an integer from 0 to 9"],
      [{ x: 1, label: "abc" }, "/label must be a string of at most 2 characters"],
      [{ x: 1, label: null }, "/label must be a string of at most 2 characters"],
      [[], "/ must be an object"],
      [null, "/ must be an object"],
      [Object.create({ x: 1 }), "/x is missing"],
    ],
  ],
  [
    "tagged objects",
    tagged("kind", {
      a: object({ kind: literal("a"), x: integer(0, 9) }),
      b: object({ kind: literal("b") }),
    }),
    [{ kind: "a", x: 1 }, { kind: "b" }],
    [
      [{ kind: "a" }, "/x is missing"],
      [{ kind: "c" }, "/kind must be one of a, b"],
      [{}, "/kind must be one of a, b"],
      [{ kind: "toString" }, "/kind must be one of a, b"],
      [{ kind: ["a"] }, "/kind must be one of a, b"],
      ["a", "/ must be an object"],
    ],
  ],
];

describe("a shape", () => {
  for (const [what, shape, right, wrong] of shapes) {
    const validates = new Ajv2020({ strict: false }).compile(shape.schema);

    test(`of ${what} takes what fits, gives it back as it is, and its schema agrees`, () => {
      for (const value of right) {
        const parsed = parse(shape, value);
        assert.ok(parsed.ok, JSON.stringify(value));
        assert.equal(parsed.value, value);
        assert.equal(validates(value), true, JSON.stringify(value));
      }
    });

    test(`of ${what} names the place and what is expected there, and its schema agrees`, () => {
      for (const [value, problem] of wrong) {
        assert.deepEqual(parse(shape, value), { ok: false, problem });
        // Ajv sees inherited fields, which nothing parsed from JSON has.
        if (
          Object.getPrototypeOf(value ?? 0) === Object.prototype ||
          Array.isArray(value) ||
          typeof value !== "object"
        ) {
          assert.equal(validates(value), false, JSON.stringify(value));
        }
      }
    });
  }
});

const { $defs } = jsonSchema() as {
  readonly $defs: { readonly peer: JsonSchema; readonly server: JsonSchema };
};

const sides: readonly (readonly [string, Shape<unknown>, JsonSchema])[] = [
  ["peer", peerFrame, $defs.peer],
  ["server", serverFrame, $defs.server],
];

for (const [side, frame, schema] of sides) {
  describe(`the check of ${side} frames and the JSON Schema that is published`, () => {
    const validates = new Ajv2020({ strict: false }).compile(schema);
    const agree = (value: unknown): boolean => {
      const parsed = parse(frame, value);
      const valid = validates(value);
      assert.equal(
        parsed.ok,
        valid,
        parsed.ok
          ? `only the check takes it: ${JSON.stringify(validates.errors)}`
          : `only the schema takes it: ${parsed.problem}`,
      );
      return valid;
    };

    test("agree on frames made from the schema: they fit", () => {
      fc.assert(
        fc.property(fitting(schema), (value) => assert.equal(agree(value), true)),
        { numRuns: 1_000 },
      );
    });

    test("agree on frames that are wrong in one place", () => {
      let wrong = 0;
      fc.assert(
        fc.property(nearly(schema), (value) => {
          if (!agree(value)) wrong += 1;
        }),
        { numRuns: 3_000 },
      );
      assert.ok(wrong > 500, `only ${wrong} were wrong, so little was shown`);
    });

    test("agree on any JSON value", () => {
      fc.assert(
        fc.property(
          fc.oneof(
            fc.jsonValue(),
            fc.dictionary(fc.constantFrom("type", "seq", "kind", "__proto__", "constructor"), fc.jsonValue()),
          ),
          (value) => void agree(value),
        ),
      );
    });
  });
}
