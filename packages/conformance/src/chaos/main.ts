// SPDX-License-Identifier: MIT
/**
 * `npm run chaos -- [--runs 10] [--faults 20] [--seed 1] [--lease 1000]`: the long form of chaos.test.ts. Each run is a cluster of
 * its own and draws its faults from its seed; a run that breaks a promise names the seed that shows it again.
 * `npm run chaos -- --drops 10000 [--seed 1]`: that of drops.test.ts. With `--doors` PeerNet's devices and knockers are there instead of peers.
 */
import { parseArgs } from "node:util";
import { chaos, happenings } from "./chaos.ts";
import { doors } from "./doors.ts";
import { drops } from "./drops.ts";
import { drawn } from "./stage.ts";

/** What is promised at the default lease of 10 s (`--lease 10000`), and twice what follows from it: a lease, a renewal, a sweep. */
const goneWithinMs = 30_000;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10" },
    faults: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    lease: { type: "string", default: "1000" },
    drops: { type: "string" },
    doors: { type: "boolean", default: false },
  },
});
const [runs, count, first] = [Number(values.runs), Number(values.faults), Number(values.seed)];
const many = async (): Promise<void> => {
  for (let seed = first; seed < first + runs; seed += 1) {
    const options = {
      leaseMs: Number(values.lease),
      say: (happening: string) => console.log(`  ${happening}`),
    };
    const what = happenings(count, drawn(seed));
    const run = values.doors
      ? await doors(
          seed,
          what.map(([fault]) => fault),
          options,
        )
      : await chaos(seed, what, options);
    console.log(`seed ${seed}: every promise was kept. ${JSON.stringify(run)}`);
    if ("goneMs" in run && run.goneMs > goneWithinMs) throw new Error(`gone after ${run.goneMs} ms only`);
  }
};
if (values.drops !== undefined) {
  const run = await drops(first, Number(values.drops));
  console.log(`seed ${first}: every promise was kept. ${JSON.stringify(run)}`);
} else await many();
