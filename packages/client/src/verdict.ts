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

export const verdicts = {
  connected: { sentence: "The call is connected.", fix: "" },
  connecting: { sentence: "The call is answered; a path is looked for.", fix: "" },
  ringing: { sentence: "The peer waits for an answer.", fix: "Accept or reject the call." },
  "waiting-for-answer": { sentence: "There is no answer yet.", fix: "" },
  interrupted: { sentence: "The path broke; a new one is looked for.", fix: "" },
  "nothing-offered": { sentence: "Nothing was added to the call.", fix: "Add a track or a data channel." },
  "target-unknown": { sentence: "Nobody with that id is in the room.", fix: "Check the id and the room." },
  "target-offline-queued": { sentence: "The peer's line is broken; the offer waits for it.", fix: "" },
  "target-offline": { sentence: "The peer's line is broken, and it did not come back.", fix: again },
  "peer-left": { sentence: "The peer left before the call was answered.", fix: again },
  "never-answered": {
    sentence: "No answer came in time.",
    fix: "See that the peer listens for calls.",
  },
  "rejected-by-peer": { sentence: "The peer did not take the call.", fix: "" },
  "answered-elsewhere": { sentence: "Another peer with that id took the call.", fix: "" },
  "hung-up-by-peer": { sentence: "The peer ended the call.", fix: "" },
  "hung-up-here": { sentence: "The call was ended here.", fix: "" },
  "media-mismatch": {
    sentence: "The peer takes no kind that was offered.",
    fix: "Offer a kind that its traits name.",
  },
  "description-refused": { sentence: "A description could not be made or applied.", fix: "See the detail." },
  "no-candidates-gathered": {
    sentence: "This device found no address to offer.",
    fix: "Check that WebRTC may use its network.",
  },
  "turn-unusable": {
    sentence: "Only relayed paths are allowed, and TURN gave none.",
    fix: "Check the TURN server's address and credentials.",
  },
  "peer-without-candidates": {
    sentence: "The peer gave no address.",
    fix: "Check its network and its TURN server.",
  },
  "ice-failed": {
    sentence: "Both sides have addresses, but no path works.",
    fix: "Offer a TURN server: a firewall or NAT is in between.",
  },
  "dtls-failed": {
    sentence: "There is a path, but no encryption could be agreed.",
    fix: "A description was altered, or another answers for the peer.",
  },
  "path-lost": {
    sentence: "The path broke, and no other was found.",
    fix: "Check both networks; offer a TURN server.",
  },
  "signaling-lost": {
    sentence: "The line to the server is lost.",
    fix: "Check the network: the line is tried again.",
  },
  "credential-refused": {
    sentence: "The server did not let this peer in.",
    fix: "Connect with a fresh credential.",
  },
  refused: { sentence: "The server did not pass the call on.", fix: "See the detail." },
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

export const verdict = (code: VerdictCode, detail?: string): Verdict => {
  const { sentence, fix } = verdicts[code];
  return defined({ code, sentence, fix, detail });
};

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
