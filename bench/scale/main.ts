// SPDX-License-Identifier: MIT
/**
 * `npm run scale -- --peers 5e6 --sessionMinutes 10`: what that takes, from bench/costs.json. Every number of the load and of
 * the ground can be given under its name.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { CostSheet } from "../cluster/sheet.ts";
import { measuredCosts } from "./measured.ts";
import { type Ground, type Load, usualGround, usualLoad } from "./model.ts";
import { needsTable } from "./tables.ts";

const names = [...Object.keys(usualLoad), ...Object.keys(usualGround)];
const { values } = parseArgs({
  options: Object.fromEntries(names.map((name) => [name, { type: "string" as const }])),
});
for (const [name, value] of Object.entries(values)) {
  if (Number(value) > 0) continue;
  console.error(`--${name}: must be a number above 0`);
  process.exit(2);
}
/** The usual numbers, with those that were given. */
const given = <Numbers extends Load | Ground>(usual: Numbers): Numbers =>
  Object.fromEntries(
    Object.entries(usual).map(([name, number]) => [name, Number(values[name] ?? number)]),
  ) as unknown as Numbers;

const load = given(usualLoad);
const ground = given(usualGround);
// Written by the bench.
const sheet: CostSheet = JSON.parse(readFileSync(new URL("../costs.json", import.meta.url), "utf8"));
for (const [name, number] of Object.entries({ ...load, ...ground })) console.log(`${name} ${number}`);
console.log(`\n${needsTable([load], ground, measuredCosts(sheet))}`);
