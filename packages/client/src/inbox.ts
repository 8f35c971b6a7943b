// SPDX-License-Identifier: MIT
/** Frames from the server: each is taken once and acknowledged. */
import { createAlarm } from "./alarm.ts";
import type { Clock } from "./clock.ts";

/** Acknowledge at least every so many frames, and at least so often: what the protocol asks for. */
const framesMax = 32;
const waitMs = 1_000;

export interface Inbox {
  /** Is this frame new? It is acknowledged at once where it says so, else soon. */
  take(seq: number, atOnce: boolean): boolean;
  /** Number of the last frame taken, which some frame about to be written will tell. */
  tell(): number;
  /** The line is gone, or the session: whatever comes next tells the number, or counts anew. */
  stop(): void;
}

/** `acknowledge` writes the number told to the server. */
export const createInbox = (clock: Clock, acknowledge: (seen: number) => void): Inbox => {
  let seen = 0;
  let untold = 0;
  const soon = createAlarm(clock);
  const tell = () => {
    soon.stop();
    untold = 0;
    return seen;
  };
  return {
    take(seq, atOnce) {
      if (seq <= seen) return false;
      seen = seq;
      untold += 1;
      if (atOnce || untold >= framesMax) acknowledge(tell());
      else if (!soon.pending) soon.set(waitMs, () => acknowledge(tell()));
      return true;
    },
    tell,
    stop: soon.stop,
  };
};
