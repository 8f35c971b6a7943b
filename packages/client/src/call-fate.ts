// SPDX-License-Identifier: MIT
/** What the fate of a signal means for its call. */
import { defined } from "./defined.ts";
import { SignalboxError, textOf } from "./failure.ts";
import { peersVerdict, type VerdictCode } from "./verdict.ts";
import type { Receipt, SignalBody } from "./wire.ts";

export interface Progress {
  readonly incoming: boolean;
  readonly answered: boolean;
  readonly wasConnected: boolean;
}

/** `withdraw`: this offer is lost, the call goes on. Undefined: nothing follows. */
export type Consequence = { readonly code: VerdictCode; readonly detail?: string } | "withdraw" | undefined;

const describes = ({ kind }: SignalBody): boolean => kind === "offer" || kind === "answer";
const because = (code: VerdictCode, detail: string | undefined) => defined({ code, detail });

/** A receipt came. Lost candidates are left to the path: others may do. */
export const ofReceipt = (body: SignalBody, receipt: Receipt, call: Progress): Consequence => {
  const { fate, code, sentence } = receipt;
  if (!describes(body) || (fate !== "unknown" && fate !== "refused")) return undefined;
  // A renewed offer: the connection does not depend on it.
  if (call.wasConnected || (call.answered && body.kind === "offer")) return "withdraw";
  if (fate === "unknown") return { code: call.answered ? "peer-left" : "target-unknown" };
  if (code === "media-mismatch" || code === "answered-elsewhere") return because(code, sentence);
  return code === "expired" ? { code: "target-offline" } : because("refused", sentence);
};

/** It never got a receipt. */
export const ofFailure = (body: SignalBody, error: unknown, call: Progress): Consequence => {
  if (!describes(body)) return undefined;
  if (call.wasConnected) return "withdraw";
  const lost = error instanceof SignalboxError && (error.code.endsWith("-lost") || error.code === "closed");
  return because(lost ? "signaling-lost" : "refused", textOf(error));
};

/** The session is closed for good. */
export const ofClosing = (error: unknown) => {
  const refused =
    error instanceof SignalboxError && (error.code === "unauthorized" || error.code === "forbidden");
  return because(refused ? "credential-refused" : "signaling-lost", textOf(error));
};

/** The peer said `bye`. */
export const ofBye = (reason: string | undefined, call: Progress): VerdictCode => {
  if (call.wasConnected) return "hung-up-by-peer";
  const told = peersVerdict(reason);
  if (told !== undefined) return told;
  return call.incoming || call.answered ? "hung-up-by-peer" : "rejected-by-peer";
};
