// SPDX-License-Identifier: MIT
/**
 * `npm run chaos -- [--runs 10] [--faults 20] [--seed 1] [--lease 1000]`: the long form of chaos.test.ts. Each run is a cluster of
 * its own and draws its faults from its seed; a run that breaks a promise names the seed that shows it again.
 */
import { parseArgs } from "node:util";
import { chaos, happenings } from "./chaos.ts";
import { drawn } from "./stage.ts";

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10" },
    faults: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    lease: { type: "string", default: "1000" },
  },
});
const [runs, count, first] = [Number(values.runs), Number(values.faults), Number(values.seed)];
for (let seed = first; seed < first + runs; seed += 1) {
  const what = happenings(count, drawn(seed));
  const run = await chaos(seed, what, {
    leaseMs: Number(values.lease),
    say: (happening) => console.log(`  ${happening}`),
  });
  console.log(`seed ${seed}: every promise was kept. ${JSON.stringify(run)}`);
}
