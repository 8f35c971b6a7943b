// SPDX-License-Identifier: MIT
/** What the core needs from outside, and what outside may ask of it. Shapes only. */
import type { Frame } from "./frame.ts";
import type { NodeId, PeerId, Realm, RoomKey, RoomName, SessionId } from "./ids.ts";
import type { Limits } from "./limits.ts";
import type { Claim, Entry, Presence, Revision } from "./member.ts";
import type { Parcel } from "./parcel.ts";
import type { Refusal } from "./refusal.ts";
import type { Command, Event, IceServers } from "./vocabulary.ts";

/** A point in time or a duration, in milliseconds. Only differences of the clock's `now` mean anything. */
export type Millis = number;
export type Cancel = () => void;
export type Stop = () => void;

/** Time, handed in. */
export interface Clock {
  now(): Millis;
  after(ms: Millis, run: () => void): Cancel;
}

/** Chance and secrets, handed in: the core has neither. */
export interface Chance {
  /** A fresh id, unguessable (at least 96 random bits), of URL-safe characters. */
  id(): string;
  /** A fresh secret of at least 128 random bits. */
  secret(): string;
  /** Compares two secrets in time that does not depend on where they differ. */
  equal(a: string, b: string): boolean;
}

/** What is known of a connection before its first frame. */
export interface Handshake {
  /** Path below the server's base path, percent-decoded, beginning with `/`. */
  readonly path: string;
  /** First value of a query parameter, decoded (`+` is a space), or undefined. */
  query(name: string): string | undefined;
  /** Subprotocols the client offered, in its order. */
  readonly protocols: readonly string[];
  readonly origin?: string;
  /** Secret of an `Authorization: Bearer` header. */
  readonly bearer?: string;
  /** The peer's address; behind a trusted proxy, what that proxy says it is. Never logged at info. */
  readonly address: string;
}

/** How a connection ends: what is still said, then the close code and its reason (at most 123 bytes of UTF-8). */
export interface Closing {
  readonly frames: readonly Frame[];
  readonly code: number;
  readonly reason: string;
}

/** What a frame asks. */
export interface Decoded {
  readonly commands: readonly Command[];
  /** Sequence number of the frame in its session; one at or below the last taken is a repetition and is skipped. */
  readonly seq?: number;
  /** What the dialect answers by itself, at once. */
  readonly replies?: readonly Frame[];
  /** The frame breaks the protocol so that the dialect ends the connection. */
  readonly closing?: Closing;
}

/** Translator of one connection. It may remember, it never acts. */
export interface Codec {
  /** What the handshake already asked. */
  readonly opening: readonly Command[];
  /** Never throws, on any frame. */
  decode(frame: Frame, now: Millis): Decoded;
  /**
   * The frames that tell this event; none where the dialect has no word for it. In a resumable dialect at most one,
   * and `seq` is its number in the session.
   */
  encode(event: Event, seq: number, now: Millis): readonly Frame[];
  /** The end of the connection, spelled in the dialect's own words. */
  refuse(refusal: Refusal): Closing;
  /** When `wake` wants to be called next, if at all. Asked again after every call. */
  wakeAt?(): Millis | undefined;
  /** A due time has come: frames to resend, deadlines that passed. */
  wake?(now: Millis): Decoded;
}

/** One wire protocol, mounted: its paths, rooms and bounds are decided. */
export interface Dialect {
  readonly name: string;
  readonly limits: Limits;
  /** Do its sessions outlive their lines? */
  readonly resumable: boolean;
  /**
   * Its peers fetch the offers that are told to them, each within so long. Until its codec says by `settle` what became
   * of one, it is `queued`. Milliseconds; absent: what is written is sent. Only where sessions end with their lines.
   */
  readonly fetchedWithinMs?: Millis;
  /** Can it tell a peer that one command was refused, and go on? Otherwise what cannot be borne ends the line. */
  readonly answers: boolean;
  /** How a handshake over a bound or from a foreign origin is refused: before the upgrade by HTTP status, or after it in the dialect's own words. */
  readonly refusesHandshakes: "http" | "after-accept";
  /** The WebSocket subprotocol it selects, where it has one. */
  readonly subprotocol?: string;
  /** Origins of pages that may connect. Absent: any (there are no ambient credentials to abuse). */
  readonly origins?: readonly string[];
  /** Is this handshake meant for it? Looks at path, query and subprotocols only. */
  accepts(handshake: Handshake): boolean;
  /** `mint` makes fresh ids for what the peer left unnamed. */
  open(handshake: Handshake, mint: () => string): Codec;
}

/** What a guard lets a session do. */
export interface Grant {
  readonly realm: Realm;
  /** When set, the only peer id this session may claim. */
  readonly peer?: PeerId;
}

/** Who may enter, and do what. */
export interface Guard {
  admit(handshake: Handshake, credential: string | undefined): Promise<Grant | Refusal>;
  allows(grant: Grant, command: Command): Refusal | undefined;
}

/** STUN and TURN servers for one session. */
export interface IceIssuer {
  issue(grant: Grant): IceServers;
}

