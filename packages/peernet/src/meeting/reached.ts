// SPDX-License-Identifier: MIT
import type { Clock } from "@signalbox/core";
import { type Abort, type RegistryGround, StoreAway } from "@signalbox/core/registry";

/** Between two attempts to reach a store that is away. Milliseconds. */
const againMs = 1_000;

/** Settles after so long, or when `abort` is. */
const pause = (clock: Clock, ms: number, abort: Abort): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      cancel();
      abort.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    abort.addEventListener("abort", done);
    if (abort.aborted) done();
  });

/**
 * Runs it, again and again while the store is away, until `abort` or a moment (milliseconds since 1970) after which it is of
 * no use any more. Whatever else fails, fails at once.
 */
export const reached = async <Result>(
  ground: RegistryGround,
  abort: Abort,
  until: number,
  run: () => Promise<Result>,
): Promise<Result> => {
  for (;;) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof StoreAway) || abort.aborted || ground.wallNow() >= until) throw error;
      await pause(ground.clock, againMs, abort);
    }
  }
};
