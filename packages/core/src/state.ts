// SPDX-License-Identifier: MIT
/** What a hub holds: its lines, sessions and rooms. Plain records; the rules stand in the files beside this one. */
import type { Call } from "./bridge.ts";
import type { Frame } from "./frame.ts";
import type { ConnectionId, NodeId, PeerId, RoomKey, RoomName, SessionId } from "./ids.ts";
import type { Entry, LeaveReason, Presence, Revision } from "./member.ts";
import type { Observe } from "./observation.ts";
import type { Handed, OrderedParcel } from "./parcel.ts";
import type {
  Bus,
  Cancel,
  Chance,
  Clock,
  Codec,
  Dialect,
  Directory,
  Grant,
  Guard,
  Handshake,
  IceIssuer,
  LinePort,
  Millis,
  SessionBook,
} from "./ports.ts";
import type { Bucket } from "./rate.ts";
import type { Refusal } from "./refusal.ts";
import type { Awaiter, Replay } from "./replay.ts";
import type { View } from "./view.ts";
import type { Fate, Ref, Sender } from "./vocabulary.ts";

/** Everything a hub needs from outside. */
export interface HubParts {
  readonly node: NodeId;
  readonly directory: Directory;
  readonly bus: Bus;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly guard: Guard;
  readonly ice: IceIssuer;
  readonly observe: Observe;
  /** Absent where a session can only come back here. */
  readonly book?: SessionBook;
}

export interface HubState extends HubParts {
  readonly lines: Set<LineState>;
  readonly sessions: Map<SessionId, Session>;
  readonly rooms: Map<RoomKey, LocalRoom>;
  /** What the directory was asked of shared ids and has not answered yet, with the nodes that came to hold them meanwhile. */
  readonly questions: Set<{
    readonly room: RoomKey;
    readonly peer: PeerId;
    readonly came: Set<NodeId>;
  }>;
  /** Sessions asked of other nodes, and who waits for them. */
  readonly asked: Map<SessionId, (handed: Handed) => void>;
  /** Lines that asked for a session which is on its way to this node. */
  readonly coming: Map<SessionId, Set<{ readonly incarnation: number; readonly done: Promise<void> }>>;
  /** Sessions that were handed over a moment ago. `seats`: what is released after a moment, where nobody claimed it. */
  readonly moved: Map<
    SessionId,
    { readonly to: NodeId; readonly seats: readonly Membership[]; readonly cancel: Cancel }
  >;
  draining: boolean;
  /** Ends a line from this side, in its dialect's own words. */
  readonly endLine: (line: LineState, why: Refusal) => void;
  /** Asks a line's codec anew when it wants to be woken. */
  readonly rewake: (line: LineState) => void;
  /** Can another node take this session over? */
  readonly movable: (session: Session) => boolean;
  /** Called when a session ended or was handed over. */
  emptied: (() => void) | undefined;
  /** A session's line is gone. */
  readonly detach: (session: Session) => void;
}

/** One live connection. */
export interface LineState {
  readonly connection: ConnectionId;
  readonly port: LinePort;
  readonly dialect: Dialect;
  readonly codec: Codec;
  readonly openedAt: Millis;
  /** Kept until a session is open. */
  handshake: Handshake | undefined;
  session: Session | undefined;
  /** Made with the first frame: many lines only listen. */
  bucket: Bucket | undefined;
  /** Sequence number of the frame that opens the session; 0 where it has none. */
  opensWith: number;
  /** A command is being decided; later frames wait in `queue`. */
  busy: boolean;
  /** Made when the first frame has to wait. */
  queue: Frame[] | undefined;
  paused: boolean;
  /** Its transport is closed; what came before that is still being carried out. */
  gone: boolean;
  closed: boolean;
  cancelWake: Cancel | undefined;
  wakesAt: Millis | undefined;
}

