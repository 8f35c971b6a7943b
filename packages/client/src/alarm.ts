// SPDX-License-Identifier: MIT
import type { Cancel, Clock } from "./clock.ts";

/** One timer that is set, set anew and stopped. */
export interface Alarm {
  readonly pending: boolean;
  /** Rings once, in place of whatever was set before. */
  set(ms: number, ring: () => void): void;
  stop(): void;
}

export const createAlarm = (clock: Clock): Alarm => {
  let cancel: Cancel | undefined;
  const stop = () => {
    cancel?.();
    cancel = undefined;
  };
  return {
    get pending() {
      return cancel !== undefined;
    },
    set(ms, ring) {
      stop();
      cancel = clock.after(ms, () => {
        cancel = undefined;
        ring();
      });
    },
    stop,
  };
};
