// SPDX-License-Identifier: MIT
import type { Frame } from "./frame.ts";
import type { CallId } from "./ids.ts";

/**
 * What a signal means to a WebRTC endpoint (RFC 9429 JSEP, RFC 8838 trickle ICE).
 *
 * `sdp` and `candidate` are opaque text to the box, but for `sdp.ts`, which may look inside. `call` names one
 * negotiation between two peers; the dialect maps its own word (session, connectionId) onto it.
 */
export type Meaning =
  | {
      readonly kind: "offer" | "answer";
      readonly call: CallId;
      readonly sdp: string;
      /** Name of the service that an offer is for, where its sender says one. */
      readonly service?: string;
    }
  | {
      readonly kind: "candidate";
      readonly call: CallId;
      /** The candidate attribute without `a=`, as in RTCIceCandidateInit. */
      readonly candidate: string;
      readonly sdpMid?: string | null;
      readonly sdpMLineIndex?: number | null;
      readonly usernameFragment?: string | null;
    }
  | { readonly kind: "end-of-candidates"; readonly call: CallId }
  | { readonly kind: "bye"; readonly call: CallId; readonly reason?: string }
  /** Something only the sender's own dialect understands: it never crosses to another one. */
  | { readonly kind: "opaque" };

/**
 * One directed signal: the sender's verbatim frame, and its meaning for whoever cannot read that.
 *
 * `meaning` is called only when the two ends speak different dialects (or a node boundary with different
 * dialects is crossed), so a relay within one dialect never pays for it.
 */
export interface Signal {
  /** Dialect the frame was written in. */
  readonly origin: string;
  readonly verbatim: Frame;
  readonly meaning: () => Meaning;
}
