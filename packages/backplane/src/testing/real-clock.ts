// SPDX-License-Identifier: MIT
import type { Clock } from "@signalbox/core";

/** Real time, for what waits for another process. */
export const realClock: Clock = {
  now: () => Math.floor(performance.now()),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
