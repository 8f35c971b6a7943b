// SPDX-License-Identifier: MIT
/**
 * What one node sends another. Plain data that survives JSON, so that any bus can carry it.
 *
 * News and signals of one node travel on the same bus in order: a signal never overtakes the news that its
 * sender joined, nor a leave the last signal before it.
 */
import type { NodeId, PeerId, RoomKey, SessionId } from "./ids.ts";
import type { Entry, LeaveReason, Revision } from "./member.ts";
import type { MovedCall } from "./moved-calls.ts";
import type { NotedSession } from "./ports.ts";
import type { Kept } from "./replay.ts";
import type { Meaning } from "./signal.ts";
import type { Fate, Ref, Sender } from "./vocabulary.ts";

export type Change =
  | { readonly kind: "joined"; readonly entry: Entry }
  | { readonly kind: "left"; readonly entry: Entry; readonly reason: LeaveReason }
  | { readonly kind: "changed"; readonly entry: Entry };

/** Where a receipt goes back to, when the sender asked for one. */
export interface ReceiptTo {
  readonly session: SessionId;
  readonly ref: Ref;
}

export type Parcel =
  | { readonly type: "news"; readonly room: RoomKey; readonly revision: Revision; readonly change: Change }
  /** Another node holds, or no longer holds, a session under a shared peer id that this node holds too. */
  | {
      readonly type: "sibling";
      readonly room: RoomKey;
      readonly peer: PeerId;
      readonly present: boolean;
    }
  | {
      readonly type: "signal";
      readonly room: RoomKey;
      readonly to: PeerId;
      readonly sessions: readonly SessionId[];
      readonly from: Sender;
      readonly origin: string;
      /** Text frames only: no dialect relays binary ones. */
      readonly verbatim: string;
      readonly meaning: Meaning;
      readonly wantsDelivery: boolean;
      readonly receipt?: ReceiptTo;
    }
  | {
      readonly type: "message";
      readonly room: RoomKey;
      /** Absent: all members here that can receive messages. */
      readonly sessions?: readonly SessionId[];
      readonly from: Sender;
      readonly body: string;
      readonly receipt?: ReceiptTo;
    }
  /** A session of the node this is sent to has come back to the sender. */
  | { readonly type: "handOver"; readonly session: SessionId; readonly incarnation: number }
  /** The answer; without `handed` the session is not there. */
  | { readonly type: "handedOver"; readonly session: SessionId; readonly handed?: NonNullable<Handed> }
  | {
      readonly type: "receipt";
      readonly to: ReceiptTo;
      readonly fate: Fate;
      readonly protocol?: string;
    };

/** What a node that is asked for a session says: here it is; its peer came back here with a later line; another node has it; or nothing. */
export type Handed = HandedSession | "stale" | { readonly elsewhere: NodeId } | undefined;

/** A session on its way from one node to another, with all that was told to it and not acknowledged. */
export interface HandedSession {
  readonly seq: number;
  readonly commandsSeen: number;
  readonly droppedUpTo: number;
  /** Something was being carried out that will not be answered. */
  readonly gap: boolean;
  readonly kept: readonly (Omit<Kept, "frame"> & { readonly text: string })[];
  readonly rooms: readonly (NotedSession["rooms"][number] & {
    /** Whom it was told to be there. */
    readonly told: readonly Entry[];
  })[];
  /** Signals whose fate was not known yet. */
  readonly refs: readonly Ref[];
  /** Its calls with peers that negotiate differently. Absent: a node of an earlier version sent it. */
  readonly calls?: readonly MovedCall[];
}

/** What is taken in the order of its room: it waits while a roster is fetched. */
export type OrderedParcel = Extract<Parcel, { readonly type: "news" | "signal" | "message" }>;
