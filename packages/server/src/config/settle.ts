// SPDX-License-Identifier: MIT
import { type OptionKey, type OptionTable, type Settings, verbosities } from "./options.ts";
import { type Checked, isProblem } from "./readers.ts";
import { checkVerbosity, type Source } from "./sources.ts";

/**
 * Checks every value of every source, and lets the source of highest rank decide each option by itself; of limits each
 * one by itself, of the four verbosities all of them together. `sources`: highest first.
 */
export const settle = (table: OptionTable, sources: readonly Source[]): Checked<Settings> => {
  const settled = new Map<OptionKey, unknown>();
  for (const source of [...sources].reverse()) {
    const checked = checkVerbosity(source);
    if (isProblem(checked)) return checked;
    if (verbosities.some((key) => source.has(key))) for (const key of verbosities) settled.delete(key);
    for (const [key, { given, where }] of source) {
      const one = table[key].read(given, where);
      if (isProblem(one)) return one;
      settled.set(key, key === "limits" ? { ...Object(settled.get(key)), ...Object(one.value) } : one.value);
    }
  }
  return { value: Object.fromEntries(settled) };
};
