// SPDX-License-Identifier: MIT
/** ICE restarts for a call that was connected and is not any more. */
import { createAlarm } from "./alarm.ts";
import type { Clock } from "./clock.ts";

/** `disconnected` often mends itself. Milliseconds. 5 s: what browsers take for the second half of a short outage. */
const patienceMs = 5_000;
/** The polite side lets the other offer first. Milliseconds. */
const yieldMs = 1_000;
/** Wait after the first restart; it doubles up to the longest. Milliseconds. */
const firstMs = 2_000;
const longestMs = 16_000;
/** Then the path counts as lost. Milliseconds. A minute: a train through a tunnel. */
export const recoverMs = 60_000;

/**
 * The same where nothing can be offered anew: some stacks leave a path at `disconnected` that will not come back.
 * Milliseconds. 30 s: then the consent to send to it has expired (RFC 7675).
 */
export const lostMs = 30_000;

export interface RecoveryHooks {
  /** Does the peer's protocol know restarts? */
  readonly possible: boolean;
  /** Can an offer reach the peer now? */
  reachable(): boolean;
  polite(): boolean;
  restart(): void;
  /** It was not possible, or took too long. */
  gaveUp(): void;
}

export interface Recovery {
  connected(): void;
  broken(how: "disconnected" | "failed"): void;
  /** The line is there again: whatever was due is due now. */
  lineBack(): void;
  stop(): void;
}

export const createRecovery = (clock: Clock, hooks: RecoveryHooks): Recovery => {
  let tries = 0;
  const next = createAlarm(clock);
  const last = createAlarm(clock);
  const stop = () => {
    next.stop();
    last.stop();
  };
  const backoff = () => (tries === 0 ? 0 : Math.min(longestMs, firstMs * 2 ** (tries - 1)));
  const attempt = () => {
    if (hooks.reachable()) {
      tries += 1;
      hooks.restart();
    }
    next.set(Math.max(firstMs, backoff()), attempt);
  };
  return {
    connected() {
      stop();
      tries = 0;
    },
    broken(how) {
      if (!hooks.possible) {
        if (how === "failed") return hooks.gaveUp();
        if (!last.pending) last.set(lostMs, hooks.gaveUp);
        return;
      }
      if (!last.pending) last.set(recoverMs, hooks.gaveUp);
      if (how === "disconnected" && next.pending) return;
      const wait = Math.max(backoff(), how === "failed" ? 0 : patienceMs);
      next.set(wait + (hooks.polite() ? yieldMs : 0), attempt);
    },
    lineBack() {
      if (next.pending) next.set(0, attempt);
    },
    stop,
  };
};
