// SPDX-License-Identifier: MIT
/** Readings as lines of text: what other programs print, on standard input or into a file that grows. */
import { type Quantity, type Reading, type Values, valueMax } from "./wire.ts";

export interface BadLine {
  readonly problem: string;
}

const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const fromObject = (line: string): { readonly [key: string]: unknown } | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

/** Milliseconds since the epoch, or a date as RFC 3339 has it. */
const timeIn = (value: unknown): number | undefined => {
  const time = typeof value === "string" && /^\d{4}-/.test(value) ? Date.parse(value) : Number(value);
  return Number.isFinite(time) && time >= 0 ? Math.trunc(time) : undefined;
};

const fieldsOf = (
  line: string,
  quantities: readonly Quantity[],
): { readonly [key: string]: unknown } | undefined => {
  if (line.startsWith("{")) return fromObject(line);
  const words = line.split(/[\s,;]+/).filter((word) => word !== "");
  if (words.every((word) => word.includes("="))) {
    return Object.fromEntries(words.map((word) => word.split("=", 2)));
  }
  // Numbers only: in the order in which the quantities were named.
  if (words.length > quantities.length) return undefined;
  return Object.fromEntries(words.map((word, index) => [quantities[index]?.id ?? "", word]));
};

/**
 * One reading of `{"temperature": 21.4}`, `temperature=21.4 humidity=48` or `21.4 48`; the first two may have a time `at`.
 * Undefined for an empty line and for a comment, which begins with `#`.
 */
export const readingIn = (
  text: string,
  quantities: readonly Quantity[],
  now: number,
): Reading | BadLine | undefined => {
  const line = text.trim();
  if (line === "" || line.startsWith("#")) return undefined;
  const fields = fieldsOf(line, quantities);
  if (fields === undefined) return { problem: "is neither a JSON object, nor name=value pairs, nor numbers" };
  const { at: given, ...rest } = fields;
  const at = given === undefined ? now : timeIn(given);
  if (at === undefined) return { problem: "has a time that is none" };
  const values: { [quantity: string]: number } = {};
  for (const [id, value] of Object.entries(rest)) {
    if (!quantities.some((quantity) => quantity.id === id)) {
      return { problem: `has ${JSON.stringify(id.slice(0, 32))}, which is no quantity of this sensor` };
    }
    const number = typeof value === "string" && value !== "" ? Number(value) : value;
    if (typeof number !== "number" || !(Math.abs(number) <= valueMax)) {
      return { problem: `has no number for ${id}` };
    }
    values[id] = number;
  }
  if (Object.keys(values).length === 0) return { problem: "has no value" };
  return { at, values: values satisfies Values };
};

/** Longest line that is read. Characters. What is longer is skipped. */
export const lineLengthMax = 4_096;

/** Cuts pieces of text into lines. A line that is too long is given as it begins, once, and skipped to its end. */
export const lineCutter = (take: (line: string) => void): { write(text: string): void; end(): void } => {
  let held = "";
  let skipping = false;
  return {
    write(text) {
      const lines = text.split("\n");
      for (const [index, piece] of lines.entries()) {
        const ends = index < lines.length - 1;
        if (!skipping) {
          held += piece;
          if (held.length > lineLengthMax) {
            take(held.slice(0, lineLengthMax));
            held = "";
            skipping = true;
          } else if (ends) {
            take(held);
            held = "";
          }
        }
        if (ends) skipping = false;
      }
    },
    end() {
      if (held !== "") take(held);
      held = "";
    },
  };
};
