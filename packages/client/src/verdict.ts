// SPDX-License-Identifier: MIT
/**
 * What can be said of a call, in one table: docs/client.md is checked against it by a test, and each row is forced by
 * one. Nothing is claimed that this side does not know.
 */
import { defined } from "./defined.ts";
import { SignalboxError } from "./failure.ts";

interface Row {
  readonly sentence: string;
  /** What to do. Empty where there is nothing to mend. */
  readonly fix: string;
}

const again = "Call again when it is back.";

const row = (sentence: string, fix = ""): Row => ({ sentence, fix });

export const verdicts = {
  connected: row("The call is connected."),
  connecting: row("The call is answered; a path is looked for."),
  ringing: row("The peer waits for an answer.", "Accept or reject the call."),
  "waiting-for-answer": row("There is no answer yet."),
  interrupted: row("The path broke; a new one is looked for."),
  "nothing-offered": row("Nothing was added to the call.", "Add a track or a data channel."),
  "target-unknown": row("Nobody with that id is in the room.", "Check the id and the room."),
  "target-offline-queued": row("The peer's line is broken; the offer waits for it."),
  "target-offline": row("The peer's line is broken, and it did not come back.", again),
  "peer-left": row("The peer left before the call was answered.", again),
  "never-answered": row("No answer came in time.", "See that the peer listens for calls."),
  "rejected-by-peer": row("The peer did not take the call."),
  "answered-elsewhere": row("Another peer with that id took the call."),
  "hung-up-by-peer": row("The peer ended the call."),
  "hung-up-here": row("The call was ended here."),
  "media-mismatch": row("The peer takes no kind that was offered.", "Offer a kind that its traits name."),
  "description-refused": row("A description could not be made or applied.", "See the detail."),
  "no-candidates-gathered": row(
    "This device found no address to offer.",
    "Check that WebRTC may use its network.",
  ),
  "turn-unusable": row(
    "Only relayed paths are allowed, and TURN gave none.",
    "Check the TURN server's address and credentials.",
  ),
  "peer-without-candidates": row("The peer gave no address.", "Check its network and its TURN server."),
  "ice-failed": row(
    "Both sides have addresses, but no path works.",
    "Offer a TURN server: a firewall or NAT is in between.",
  ),
  "dtls-failed": row(
    "There is a path, but no encryption could be agreed.",
    "A description was altered, or another answers for the peer.",
  ),
  "path-lost": row("The path broke, and no other was found.", "Check both networks; offer a TURN server."),
  "signaling-lost": row("The line to the server is lost.", "Check the network: the line is tried again."),
  "credential-refused": row("The server did not let this peer in.", "Connect with a fresh credential."),
  refused: row("The server did not pass the call on.", "See the detail."),
} as const satisfies { readonly [code: string]: Row };

export type VerdictCode = keyof typeof verdicts;

export interface Verdict {
  readonly code: VerdictCode;
  /** One sentence for people. */
  readonly sentence: string;
  /** What to do about it; empty where there is nothing to mend. */
  readonly fix: string;
  /** What the sentence cannot know: the reason the peer gave, the refusal, the error of the stack. */
  readonly detail?: string;
}

export const verdict = (code: VerdictCode, detail?: string): Verdict =>
  defined({ code, ...verdicts[code], detail });

/** Another call would end the same way, unless something is changed first. */
const lasting: readonly VerdictCode[] = [
  "nothing-offered",
  "answered-elsewhere",
  "media-mismatch",
  "description-refused",
  "dtls-failed",
  "credential-refused",
];

/** A call that did not come to be, or is over. `verdict` says why. */
export class CallError extends SignalboxError {
  override readonly name = "CallError";
  readonly verdict: Verdict;

  constructor(why: Verdict) {
    const { code, sentence, detail } = why;
    super({
      ...why,
      sentence: detail === undefined ? sentence : `${sentence} (${detail})`,
      retry: !lasting.includes(code),
    });
    this.verdict = why;
  }
}

/** True of both sides, whichever found it first. */
const common: readonly VerdictCode[] = [
  "answered-elsewhere",
  "description-refused",
  "ice-failed",
  "dtls-failed",
  "path-lost",
];

/** What the peer's own verdict, told in its `bye`, says of the call on this side. Undefined: it just ended it. */
export const peersVerdict = (reason: string | undefined): VerdictCode | undefined =>
  reason === "no-candidates-gathered" || reason === "turn-unusable"
    ? "peer-without-candidates"
    : common.find((code) => code === reason);
