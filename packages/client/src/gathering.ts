// SPDX-License-Identifier: MIT
/** Waiting for the candidates of a description that must be complete (RFC 8838: half trickle). */
import type { Alarm } from "./alarm.ts";

/** With some candidates at hand, wait this long for more. Milliseconds. A STUN answer takes less, a dead server more. */
const patienceMs = 2_000;

/**
 * Resolves when gathering is over or has taken long enough; without any candidate, when there is one. Who stops the alarm
 * need not wait any longer.
 */
export const gathered = (pc: RTCPeerConnection, patience: Alarm, ms = patienceMs): Promise<void> =>
  new Promise((resolve) => {
    const check = () => {
      if (pc.iceGatheringState !== "complete" && (patience.pending || !hasCandidates(pc))) return;
      patience.stop();
      resolve();
    };
    patience.set(ms, check);
    pc.addEventListener("icegatheringstatechange", check);
    pc.addEventListener("icecandidate", check);
    check();
  });

export const hasCandidates = (pc: RTCPeerConnection): boolean =>
  /^a=candidate:/m.test(pc.localDescription?.sdp ?? "");
