// SPDX-License-Identifier: MIT
/** What the registry keeps: plain data that survives JSON. Times are milliseconds since 1970. */
import type { Millis } from "../ports.ts";

/** A JSON object nobody here looks into. */
export type Attributes = { readonly [key: string]: unknown };

export interface RoomRecord {
  readonly id: string;
  readonly displayName: string;
  readonly listed: boolean;
  readonly ownerHash: string;
  readonly createdAt: Millis;
}

export interface ServiceRecord {
  readonly id: string;
  readonly protocol: string;
  /** MAJOR[.MINOR[.PATCH]], or empty. */
  readonly version: string;
  readonly displayName: string;
  readonly attributes: Attributes;
  /** Typed details and fields of private extensions, as binary peers sent them: base64, kept untouched. */
  readonly binary: string;
  readonly maxPendingKnocks: number;
  readonly createdAt: Millis;
  readonly updatedAt: Millis;
  /** Grows with each change of this service. */
  readonly edition: number;
}

export interface ServerRecord {
  readonly id: string;
  /** Id of its room, or empty: in none. */
  readonly room: string;
  readonly displayName: string;
  readonly identity: string;
  readonly services: readonly ServiceRecord[];
  readonly ownerHash: string;
  readonly createdAt: Millis;
  readonly ttlMs: Millis;
  readonly expiresAt: Millis;
  /** Grows with each change of what others see. */
  readonly edition: number;
  /** At which nodes its knocks are waited for, and until when at the latest. Absent where one node has the store to itself. */
  readonly attended?: { readonly [node: string]: Millis };
  /**
   * Set where it is a live peer: its id in the room, the protocol it speaks there, and its place in the order of joins.
   * Such a record is never stored.
   */
  readonly live?: { readonly peer: string; readonly protocol: string; readonly order: number };
}

export interface CandidateRecord {
  readonly candidate: string;
  readonly sdpMid?: string;
  readonly sdpMLineIndex?: number;
  readonly usernameFragment?: string;
}

export type KnockState = "pending" | "delivered" | "answered" | "rejected" | "expired" | "cancelled";

export interface KnockRecord {
  readonly id: string;
  readonly server: string;
  readonly service: string;
  readonly state: KnockState;
  /** Grows with each change; what a long poll waits on. */
  readonly generation: number;
  /** Number of the batch it was first handed out in: what a cursor counts. Absent until then. */
  readonly handed?: number;
  readonly offer: { readonly type: string; readonly sdp: string };
  readonly answer?: { readonly type: string; readonly sdp: string };
  readonly offerCandidates: readonly CandidateRecord[];
  readonly answerCandidates: readonly CandidateRecord[];
  readonly offerComplete: boolean;
  readonly answerComplete: boolean;
  readonly rejectReason: string;
  readonly attributes: Attributes;
  readonly knockerHash: string;
  readonly createdAt: Millis;
  readonly expiresAt: Millis;
}

/** Is nothing more going to happen to it? */
export const isOver = (knock: KnockRecord): boolean =>
  knock.state === "answered" ||
  knock.state === "rejected" ||
  knock.state === "expired" ||
  knock.state === "cancelled";
