// SPDX-License-Identifier: MIT
/**
 * Finds lines that never got to the point and lines whose other end is gone. One timer for all of them: each turn looks at
 * every line, which costs far less than a timer apiece.
 */
import { type Clock, type Dialect, type Millis, refusal, type Stop } from "@signalbox/core";
import type { SocketPort } from "./socket-port.ts";

/** Looks per shortest bound: what falls due is found late by at most this part of it. */
const looksPerBound = 4;
/** Never look more often than this, whatever the bounds are. Milliseconds. */
const lookEveryMsMin = 20;

/** How often to look, for these dialects. Milliseconds. */
export const lookEveryMs = (dialects: readonly Dialect[]): Millis =>
  Math.max(
    lookEveryMsMin,
    Math.min(
      ...dialects.flatMap(({ limits }) => [limits.silentMs, limits.pingEveryMs, limits.pongWithinMs]),
    ) / looksPerBound,
  );

export const watchLiveness = (
  ports: ReadonlySet<SocketPort>,
  dialects: readonly Dialect[],
  clock: Clock,
): Stop => {
  const everyMs = lookEveryMs(dialects);
  let cancel = clock.after(everyMs, turn);
  function turn(): void {
    const now = clock.now();
    for (const port of ports) look(port, now);
    cancel = clock.after(everyMs, turn);
  }
  return () => cancel();
};

const look = (port: SocketPort, now: Millis): void => {
  const { limits } = port.dialect;
  if (port.seenAt < 0) port.seenAt = now;
  // While reading is paused no answer can be seen: the time does not count.
  if (port.heard || port.socket.isPaused) {
    port.heard = false;
    port.heardAt = now;
    port.pingedAt = -1;
  }
  if (port.closing) return;
  if (port.line?.settled === false && now - port.seenAt >= limits.silentMs) {
    port.refuse(refusal("silent"));
  } else if (port.pingedAt >= 0) {
    if (now - port.pingedAt >= limits.pongWithinMs) port.refuse(refusal("unresponsive"));
  } else if (now - port.heardAt >= limits.pingEveryMs) {
    port.pingedAt = now;
    port.ping();
  }
};
