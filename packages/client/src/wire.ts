// SPDX-License-Identifier: MIT
/**
 * The frames of `signalbox.v1` as this side writes and reads them. docs/native-protocol.md says what they mean; a
 * test holds these types equal to those the server checks by.
 */

export const subprotocol = "signalbox.v1";

export type MediaKind = "audio" | "video" | "application";
export type LeaveReason = "left" | "lost" | "replaced" | "drained" | "node-lost";

/** Something a peer offers to others. */
export interface Service {
  readonly name: string;
  readonly protocol: string;
  readonly version?: string;
  readonly attributes?: { readonly [key: string]: string };
}

/** What can be negotiated with a peer. */
export interface Traits {
  /** Without it, descriptions from and to this peer are complete: candidates cannot follow them. */
  readonly trickle: boolean;
  /** The kinds of media section it can negotiate. */
  readonly media: readonly MediaKind[];
  /** Can it take application messages? */
  readonly messages: boolean;
}

/** A peer in a room. */
export interface Peer {
  readonly id: string;
  /** This stay of it. The same id with another session is a return. */
  readonly session: string;
  /** Of two peers the one with the higher order joined later. */
  readonly order: number;
  /** The protocol it speaks. */
  readonly protocol: string;
  readonly displayName?: string;
  readonly services: readonly Service[];
  readonly traits: Traits;
}

export interface CandidateInit {
  readonly candidate: string;
  readonly sdpMid?: string | null;
  readonly sdpMLineIndex?: number | null;
  readonly usernameFragment?: string | null;
}

interface Reserved {
  readonly signer?: string;
  readonly signature?: string;
}

export type SignalBody =
  | ({ readonly kind: "answer"; readonly call: string; readonly sdp: string } & Reserved)
  | ({
      readonly kind: "offer";
      readonly call: string;
      readonly sdp: string;
      /** Which of the peer's services is called. */
      readonly service?: string;
      /** This offer belongs to a call that stands: who does not know that call must not take it for a new one. */
      readonly again?: true;
    } & Reserved)
  | ({ readonly kind: "candidate"; readonly call: string; readonly candidate: CandidateInit } & Reserved)
  | ({ readonly kind: "end-of-candidates"; readonly call: string } & Reserved)
  | ({ readonly kind: "bye"; readonly call: string; readonly reason?: string } & Reserved)
  | ({ readonly kind: "opaque"; readonly call?: string; readonly data: unknown } & Reserved);

interface Directed {
  readonly to: string;
  readonly session?: string;
  readonly signal: SignalBody;
  readonly receipt?: "delivered";
}

interface Presence {
  readonly id?: string;
  readonly displayName?: string;
  readonly services?: readonly Service[];
  readonly media?: readonly MediaKind[];
  readonly trickle?: boolean;
}

/** A frame that the server answers. Its number, `seq`, is given when it is first written. */
export type Asking =
  | ({
      readonly type: "join";
      readonly room?: string;
      readonly credential?: string;
      readonly features?: readonly string[];
      readonly signals?: readonly Directed[];
      readonly key?: string;
      readonly proof?: string;
    } & Presence)
  | { readonly type: "leave"; readonly room?: string }
  | {
      readonly type: "update";
      readonly room?: string;
      readonly displayName?: string;
      readonly services?: readonly Service[];
    }
  | ({ readonly type: "signal"; readonly room?: string } & Directed)
  | {
      readonly type: "message";
      readonly room?: string;
      readonly to?: string;
      readonly session?: string;
      readonly body: unknown;
    }
  | { readonly type: "roster"; readonly room?: string; readonly after?: number; readonly limit?: number }
  | { readonly type: "ice" };

type Numbered<Frame> = Frame extends unknown ? Frame & { readonly seq: number } : never;

export type PeerFrame =
  | Numbered<Asking>
  | {
      readonly type: "resume";
      readonly session: string;
      readonly token: string;
      readonly incarnation: number;
      readonly seen: number;
    }
  | { readonly type: "ack"; readonly seen: number }
  | { readonly type: "ping"; readonly seen?: number }
  | { readonly type: "end" };

export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

interface Ice {
  readonly iceServers: readonly IceServer[];
  readonly iceTtlMs?: number;
}

interface Told {
  readonly seq: number;
}

interface Answer extends Told {
  readonly of?: number;
}

export interface Refused {
  readonly code: string;
  readonly sentence: string;
  readonly retry: boolean;
  readonly retryAfterMs?: number;
}

export interface LineLimits {
  readonly frameBytes: number;
  readonly sdpBytes: number;
  readonly messageBytes: number;
  readonly framesPerSecond: number;
  readonly frameBurst: number;
}

export type Fate = "sent" | "delivered" | "queued" | "unknown" | "refused";

