// SPDX-License-Identifier: MIT
/**
 * What crosses the core's door, on one page. Commands are what a peer asks (imperative); events are what it is
 * told (past tense). Nothing else goes in or out.
 */
import type { PeerId, RoomName, SessionId } from "./ids.ts";
import type { Claim, LeaveReason, Member, Presence, Revision, Service, Traits } from "./member.ts";
import type { Refusal } from "./refusal.ts";
import type { Signal } from "./signal.ts";

/** The sender's own mark on a command, given back in whatever answers it. Absent where the dialect has no answers. */
export type Ref = number | string;

export type Command =
  /** Present yourself: the guard decides here. Always the first command of a session that is not a resume. */
  | { readonly type: "open"; readonly credential?: string; readonly ref?: Ref }
  /** Return to a session on a new line. `incarnation` must be higher than any seen; `seen` is the last event taken. */
  | {
      readonly type: "resume";
      readonly session: SessionId;
      readonly token: string;
      readonly incarnation: number;
      readonly seen: number;
    }
  /** Enter a room. Without `peer` an id is minted. */
  | {
      readonly type: "join";
      readonly room: RoomName;
      readonly peer?: PeerId;
      readonly claim: Claim;
      readonly presence: Presence;
      readonly ref?: Ref;
    }
  | { readonly type: "leave"; readonly room: RoomName; readonly ref?: Ref }
  /** Change what the others are told of you. */
  | {
      readonly type: "update";
      readonly room: RoomName;
      readonly services?: readonly Service[];
      readonly displayName?: string;
      readonly ref?: Ref;
    }
  /** A signal to whoever holds `to`; to one stay of it only, where `session` is given. */
  | {
      readonly type: "signal";
      readonly room: RoomName;
      readonly to: PeerId;
      readonly session?: SessionId;
      readonly signal: Signal;
      readonly ref?: Ref;
      /** Also tell when the target's session has acknowledged it? */
      readonly wantsDelivery?: boolean;
    }
  /** An application message, opaque JSON text, to one peer or (without `to`) to all others in the room. */
  | {
      readonly type: "send";
      readonly room: RoomName;
      readonly to?: PeerId;
      readonly session?: SessionId;
      readonly body: string;
      readonly ref?: Ref;
    }
  /** A page of the roster: members that joined after `after`. */
  | {
      readonly type: "list";
      readonly room: RoomName;
      readonly after: Revision;
      readonly limit: number;
      readonly ref?: Ref;
    }
  /** All events up to this number have been taken; they need not be kept any more. */
  | { readonly type: "acknowledge"; readonly seen: number }
  /** Fresh ICE servers, before the credentials of the last ones expire. */
  | { readonly type: "requestIceServers"; readonly ref?: Ref }
  /** What became of an offer that waited to be fetched, by the mark it was told with. Without a fate: no more will be known. */
  | { readonly type: "settle"; readonly held: number; readonly fate?: Fate }
  /** The frame asked for something the codec could refuse by itself (its shape, a size). */
  | { readonly type: "refuse"; readonly refusal: Refusal; readonly ref?: Ref }
  /** End the session now, without a grace time. */
  | { readonly type: "end" };

/** The fate of a directed signal. Nothing stronger is said than is known. */
export type Fate =
  /** Written to the target's line. */
  | { readonly fate: "sent" }
  /** The target's session acknowledged it. */
  | { readonly fate: "delivered" }
  /** The target's session has no line right now, or fetches what it is told; it is held this long. Milliseconds. */
  | { readonly fate: "queued"; readonly ttlMs: number }
  /** Nobody holds that id. */
  | { readonly fate: "unknown" }
  | { readonly fate: "refused"; readonly refusal: Refusal };

/** RTCIceServer of W3C webrtc-pc, as far as servers hand them out. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export interface IceServers {
  readonly servers: readonly IceServer[];
  /** How long the credentials hold. Milliseconds from now; absent where they do not expire. */
  readonly ttlMs?: number;
}

/** Members in join order, taken once per revision: equal arrays are the same array, so codecs may key caches by it. */
export type Roster = readonly Member[];

export type Event =
  | {
      readonly type: "opened";
      readonly session: SessionId;
      readonly token: string;
      readonly graceMs: number;
      readonly ice: IceServers;
      readonly ref?: Ref;
    }
  /** The session is attached to this line. `commandsSeen`: the last command taken. `gap`: events were lost; each room follows as it stands. */
  | {
      readonly type: "resumed";
      readonly session: SessionId;
      readonly incarnation: number;
      readonly commandsSeen: number;
      readonly gap: boolean;
      readonly rooms: readonly RoomName[];
      readonly ice: IceServers;
    }
  /** You are in. The roster is the room as it stands, including yourself if announced. `snapshot`: told again after a gap. */
  | {
      readonly type: "joined";
      readonly room: RoomName;
      readonly self: Member;
      readonly roster: Roster;
      readonly snapshot: boolean;
      readonly ref?: Ref;
    }
  | { readonly type: "left"; readonly room: RoomName; readonly reason: LeaveReason; readonly ref?: Ref }
  | {
      readonly type: "peerJoined";
      readonly room: RoomName;
      readonly member: Member;
      readonly roster: () => Roster;
    }
  | {
      readonly type: "peerLeft";
      readonly room: RoomName;
      readonly member: Member;
      readonly reason: LeaveReason;
      readonly roster: () => Roster;
    }
  | { readonly type: "peerChanged"; readonly room: RoomName; readonly member: Member }
  | { readonly type: "updated"; readonly room: RoomName; readonly ref?: Ref }
  | {
      readonly type: "signaled";
      readonly room: RoomName;
      readonly from: Sender;
      readonly signal: Signal;
      /** Its sender waits to hear that it arrived: acknowledge at once. */
      readonly wantsDelivery: boolean;
      /** Mark of an offer that waits to be fetched; its fate is to be told by `settle`. */
      readonly held?: number;
    }
  | { readonly type: "sent"; readonly room: RoomName; readonly from: Sender; readonly body: string }
  | {
      readonly type: "listed";
      readonly room: RoomName;
      readonly members: Roster;
      /** Pass as `after` for the next page; absent on the last one. */
      readonly next?: Revision;
      readonly ref?: Ref;
    }
  /** What became of a signal or message of yours. `protocol`: the dialect of whoever took it, where somebody did. */
  | { readonly type: "receipt"; readonly ref: Ref; readonly fate: Fate; readonly protocol?: string }
  | { readonly type: "iceServersIssued"; readonly ice: IceServers; readonly ref?: Ref }
  | { readonly type: "refused"; readonly refusal: Refusal; readonly ref?: Ref };

/** Who sent a signal or a message, as the receiver needs it. */
export interface Sender {
  readonly peer: PeerId;
  readonly session: SessionId;
  readonly protocol: string;
  readonly traits: Traits;
  /** Are the others told that it is there? Then nobody hears from it before. */
  readonly announced: boolean;
}
