// SPDX-License-Identifier: MIT
import { type LimitName, type LimitRow, type Limits, limitTable } from "@signalbox/core";
import { suggestion } from "./nearest.ts";
import { type Checked, expected, isProblem, type Reader } from "./readers.ts";

export type SomeLimits = Partial<Limits>;

const names = Object.keys(limitTable);
const isLimitName = (name: string): name is LimitName => Object.hasOwn(limitTable, name);
const row = (name: LimitName): LimitRow => limitTable[name];

/** What a timer can hold, and far more than any of the others needs. */
const most = 2 ** 31 - 1;

const one = (
  name: string,
  given: unknown,
  where: string,
  scope: "any" | "mount",
): Checked<readonly [LimitName, number]> => {
  if (!isLimitName(name))
    return { problem: `${where}: there is no limit ${JSON.stringify(name)}${suggestion(name, names)}` };
  if (scope === "mount" && row(name).scope !== "mount") {
    return { problem: `${where}: ${name} is one bound for the whole server, not for a mount` };
  }
  const number = typeof given === "string" && /^\d+$/.test(given) ? Number(given) : given;
  return typeof number === "number" && Number.isInteger(number) && number >= 1 && number <= most
    ? { value: [name, number] }
    : expected(`${where}: ${name}`, `a whole number from 1 to ${most} (${row(name).unit})`, given);
};

/** `name=value` as a command line has it, several of them, or the group of a file. */
export const limitsReader =
  (scope: "any" | "mount"): Reader<SomeLimits> =>
  (given, where) => {
    const pairs = pairsOf(given);
    if (pairs === undefined) return expected(where, "name=value", given);
    const limits: { [name in LimitName]?: number } = {};
    for (const [name, value] of pairs) {
      const checked = one(name, value, where, scope);
      if (isProblem(checked)) return checked;
      limits[checked.value[0]] = checked.value[1];
    }
    return { value: limits };
  };

const pairsOf = (given: unknown): readonly (readonly [string, unknown])[] | undefined => {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return Object.entries(given);
  const items: readonly unknown[] = Array.isArray(given) ? given : [given];
  const pairs = items.map((item) => (typeof item === "string" ? /^([^=]+)=(.*)$/.exec(item) : null));
  return pairs.every((pair) => pair !== null)
    ? pairs.map((pair) => [pair[1] ?? "", pair[2] ?? ""] as const)
    : undefined;
};
