// SPDX-License-Identifier: MIT
/** A room as an application sees it. */
import type { Call, CallOptions } from "./call.ts";
import type { Emits } from "./emitter.ts";
import type { SignalboxError } from "./failure.ts";
import type { GoneReason } from "./roster.ts";
import type { LineState } from "./session.ts";
import type { IceServer, LeaveReason, MediaKind, Peer, Receipt, Service } from "./wire.ts";

/** What the others are told of this peer. */
export interface Presence {
  readonly displayName?: string;
  readonly services?: readonly Service[];
}

export interface JoinOptions extends Presence {
  /** Default: the room the URL names, else `default`. */
  readonly room?: string;
  /** Yours alone in the room. Default: the server mints one. */
  readonly id?: string;
  /** The kinds of media this peer can negotiate. Default: all; none where there is no RTCPeerConnection. */
  readonly media?: readonly MediaKind[];
  /** Gives up joining. */
  readonly signal?: AbortSignal;
}

/** `away`: the line is lost, or the room is being joined anew. `closed`: left for good. */
export type RoomState = "open" | "away" | "closed";

export interface Message {
  readonly from: Peer;
  /** Any JSON value. */
  readonly body: unknown;
}

export type RoomEvents = {
  readonly "peer-joined": readonly [peer: Peer];
  readonly "peer-left": readonly [peer: Peer, reason: GoneReason];
  readonly "peer-changed": readonly [peer: Peer];
  /** Somebody calls. Kept (at most 64) until there is a listener. */
  readonly call: readonly [call: Call];
  /** Kept (at most 64) until there is a listener. */
  readonly message: readonly [message: Message];
  readonly state: readonly [state: RoomState];
  /** The server refused something nobody waits for. */
  readonly refused: readonly [error: SignalboxError];
  /** Out, for good: by `leave()` or `close()`, put out by the server, or refused when it came back. */
  readonly left: readonly [reason: LeaveReason | "closed", error: unknown];
};

export interface SendOptions {
  /** Default: all others in the room. */
  readonly to?: string | Peer;
  readonly signal?: AbortSignal;
}

export interface Room extends Emits<RoomEvents> {
  readonly name: string;
  /** This peer, as the others see it. */
  readonly self: Peer;
  /** The others, by id. Live. */
  readonly peers: ReadonlyMap<string, Peer>;
  /** Calls under way, by call id. Live. */
  readonly calls: ReadonlyMap<string, Call>;
  readonly state: RoomState;
  readonly session: Session;
  /**
   * Calls a peer. With nothing to bring in yet, the offer follows the first track or channel that is added. Where that
   * peer is calling at this moment, its call is taken instead. Throws where the room has been left, or without
   * RTCPeerConnection; whatever else goes wrong ends the call, with a verdict.
   */
  call(peer: string | Peer, options?: CallOptions): Call;
  /** Sends an application message: any JSON value. Rejects where the server refuses or the line is lost. */
  send(body: unknown, options?: SendOptions): Promise<Receipt>;
  /** Changes what the others are told of this peer. */
  update(presence: Presence, signal?: AbortSignal): Promise<void>;
  /**
   * Leaves. Calls that are connected go on, though nothing can be renegotiated any more; the others end. Leaving the
   * last room closes the session.
   */
  leave(): Promise<void>;
}

export type PublicSessionEvents = {
  readonly state: readonly [state: LineState];
};

/** One stay at the server: one line at a time, any number of rooms. */
export interface Session extends Emits<PublicSessionEvents> {
  readonly state: LineState;
  /** STUN and TURN servers the server handed out; refreshed before their credentials expire. */
  readonly iceServers: readonly IceServer[];
  /** Enters a further room. */
  join(options: JoinOptions): Promise<Room>;
  /** Hangs up every call, leaves every room and closes the line. */
  close(): void;
}