/** What became of a signal or a message. */
export interface Receipt {
  /**
   * `sent`: written to the target's line. `delivered`: its session acknowledged it. `queued`: it has no line now, and
   * is awaited for `ttlMs`. `unknown`: nobody there holds that id. `refused`: see `code` and `sentence`.
   */
  readonly fate: Fate;
  readonly ttlMs?: number;
  /** The protocol of whoever took it. */
  readonly protocol?: string;
  readonly code?: string;
  readonly sentence?: string;
  readonly retry?: boolean;
  readonly retryAfterMs?: number;
}

export type ServerFrame =
  | ({
      readonly type: "welcome";
      readonly version: 1;
      readonly features: readonly string[];
      readonly session: string;
      readonly token: string;
      readonly graceMs: number;
      readonly limits: LineLimits;
    } & Told &
      Ice)
  | ({
      readonly type: "resumed";
      readonly session: string;
      readonly incarnation: number;
      readonly seen: number;
      readonly gap: boolean;
    } & Ice)
  | ({
      readonly type: "joined";
      readonly room: string;
      readonly self: Peer;
      readonly members: readonly Peer[];
      readonly size: number;
      readonly next?: number;
      readonly snapshot: boolean;
    } & Answer)
  | ({ readonly type: "left"; readonly room: string; readonly reason: LeaveReason } & Answer)
  | ({ readonly type: "peer-joined"; readonly room: string; readonly member: Peer } & Told)
  | ({ readonly type: "peer-changed"; readonly room: string; readonly member: Peer } & Told)
  | ({
      readonly type: "peer-left";
      readonly room: string;
      readonly id: string;
      readonly session: string;
      readonly reason: LeaveReason;
    } & Told)
  | ({ readonly type: "updated"; readonly room: string } & Answer)
  | ({
      readonly type: "signal";
      readonly room: string;
      readonly from: string;
      readonly session: string;
      readonly protocol: string;
      readonly trickle: boolean;
      readonly signal: SignalBody;
      readonly ack?: true;
    } & Told)
  | ({
      readonly type: "message";
      readonly room: string;
      readonly from: string;
      readonly session: string;
      readonly body: unknown;
    } & Told)
  | ({
      readonly type: "roster";
      readonly room: string;
      readonly members: readonly Peer[];
      readonly next?: number;
    } & Answer)
  | ({ readonly type: "receipt"; readonly of: number; readonly index?: number } & Receipt & Told)
  | ({ readonly type: "refused" } & Refused & Answer)
  | ({ readonly type: "ice" } & Ice & Answer)
  | { readonly type: "pong" }
  | ({ readonly type: "closing" } & Refused);

export type FrameOf<Type extends ServerFrame["type"]> = Extract<ServerFrame, { readonly type: Type }>;

/**
 * The fields this library reads, by frame type, each marked with what it is (see `marks`); no mark: a string. The server
 * is checked as a stranger would be: what does not fit is no frame.
 */
const shapes: { readonly [type: string]: string } = {
  welcome: "#seq session token #graceMs {limits [iceServers",
  resumed: "#seen ?gap [iceServers",
  joined: "#seq room @self *members",
  left: "#seq room reason",
  "peer-joined": "#seq room @member",
  "peer-changed": "#seq room @member",
  "peer-left": "#seq room id session reason",
  updated: "#seq room",
  signal: "#seq room from session protocol ?trickle $signal",
  message: "#seq room from session",
  roster: "#seq room *members",
  receipt: "#seq #of fate",
  refused: "#seq code sentence ?retry",
  ice: "#seq [iceServers",
  pong: "type",
  closing: "code sentence ?retry",
};
const bodyShapes: { readonly [kind: string]: string } = {
  offer: "call sdp",
  answer: "call sdp",
  candidate: "call {candidate",
  "end-of-candidates": "call",
  bye: "call",
  opaque: "kind",
};

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const fits = (value: unknown, shape: string): boolean =>
  isObject(value) &&
  shape.split(" ").every((field) => {
    const check = marks[field.charAt(0)];
    return check === undefined ? typeof value[field] === "string" : check(value[field.slice(1)]);
  });

const isMember = (value: unknown) => fits(value, "id session #order protocol [services {traits");

const oneOf = (value: unknown, tag: string, table: { readonly [name: string]: string }): boolean => {
  const name = isObject(value) ? value[tag] : undefined;
  return typeof name === "string" && Object.hasOwn(table, name) && fits(value, table[name] ?? "");
};

const marks: { readonly [mark: string]: (value: unknown) => boolean } = {
  "#": Number.isSafeInteger,
  "[": Array.isArray,
  "{": isObject,
  "?": (value) => typeof value === "boolean",
  "@": isMember,
  "*": (value) => Array.isArray(value) && value.every(isMember),
  $: (value) => oneOf(value, "kind", bodyShapes),
};

/** A server frame, or undefined for what is none that this version knows. */
export const parseServerFrame = (text: unknown): ServerFrame | undefined => {
  try {
    const frame: unknown = typeof text === "string" ? JSON.parse(text) : undefined;
    return oneOf(frame, "type", shapes) ? (frame as ServerFrame) : undefined;
  } catch {
    // Not JSON: no frame.
    return undefined;
  }
};