export interface Claimed {
  readonly entry: Entry;
  /** The room's revision with this claim in it. */
  readonly revision: Revision;
  /** Nodes, other than the claimant's, with members that listen. They must be sent the news. */
  readonly audience: readonly NodeId[];
  /** Other nodes that hold the same shared peer id. */
  readonly siblings: readonly NodeId[];
  /** The session held it already, so that nobody needs to be told. */
  readonly stood: boolean;
}

export interface Reclaimed extends Claimed {
  /** It did not stand any more, or not as it is now: it came anew, or was changed, and the others are to be told. */
  readonly changed: boolean;
}

export interface Released {
  readonly entry: Entry;
  readonly revision: Revision;
  readonly audience: readonly NodeId[];
  readonly siblings: readonly NodeId[];
}

export interface RosterPage {
  /** Announced entries in join order. */
  readonly entries: readonly Entry[];
  readonly revision: Revision;
  /** Pass as `after` for the next page; absent on the last one. */
  readonly next?: Revision;
}

/**
 * Who is where. Every call is atomic; a claim costs the same however many peers the room has.
 * The revision of a room grows by one with each announced claim, release and change, and with nothing else (after an
 * absence it may leap). An engine that can lose its server refuses with `cluster-away` while it is gone.
 */
export interface Directory {
  /**
   * Refuses with `id-taken` (also where a shared id has `sessionsPerIdMax` holders; without it, any number) or
   * `room-full`. Claiming again with the same session returns the entry that stands; where that is on another node,
   * it is on the claimant's from now on.
   */
  claim(
    entry: Omit<Entry, "order">,
    roomMembersMax: number,
    sessionsPerIdMax?: number,
  ): Promise<Claimed | Refusal>;
  /**
   * After an absence: claims what a node held before, within no bound. An entry that stands keeps its order. Where `above` is not 0
   * the room's revision ends up above it, so that nobody takes what is told from now on for what he knows.
   * Refuses with `replaced` where the same session holds it on another node, with `id-taken` where another one does.
   */
  reclaim(entry: Entry, above: Revision): Promise<Reclaimed | Refusal>;
  /** Undefined where that session does not hold the id any more, or where nobody can be asked. */
  release(room: RoomKey, peer: PeerId, session: SessionId): Promise<Released | undefined>;
  /** Replaces what is told of an entry. Undefined where that session does not hold the id any more. */
  change(entry: Entry): Promise<Released | Refusal | undefined>;
  find(room: RoomKey, peer: PeerId): Promise<readonly Entry[] | Refusal>;
  /** Announced entries with an order above `after`, at most `limit`. */
  roster(room: RoomKey, after: Revision, limit: number): Promise<RosterPage | Refusal>;
  /** Nodes with members that listen in this room. */
  audience(room: RoomKey): Promise<readonly NodeId[] | Refusal>;
}

/** Direct delivery between nodes: at most once, in order for each pair of nodes. */
export interface Bus {
  /** `gone`: that node is known not to receive. `accepted` promises nothing more than that it was handed over. */
  send(to: NodeId, parcel: Parcel): Promise<"accepted" | "gone">;
  receive(take: (from: NodeId, parcel: Parcel) => void): Stop;
}

/** What is written down of a session while its node has it. */
export interface NotedSession {
  /** Which node has it. */
  readonly node: NodeId;
  /** The dialect it speaks. */
  readonly protocol: string;
  readonly grant: Grant;
  readonly rooms: readonly {
    readonly room: RoomName;
    readonly peer: PeerId;
    readonly presence: Presence;
    readonly claim: Claim;
  }[];
}

/** Where a node finds sessions that other nodes have, or had. Of a token it keeps no more than it takes to know it again. */
export interface SessionBook {
  /** Not awaited: a session whose node ends before it is noted is not resumed elsewhere. */
  note(session: SessionId, token: string, incarnation: number, noted: NotedSession): void;
  forget(session: SessionId): void;
  /**
   * Marks the session as this node's, and gives back what was noted before. Undefined where there is no such session, or the
   * token is another; refuses with `stale-incarnation` where the incarnation is not above all seen, or with `cluster-away`.
   */
  take(session: SessionId, token: string, incarnation: number): Promise<NotedSession | Refusal | undefined>;
  /** Which node has it. Undefined where none has, or nobody can be asked. */
  whereIs(session: SessionId): Promise<NodeId | undefined>;
}

/** One live transport, as the hub may use it. */
export interface LinePort {
  write(frames: readonly Frame[]): void;
  close(closing: Closing): void;
  /** Stop and go on reading: frames that were already read may still come. */
  pause(): void;
  resume(): void;
  /** Bytes written but not yet taken by the transport. */
  backlogBytes(): number;
}

/** The hub's end of a line, as the gateway uses it. */
export interface Line {
  receive(frame: Frame): void;
  /** The gateway refuses on the line's behalf (too large, silent, unresponsive, rate): spelled by the dialect, then closed. */
  refuse(refusal: Refusal): void;
  /** The transport is gone. Idempotent. */
  closed(): void;
  /** Is a session open on it? A line that stays unsettled for `silentMs` is to be refused as silent. */
  readonly settled: boolean;
}
