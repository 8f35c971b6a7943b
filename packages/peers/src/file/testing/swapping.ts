// SPDX-License-Identifier: MIT
/** A thread that swaps two names, over and over, until it is told to end: started with `{ folder, names, stop }`. */
import { renameSync } from "node:fs";
import { join } from "node:path";
import { workerData } from "node:worker_threads";

const { folder, names, stop } = workerData as {
  readonly folder: string;
  readonly names: readonly [string, string];
  readonly stop: SharedArrayBuffer;
};
const [door, other, aside] = [join(folder, names[0]), join(folder, names[1]), join(folder, "aside")];
const flag = new Int32Array(stop);
while (Atomics.load(flag, 0) === 0) {
  renameSync(door, aside);
  renameSync(other, door);
  renameSync(door, other);
  renameSync(aside, door);
}
