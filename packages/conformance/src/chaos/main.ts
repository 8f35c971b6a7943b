// SPDX-License-Identifier: MIT
/**
 * `npm run chaos -- [--runs 10] [--faults 20] [--seed 1]`: the long form of chaos.test.ts. Each run is a cluster of its own
 * and draws its faults from its seed; a run that breaks a promise names the seed that shows it again.
 */
import { parseArgs } from "node:util";
import { chaos, drawn, faults } from "./chaos.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10" },
    faults: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
  },
});
const [runs, count, first] = [Number(values.runs), Number(values.faults), Number(values.seed)];
for (let seed = first; seed < first + runs; seed += 1) {
  const draw = drawn(seed);
  const what = Array.from(
    { length: count },
    () => faults[Math.floor(draw() * faults.length)] ?? "lines break",
  );
  const run = await chaos(seed, what, (fault) => console.log(`  ${fault}`));
  console.log(`seed ${seed}: every promise was kept. ${JSON.stringify(run)}`);
}
