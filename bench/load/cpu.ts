// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";

/**
 * Time all threads of a process have had on a core, in seconds; undefined where the system does not tell.
 * Linux, proc(5): the first field of `schedstat`, in nanoseconds.
 */
export const cpuSeconds = (pid: number): number | undefined => {
  try {
    let nanoseconds = 0;
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "latin1").split(" ", 1)[0]);
    }
    return nanoseconds / 1e9;
  } catch {
    return undefined;
  }
};

const lookMs = 40;
const looksMax = 100;
/** Part of the time that a process with nothing to do may still spend. */
const idleShare = 0.05;

/** Waits until a process has nothing to do any more, at most 4 s. */
export const quiet = async (pid: number): Promise<void> => {
  let before = cpuSeconds(pid) ?? 0;
  for (let look = 0; look < looksMax; look += 1) {
    await after(lookMs);
    const now = cpuSeconds(pid) ?? 0;
    if (now - before < (idleShare * lookMs) / 1000) return;
    before = now;
  }
};
