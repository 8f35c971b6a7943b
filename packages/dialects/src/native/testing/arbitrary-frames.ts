// SPDX-License-Identifier: MIT
/** Frames made from the schema itself, right ones and nearly right ones. */
import fc from "fast-check";
import type { JsonSchema } from "../shape.ts";

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const schemas = (value: unknown): readonly JsonSchema[] =>
  Array.isArray(value) ? value.filter(isSchema) : [];
const entries = (value: unknown): readonly (readonly [string, JsonSchema])[] =>
  isSchema(value)
    ? Object.entries(value).flatMap(([name, item]) => (isSchema(item) ? [[name, item] as const] : []))
    : [];
const number = (value: unknown, otherwise: number): number => (typeof value === "number" ? value : otherwise);

const text = ({ minLength, maxLength, pattern }: JsonSchema): fc.Arbitrary<string> => {
  const most = Math.min(number(maxLength, 40), 12);
  const wanted = fc.string({
    unit: "grapheme",
    minLength: number(minLength, 0),
    maxLength: Math.max(most, number(minLength, 0)),
  });
  const expression = typeof pattern === "string" ? new RegExp(pattern, "u") : undefined;
  return expression === undefined ? wanted : wanted.filter((given) => expression.test(given));
};

/** Values that fit the schema. */
export const fitting = (schema: JsonSchema): fc.Arbitrary<unknown> => {
  if ("const" in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  const choices = schemas(schema.oneOf ?? schema.anyOf);
  if (choices.length > 0) return fc.oneof(...choices.map(fitting));
  switch (schema.type) {
    case "string":
      return text(schema);
    case "integer":
      return fc.oneof(
        fc.integer({
          min: number(schema.minimum, 0),
          max: Math.min(number(schema.maximum, 9), number(schema.minimum, 0) + 9),
        }),
        fc.constantFrom(number(schema.minimum, 0), number(schema.maximum, 9)),
      );
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array":
      return fc.array(fitting(isSchema(schema.items) ? schema.items : {}), {
        maxLength: Math.min(3, number(schema.maxItems, 3)),
      });
    case "object": {
      const fields = entries(schema.properties);
      const required = Array.isArray(schema.required) ? schema.required : [];
      if (fields.length === 0 && isSchema(schema.additionalProperties))
        return fc.dictionary(fc.string(), fitting(schema.additionalProperties), { maxKeys: 3 });
      const known = fc.record(Object.fromEntries(fields.map(([name, item]) => [name, fitting(item)])), {
        requiredKeys: required,
      });
      return fc.oneof(
        { weight: 4, arbitrary: known },
        // Fields nobody knows are allowed everywhere.
        {
          weight: 1,
          arbitrary: fc
            .tuple(fc.dictionary(fc.string({ minLength: 7 }), fc.jsonValue(), { maxKeys: 2 }), known)
            .map(([more, frame]) => ({ ...more, ...frame })),
        },
      );
    }
    default:
      return fc.jsonValue();
  }
};

const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    -1,
    0,
    1.5,
    2 ** 53,
    1e300,
    null,
    "",
    "\n",
    "\ud800",
    "a".repeat(255),
    "a".repeat(257),
    "😀".repeat(256),
    "😀".repeat(257),
    "x".repeat(1025),
    [],
    {},
    true,
    false,
  ),
  fc.string({ unit: "binary" }),
);

/** The same value with one place in it changed, taken away, or doubled. */
const bent = (value: unknown): fc.Arbitrary<unknown> => {
  if (Array.isArray(value) && value.length > 0) {
    return fc.oneof(
      fc.nat(value.length - 1).chain((at) => bent(value[at]).map((item) => value.with(at, item))),
      fc
        .constantFrom(20, 70, 300)
        .map((length) => Array.from({ length }, (_, index) => value[index % value.length])),
      odd,
    );
  }
  if (isSchema(value) && Object.keys(value).length > 0) {
    const name = fc.constantFrom(...Object.keys(value));
    return fc.oneof(
      {
        weight: 4,
        arbitrary: name.chain((key) => bent(value[key]).map((item) => ({ ...value, [key]: item }))),
      },
      {
        weight: 2,
        arbitrary: name.map((key) =>
          Object.fromEntries(Object.entries(value).filter(([other]) => other !== key)),
        ),
      },
      { weight: 1, arbitrary: odd },
    );
  }
  return odd;
};

/** Values that nearly fit the schema: most are wrong in one place. */
export const nearly = (schema: JsonSchema): fc.Arbitrary<unknown> => fitting(schema).chain(bent);
