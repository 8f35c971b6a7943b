// SPDX-License-Identifier: MIT
import type { Cancel, Clock, Millis } from "@signalbox/core";

/** Runs something after so long, unless it is cancelled. In two steps: a process that stood still first reads what came meanwhile. */
export const afterPatience = (clock: Clock, ms: Millis, run: () => void): Cancel => {
  let cancel = clock.after(ms / 2, () => {
    cancel = clock.after(ms / 2, run);
  });
  return () => cancel();
};

/** What it comes to, or what stands in for it where that takes longer. */
export const within = async <Result>(
  clock: Clock,
  ms: Millis,
  run: () => Promise<Result>,
  otherwise: Result,
): Promise<Result> => {
  let cancel: Cancel = () => {};
  const late = new Promise<Result>((resolve) => {
    cancel = clock.after(ms, () => resolve(otherwise));
  });
  try {
    return await Promise.race([run(), late]);
  } finally {
    cancel();
  }
};
