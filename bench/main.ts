// SPDX-License-Identifier: MIT
/**
 * `npm run bench`: measures Signalbox beside its peers and writes the ratios into results.md.
 *
 * `--quick`: a tiny run that tells whether the bench works, and writes nothing. `--only a,b`: these stages alone, and
 * writes nothing either.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { canPin } from "./child.ts";
import { fullPlan, type Plan, quickPlan, type Stage, stages } from "./plan.ts";
import { report } from "./report.ts";
import { runPlan } from "./run.ts";

const begin = "<!-- begin: written by `npm run bench` -->";
const end = "<!-- end: written by `npm run bench` -->";

const planOf = (quick: boolean, only: string | undefined): Plan | undefined => {
  const plan = quick ? quickPlan : fullPlan;
  if (only === undefined) return plan;
  const names = only.split(",");
  const wanted = stages.filter((stage) => names.includes(stage));
  return wanted.length === names.length ? { ...plan, stages: wanted } : undefined;
};

const machine = (): string => {
  const [cpu] = cpus();
  const pinned = canPin()
    ? "server and load each kept on a core of its own"
    : "**processes not kept on cores of their own here: the ratios are worth less**";
  return `Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} cores of ${cpu?.model.trim() ?? "an unknown kind"}, ${Math.round(totalmem() / 2 ** 30)} GiB; ${pinned}. Before the run the system's load was ${(loadavg()[0] ?? 0).toFixed(1)}.`;
};

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, only: { type: "string" } },
});
const plan = planOf(values.quick, values.only);
if (plan === undefined) {
  console.error(`--only takes some of: ${stages.join(", ")}`);
  process.exit(2);
}

const conditions = machine();
const results = await runPlan(plan, (line) => console.error(line));
const text = `${conditions}\n\n${report(plan, results)}`;
console.log(text);

const complete = (stage: Stage): boolean => plan.stages.includes(stage);
if (!values.quick && stages.every(complete)) {
  const file = new URL("./results.md", import.meta.url);
  const page = readFileSync(file, "utf8");
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error("results.md has no place for results");
  writeFileSync(file, `${page.slice(0, from + begin.length)}\n\n${text}\n${page.slice(to)}`);
  console.error("written: bench/results.md");
}
