// SPDX-License-Identifier: MIT
import type { Cancel, Clock, Millis } from "../ports.ts";

/** A clock that only moves when it is turned. */
export interface HandClock extends Clock {
  /** Turn it forward, ringing what falls due on the way, in order; what those set is rung too when it falls due by then. */
  advance(ms: Millis): void;
  /** Timers that are set. */
  readonly pending: number;
}

export const handClock = (start: Millis = 1_000_000): HandClock => {
  let now = start;
  let serial = 0;
  const timers = new Map<number, { readonly due: Millis; readonly run: () => void }>();
  const nextDue = (until: Millis) => {
    let found: { readonly id: number; readonly due: Millis; readonly run: () => void } | undefined;
    for (const [id, timer] of timers) {
      if (timer.due <= until && (found === undefined || timer.due < found.due)) found = { id, ...timer };
    }
    return found;
  };
  return {
    now: () => now,
    after(ms, run): Cancel {
      serial += 1;
      const id = serial;
      timers.set(id, { due: now + Math.max(0, ms), run });
      return () => {
        timers.delete(id);
      };
    },
    advance(ms) {
      const until = now + ms;
      for (let timer = nextDue(until); timer !== undefined; timer = nextDue(until)) {
        timers.delete(timer.id);
        now = Math.max(now, timer.due);
        timer.run();
      }
      now = until;
    },
    get pending() {
      return timers.size;
    },
  };
};
