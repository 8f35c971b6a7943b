// SPDX-License-Identifier: MIT
import type { NodeId, PeerId, RoomKey, SessionId } from "./ids.ts";

/** Position of a change in a room's history. Grows by one with every announced join, leave and change. */
export type Revision = number;

export type MediaKind = "audio" | "video" | "application";

/**
 * What a peer's dialect lets it do in a negotiation, as data: the bridge reads these, never a dialect's name.
 */
export interface Traits {
  /** Can candidates reach it after the description (RFC 8838), or must the description be complete? */
  readonly takes: "trickle" | "complete";
  /**
   * When its own candidates come: trickled at once, all inside the description, or trickled only once its
   * description has been answered (then nobody may wait for them before).
   */
  readonly gives: "trickle" | "complete" | "after-answer";
  /** The kinds of media section it can negotiate. */
  readonly media: readonly MediaKind[];
  /** Can it receive application messages (`send`)? */
  readonly messages: boolean;
}

/** What a peer offers to others: a protocol with its version, and free attributes. */
export interface Service {
  readonly name: string;
  readonly protocol: string;
  readonly version?: string;
  readonly attributes?: { readonly [key: string]: string };
}

/** What a peer says of itself when it joins. */
export interface Presence {
  readonly services: readonly Service[];
  readonly displayName?: string;
  readonly traits: Traits;
  /** Are the others told of it? */
  readonly announced: boolean;
  /** Is it told of the others? */
  readonly listens: boolean;
}

/** A peer in a room, as the other members are told of it. */
export interface Member {
  readonly peer: PeerId;
  readonly session: SessionId;
  /** Join order in the room: of two members the one with the higher order is the newcomer. */
  readonly order: Revision;
  /** The dialect it speaks, for people to see. */
  readonly protocol: string;
  readonly traits: Traits;
  readonly services: readonly Service[];
  /** A name for people, where the peer gave one. */
  readonly displayName?: string;
}

/** A member, and where it is: what the directory keeps. */
export interface Entry extends Member {
  readonly room: RoomKey;
  readonly node: NodeId;
  /** Exclusive: the only holder of its peer id in the room. Shared: one of several. The first claim fixes which. */
  readonly claim: Claim;
  /** Are the others told of it? */
  readonly announced: boolean;
  /** Is it told of the others? */
  readonly listens: boolean;
}

export type Claim = "exclusive" | "shared";
export type LeaveReason = "left" | "lost" | "replaced" | "drained" | "node-lost";
