// SPDX-License-Identifier: MIT
import type { Clock, Millis } from "@signalbox/core";

export interface ServerClock {
  /** What the server's clock says now, as near as its answers tell. Milliseconds since 1970. */
  now(): Millis;
  /** The server said its time in an answer to a question of that moment, by this process's clock. Both in milliseconds. */
  heard(serverTime: Millis, asked: Millis): void;
}

/**
 * The clock of Redis, which all nodes share: so they agree on when something ends however their own clocks are set. It goes on
 * by this process's clock, and is put right where an answer shows that it cannot be so: it read its time after it was asked
 * and before it answered. So a slow answer moves nothing.
 */
export const createServerClock = (clock: Clock): ServerClock => {
  let aheadMs: number | undefined;
  return {
    now: () => Math.floor(clock.now() + (aheadMs ?? 0)),
    heard(serverTime, asked) {
      // Both clocks tell whole milliseconds: either may be further on by almost one.
      const least = serverTime - clock.now() - 1;
      const most = serverTime + 1 - asked;
      aheadMs = aheadMs === undefined ? (least + most) / 2 : Math.min(most, Math.max(least, aheadMs));
    },
  };
};
