// SPDX-License-Identifier: MIT
/** Why something asked of this library did not happen. */

import { defined } from "./defined.ts";

/** What this side finds out by itself. The server's refusals keep the codes of its own catalogue. */
export const failures = {
  "no-websocket": "There is no WebSocket here: pass one.",
  "no-webrtc": "There is no RTCPeerConnection here: pass one.",
  "server-unreachable": "No line opened: wrong address, server down, or origin refused.",
  "no-welcome": "The server did not answer in time.",
  "signaling-lost": "The line to the server is lost.",
  "session-lost": "The server forgot this session; this may or may not be done.",
  "receipt-lost": "The answer was lost; this may or may not be done.",
  "queue-full": "Too much waits for the line.",
  "too-large": "The server takes no frame that large.",
  closed: "The session is closed.",
  left: "The room is left.",
} as const;

export type FailureCode = keyof typeof failures;

interface Told {
  readonly code: string;
  readonly sentence: string;
  readonly retry: boolean;
  readonly retryAfterMs?: number;
  readonly fix?: string;
}

/** An expected "no". `message` is a sentence for people. */
export class SignalboxError extends Error {
  override readonly name: string = "SignalboxError";
  /** One of `failures`, a verdict code of a call, or a code of the server's catalogue (docs/refusals.md). */
  declare readonly code: string;
  /** Can the same succeed later, unchanged? */
  declare readonly retry: boolean;
  /** When, where that is known. Milliseconds from now. */
  declare readonly retryAfterMs?: number;
  /** What to do about it, where that is known. */
  declare readonly fix?: string;

  constructor({ code, sentence, retry, retryAfterMs, fix }: Told) {
    super(sentence);
    Object.assign(this, defined({ code, retry, retryAfterMs, fix }));
  }
}

const comesBack: readonly FailureCode[] = [
  "server-unreachable",
  "no-welcome",
  "signaling-lost",
  "queue-full",
];

export const failure = (code: FailureCode): SignalboxError =>
  new SignalboxError({ code, sentence: failures[code], retry: comesBack.includes(code) });

/** What an error of whatever kind says. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
