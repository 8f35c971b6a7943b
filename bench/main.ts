// SPDX-License-Identifier: MIT
/**
 * `npm run bench`: measures Signalbox beside its peers and writes the ratios into results.md.
 *
 * `--quick`: a tiny run that tells whether the bench works, and writes nothing. `--only a,b`: these stages alone; of the two
 * parts of the page, that of the cluster and that of all else, those are written that were measured whole.
 */
import { writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import { canPin } from "./child.ts";
import { sheetOf } from "./cluster/sheet.ts";
import { clusterPart, costsFile, resultsPage, scalePage, scalePicture, writePart } from "./pages.ts";
import { fullPlan, type Plan, quickPlan, type Stage, stages } from "./plan.ts";
import { report } from "./report.ts";
import { clusterReport } from "./report-cluster.ts";
import { runPlan } from "./run.ts";
import { measuredCosts } from "./scale/measured.ts";
import { usualGround, usualLoad, usualLoads } from "./scale/model.ts";
import { boundsPicture } from "./scale/picture.ts";
import { paperTables } from "./scale/tables.ts";

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
const write = (file: URL, part: string, text: string): void => {
  writePart(file, part, text);
  console.error(`written: ${file.pathname}`);
};
const complete = (stage: Stage): boolean => !values.quick && plan.stages.includes(stage);

const text = `${conditions}\n\n${report(plan, results)}`;
if (plan.stages.some((stage) => stage !== "cluster")) console.log(text);
if (stages.filter((stage) => stage !== "cluster").every(complete)) write(resultsPage, "", text);

if (results.cluster !== undefined) {
  const sheet = sheetOf(conditions, results.cluster);
  console.log(clusterReport(sheet));
  if (complete("cluster")) {
    writeFileSync(costsFile, `${JSON.stringify(sheet, undefined, 2)}\n`);
    write(resultsPage, clusterPart, clusterReport(sheet));
    write(scalePage, "", paperTables(sheet, usualLoads, usualGround));
    writeFileSync(scalePicture, boundsPicture(usualLoad, usualGround, measuredCosts(sheet)));
  }
}
