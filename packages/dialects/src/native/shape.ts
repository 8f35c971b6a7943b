// SPDX-License-Identifier: MIT
/**
 * Shapes of JSON values. Each one is at once a check that names the first thing wrong, a TypeScript type, and a
 * JSON Schema (2020-12): the specification and the check of a frame cannot drift apart. Fields a shape does not
 * name are allowed, in the check and in the schema.
 */

/** A JSON Schema document or a part of one. */
export type JsonSchema = { readonly [keyword: string]: unknown };

export interface Shape<T> {
  readonly schema: JsonSchema;
  /**
   * The first problem, as `<json pointer> <what is expected>`, or undefined where the value has this shape. Pointers begin
   * here: whoever holds the value puts the way to it in front, so that a value without problems costs no text.
   */
  problem(value: unknown): string | undefined;
  /** Never set: carries the type. */
  readonly type?: T;
}

export type Static<S> = S extends Shape<infer T> ? T : never;

/** A field that may be absent. */
export interface Optional<T> {
  readonly optional: Shape<T>;
}

export const string = (
  keywords: { minLength?: number; maxLength?: number; pattern?: string } = {},
): Shape<string> => {
  const { minLength = 0, maxLength = Number.POSITIVE_INFINITY, pattern } = keywords;
  const expression = pattern === undefined ? undefined : new RegExp(pattern, "u");
  const expected = `must be a string${minLength > 0 ? ` of at least ${minLength}` : ""}${
    maxLength < Number.POSITIVE_INFINITY
      ? `${minLength > 0 ? " and" : " of"} at most ${maxLength} characters`
      : ""
  }${pattern === undefined ? "" : ` matching ${pattern}`}`;
  return {
    schema: { type: "string", ...keywords },
    problem(value) {
      if (typeof value !== "string") return ` ${expected}`;
      // JSON Schema counts code points; only a string that is near a bound has to be counted.
      if (value.length < minLength || (value.length > maxLength && [...value].length > maxLength))
        return ` ${expected}`;
      if (minLength > 1 && [...value].length < minLength) return ` ${expected}`;
      return expression === undefined || expression.test(value) ? undefined : ` ${expected}`;
    },
  };
};

export const integer = (minimum: number, maximum: number): Shape<number> => ({
  schema: { type: "integer", minimum, maximum },
  problem: (value) =>
    Number.isInteger(value) && (value as number) >= minimum && (value as number) <= maximum
      ? undefined
      : ` must be an integer from ${minimum} to ${maximum}`,
});

export const boolean: Shape<boolean> = {
  schema: { type: "boolean" },
  problem: (value) => (typeof value === "boolean" ? undefined : " must be true or false"),
};

/** Any JSON value. */
export const anything: Shape<unknown> = { schema: {}, problem: () => undefined };

export const literal = <const T extends string | number | boolean>(value: T): Shape<T> => ({
  schema: { const: value },
  problem: (given) => (given === value ? undefined : ` must be ${JSON.stringify(value)}`),
});

export const oneOf = <const T extends readonly string[]>(...values: T): Shape<T[number]> => ({
  schema: { enum: values },
  problem: (given) =>
    values.some((value) => value === given) ? undefined : ` must be one of ${values.join(", ")}`,
});

/** `null`, or the shape. */
export const nullable = <T>(shape: Shape<T>): Shape<T | null> => ({
  schema: { anyOf: [{ type: "null" }, shape.schema] },
  problem: (value) => (value === null ? undefined : shape.problem(value)),
});

export const array = <T>(items: Shape<T>, maxItems: number): Shape<readonly T[]> => ({
  schema: { type: "array", items: items.schema, maxItems },
  problem(value) {
    if (!Array.isArray(value)) return " must be an array";
    if (value.length > maxItems) return ` must have at most ${maxItems} items`;
    for (let index = 0; index < value.length; index += 1) {
      const problem = items.problem(value[index]);
      if (problem !== undefined) return `/${index}${problem}`;
    }
    return undefined;
  },
});

/** An object used as a map from strings. */
export const record = <T>(values: Shape<T>, maxProperties: number): Shape<{ readonly [key: string]: T }> => ({
  schema: { type: "object", additionalProperties: values.schema, maxProperties },
  problem(value) {
    if (!isObject(value)) return " must be an object";
    const entries = Object.entries(value);
    if (entries.length > maxProperties) return ` must have at most ${maxProperties} entries`;
    for (const [key, item] of entries) {
      const problem = values.problem(item);
      if (problem !== undefined) return `/${key}${problem}`;
    }
    return undefined;
  },
});

/** Marks a field of an object as one that may be absent. */
export const optional = <T>(shape: Shape<T>): Optional<T> => ({ optional: shape });

type Fields = { readonly [name: string]: Shape<unknown> | Optional<unknown> };
type RequiredNames<F> = { [N in keyof F]: F[N] extends Optional<unknown> ? never : N }[keyof F];
type OptionalNames<F> = { [N in keyof F]: F[N] extends Optional<unknown> ? N : never }[keyof F];
type Flat<T> = { [K in keyof T]: T[K] };
export type ObjectOf<F> = Flat<
  { readonly [N in RequiredNames<F>]: Static<F[N]> } & {
    readonly [N in OptionalNames<F>]?: F[N] extends Optional<infer T> ? T : never;
  }
>;

const isOptional = (field: Shape<unknown> | Optional<unknown>): field is Optional<unknown> =>
  "optional" in field;

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const object = <const F extends Fields>(
  fields: F,
  description?: string,
): Shape<ObjectOf<F>> & { readonly fields: F } => {
  const checks = Object.entries(fields).map(([name, field]) => ({
    name,
    required: !isOptional(field),
    shape: isOptional(field) ? field.optional : field,
  }));
  const required = checks.filter((check) => check.required).map((check) => check.name);
  return {
    fields,
    schema: {
      type: "object",
      ...(description === undefined ? {} : { description }),
      properties: Object.fromEntries(checks.map((check) => [check.name, check.shape.schema])),
      ...(required.length === 0 ? {} : { required }),
    },
    problem(value) {
      if (!isObject(value)) return " must be an object";
      for (const check of checks) {
        const item = Object.hasOwn(value, check.name) ? value[check.name] : undefined;
        if (item === undefined) {
          if (check.required) return `/${check.name} is missing`;
          continue;
        }
        const problem = check.shape.problem(item);
        if (problem !== undefined) return `/${check.name}${problem}`;
      }
      return undefined;
    },
  };
};

type Variants = { readonly [tag: string]: Shape<unknown> };

/** One of several objects, told apart by the string in the field `tag`. */
export const tagged = <const V extends Variants>(
  tag: string,
  variants: V,
): Shape<Static<V[keyof V]>> & { readonly variants: V } => {
  const table = new Map(Object.entries(variants));
  return {
    variants,
    schema: { oneOf: Object.values(variants).map((variant) => variant.schema) },
    problem(value) {
      if (!isObject(value)) return " must be an object";
      const name = Object.hasOwn(value, tag) ? value[tag] : undefined;
      const variant = typeof name === "string" ? table.get(name) : undefined;
      if (variant === undefined) return `/${tag} must be one of ${[...table.keys()].join(", ")}`;
      return variant.problem(value);
    },
  };
};

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

/** The one place where an unknown becomes a known. */
export const parse = <T>(shape: Shape<T>, value: unknown): Parsed<T> => {
  const problem = shape.problem(value);
  if (problem === undefined) return { ok: true, value: value as T };
  return { ok: false, problem: problem.startsWith("/") ? problem : `/${problem}` };
};
