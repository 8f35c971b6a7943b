// SPDX-License-Identifier: MIT
/** Why something asked of a PeerNet server did not happen. */
import { defined } from "../defined.ts";

/** What this side finds out by itself. What the server refuses keeps the server's own reason, in capitals. */
export const peerNetFailures = {
  "no-webrtc": "There is no RTCPeerConnection here: pass one.",
  unreachable: "The server cannot be reached.",
  unreadable: "What answers there is no PeerNet server.",
  rejected: "The device refused.",
  unanswered: "The device did not answer in time.",
  "no-connection": "The device answered, and no direct connection came about.",
} as const;

export type PeerNetFailure = keyof typeof peerNetFailures;

interface Told {
  readonly reason: string;
  readonly sentence: string;
  readonly retry: boolean;
  readonly status?: number;
  readonly retryAfterMs?: number;
}

/** An expected "no". `message` is a sentence for people. */
export class PeerNetError extends Error {
  override readonly name: string = "PeerNetError";
  /** One of `peerNetFailures`, or a reason of the server such as `NOT_FOUND` (docs/peernet.md). */
  declare readonly reason: string;
  /** Can the same succeed later, unchanged? */
  declare readonly retry: boolean;
  /** HTTP status, where the server refused. */
  declare readonly status?: number;
  /** When to try again, where that is known. Milliseconds from now. */
  declare readonly retryAfterMs?: number;

  constructor({ reason, sentence, retry, status, retryAfterMs }: Told) {
    super(sentence);
    Object.assign(this, defined({ reason, retry, status, retryAfterMs }));
  }
}

const comesBack: readonly PeerNetFailure[] = ["unreachable", "unanswered", "no-connection"];

/** `detail` is what is known beyond the sentence: the device's own reason, the text of an error. */
export const failed = (reason: PeerNetFailure, detail?: string): PeerNetError =>
  new PeerNetError({
    reason,
    sentence:
      detail === undefined || detail === ""
        ? peerNetFailures[reason]
        : `${peerNetFailures[reason]} ${detail}`,
    retry: comesBack.includes(reason),
  });
