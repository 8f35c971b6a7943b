// SPDX-License-Identifier: MIT
/** The frames of the Unrupt rendezvous, and of |pipe| on the same relay: the checks of what comes, the spelling of what goes. */
import { type CallId, type Frame, type PeerId, parsePeerId, textFrame } from "@signalbox/core";

/** Name of this dialect, as other peers are told it. */
export const dialectName = "unrupt";

/** A frame that has a target. The relay reads no more than that; everything else is between the peers. */
export interface WireFrame {
  readonly to: string;
  readonly from?: unknown;
  readonly type?: unknown;
  readonly sdp?: unknown;
  readonly session?: unknown;
}

/** The frame in this text; undefined where the original drops it: no JSON, or no `to` that is a string. */
export const parseFrame = (text: string): WireFrame | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    return typeof (value as { readonly to?: unknown }).to === "string" ? (value as WireFrame) : undefined;
  } catch {
    return undefined;
  }
};

/** What a page calls one call by: a number, a string, or nothing at all in its older versions. */
export type WireSession = number | string | undefined;

/** What a frame means to a WebRTC endpoint. |pipe| wraps its descriptions in objects: those mean nothing to others. */
export interface WireSignal {
  readonly type: "offer" | "answer" | "candidate";
  /** The description, or the candidate. */
  readonly sdp: string;
  readonly session: WireSession;
}

/** Longest string a session may be: a call id has to hold it, beside what makes that one unique. */
const sessionLengthMax = 128;

const isSession = (value: unknown): value is WireSession =>
  value === undefined ||
  (typeof value === "number" && Number.isFinite(value)) ||
  (typeof value === "string" && value.length <= sessionLengthMax && parsePeerId(value) !== undefined);

export const parseSignal = (frame: WireFrame): WireSignal | undefined => {
  const { type, sdp, session } = frame;
  if (type !== "offer" && type !== "answer" && type !== "candidate") return undefined;
  if (typeof sdp !== "string" || !isSession(session)) return undefined;
  if (sdp === "" && type !== "candidate") return undefined;
  return { type, sdp, session };
};

/**
 * The id of a call the page offers. Sessions are what a clock of milliseconds said on the page, and two pages may have
 * the same one: what was minted for this connection tells them apart. Within the grammar, as a session is bounded.
 */
export const callIdOf = (prefix: string, session: WireSession): CallId => `${prefix}-${session}` as CallId;

/** A frame as the page itself writes it: these keys in this order, `retry` 0 but on offers, no `session` where none is known. */
export const frameOf = (
  to: PeerId,
  retry: number,
  from: PeerId,
  type: WireSignal["type"],
  sdp: string,
  session: WireSession,
): Frame => textFrame(JSON.stringify({ to, retry, from, type, sdp, session }));