/** One stay of one peer, surviving lines where its dialect resumes. */
export interface Session {
  readonly id: SessionId;
  readonly token: string;
  readonly dialect: Dialect;
  readonly grant: Grant;
  readonly openedAt: Millis;
  /** Of the present line, or of the last one. */
  codec: Codec;
  line: LineState | undefined;
  incarnation: number;
  /** Number of the last command taken, or `commandsUnknown`. */
  commandsSeen: number;
  seq: number;
  replay: Replay | undefined;
  memberships: Membership[];
  /** Calls with peers that negotiate differently, by room, peer and call id; oldest first. */
  calls: Map<string, CallState> | undefined;
  /** Offers that wait until its peer fetches them, by their marks. */
  fetching: Map<number, readonly Awaiter[]> | undefined;
  /** Signals sent to other nodes whose fate is not known yet. */
  awaiting: Map<Ref, Awaiting> | undefined;
  /** Settles when what it sent to other nodes is on its way: nobody hears that it left before that. */
  sending: Promise<void> | undefined;
  awaySince: Millis;
  cancelGrace: Cancel | undefined;
  ended: boolean;
}

/** A session in a room. */
export interface Membership {
  readonly session: Session;
  readonly key: RoomKey;
  readonly room: RoomName;
  readonly peer: PeerId;
  presence: Presence;
  /** Undefined until the claim stands. */
  entry: Entry | undefined;
  /** What came for it before it was told that it is in. */
  held: (() => void)[] | undefined;
  /** Highest order in the snapshot it was given. */
  snapshotOrder: Revision;
  left: LeaveReason | undefined;
  /** What its signals say of it: made when it sends the first. */
  sender: Sender | undefined;
}

/** Who on this node holds a peer id. */
export interface Holder {
  readonly sessions: Session[];
  /** Other nodes that hold the same shared id. */
  siblings: Set<NodeId> | undefined;
}

/** What this node knows of a room in which it has members. */
export interface LocalRoom {
  readonly key: RoomKey;
  readonly holders: Map<PeerId, Holder>;
  /** Members here that are told of the others. */
  readonly listeners: Set<Membership>;
  view: View | undefined;
  opening: Promise<View | Refusal> | undefined;
  /** Parcels that wait while a missed roster is fetched. */
  waiting: { readonly from: NodeId; readonly parcel: OrderedParcel }[] | undefined;
  cancelCheck: Cancel | undefined;
  /** The roster is being fetched because news was missed. */
  mending: Promise<void> | undefined;
}

/** What a bridged signal carries back: who waits to hear of its fate. */
export interface BridgeTag {
  readonly awaiter: Awaiter | undefined;
  readonly from: Sender;
  /** Takes the fate: at once as the answer of the relay, later as a receipt. */
  settle: (fate: Fate) => void;
}

export interface CallState {
  call: Call<BridgeTag>;
  cancelRipen: Cancel | undefined;
}

/** Which nodes have not said yet what became of a signal, and the best fate so far. */
export interface Awaiting {
  readonly nodes: Set<NodeId>;
  /** Whoever speaks first has spoken for all. */
  readonly anyone: boolean;
  best: Fate;
  protocol: string | undefined;
  readonly cancel: Cancel;
}

/** What a lost node took last nobody knows: above everything that was sent. */
export const commandsUnknown = Number.MAX_SAFE_INTEGER;

export const membershipIn = (session: Session, room: RoomName): Membership | undefined =>
  session.memberships.find((membership) => membership.room === room && membership.left === undefined);

export const localRoom = (hub: HubState, key: RoomKey): LocalRoom => {
  let room = hub.rooms.get(key);
  if (room === undefined) {
    room = {
      key,
      holders: new Map(),
      listeners: new Set(),
      view: undefined,
      opening: undefined,
      waiting: undefined,
      cancelCheck: undefined,
      mending: undefined,
    };
    hub.rooms.set(key, room);
  }
  return room;
};

/** Sends a promise's failure where bugs are seen; nothing is awaited. */
export const watch = (hub: HubState, what: string, promise: Promise<unknown>): void => {
  promise.catch((error: unknown) => hub.observe({ type: "failed", what, error }));
};
