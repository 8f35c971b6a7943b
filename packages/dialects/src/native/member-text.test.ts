// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { memberText } from "./member-text.ts";

describe("the text of a member", () => {
  const table: readonly (readonly [what: string, json: string, text: string | undefined])[] = [
    ["the last one", '{"a":1,"b":{"c":[1,"}"]}}', '{"c":[1,"}"]}'],
    ["between others", '{"b":"x,y","a":2}', '"x,y"'],
    ["as it was written", '{ "b" : { "z" :1.0 , "a":[ ] } , "a":2}', '{ "z" :1.0 , "a":[ ] }'],
    ["of the outermost object only", '{"a":{"b":1},"c":[{"b":2}]}', undefined],
    ["with quotes and backslashes in it", '{"b":"\\"\\\\","a":"b\\\\"}', '"\\"\\\\"'],
    ["the last of several", '{"b":1,"b":{"x":2},"c":3}', '{"x":2}'],
    ["not where a name has escapes", '{"b":1,"\\u0062":2}', undefined],
    ["not where a value is called so", '{"a":"b"}', undefined],
    ["of nothing", "{}", undefined],
  ];
  for (const [what, json, text] of table)
    test(what, () => {
      assert.equal(memberText(json, "b"), text);
    });

  test("reads as what a parser finds there, however the object is written", () => {
    const space = fc.constantFrom(undefined, 1, "\t", "  ");
    const value = fc.record({ a: fc.jsonValue(), signal: fc.jsonValue(), z: fc.jsonValue() });
    fc.assert(
      fc.property(value, space, fc.boolean(), ({ a, signal, z }, indent, last) => {
        const object = last ? { a, z, signal } : { a, signal, z };
        const json = JSON.stringify(object, undefined, indent);
        const text = memberText(json, "signal");
        assert.ok(text !== undefined);
        assert.deepEqual(JSON.parse(text), JSON.parse(json).signal);
      }),
      { numRuns: 500 },
    );
  });
});
