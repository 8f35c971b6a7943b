// SPDX-License-Identifier: MIT
/** The frames of Flitter's `!websocket` signalling: the checks of what comes, the spelling of what goes. */
import {
  type CallId,
  type Frame,
  type PeerId,
  parsePeerId,
  parseRoomName,
  type RoomName,
  type Roster,
  textFrame,
} from "@signalbox/core";

/** Name of this dialect, as other peers are told it. */
export const dialectName = "flitter";

/** A JSON object as it came in, unchecked but for that; these are the keys somebody looks at. */
export interface WireObject {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly room?: unknown;
  readonly to?: unknown;
  readonly offer?: unknown;
  readonly answer?: unknown;
}

/** The object in a text frame; undefined for anything else, JSON or not. */
export const parseObject = (text: string): WireObject | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as WireObject)
      : undefined;
  } catch {
    return undefined;
  }
};

/** What a frame asks of a server that its sender has not joined yet. */
export type Entrance =
  | { readonly kind: "join"; readonly peer: PeerId; readonly room: RoomName }
  /** Anything but a join: passed over, as the original does. */
  | { readonly kind: "other" }
  /** The original ends the connection without a word. */
  | { readonly kind: "malformed" }
  /** The original takes these names, this server does not: see README. */
  | { readonly kind: "bad-name" };

const isComposite = (value: unknown): boolean => typeof value === "object" && value !== null;

export const parseEntrance = (object: WireObject): Entrance => {
  const { type, id, room } = object;
  if (type === undefined) return { kind: "malformed" };
  if (type !== "join") return { kind: "other" };
  if (id === undefined || room === undefined || isComposite(id) || isComposite(room))
    return { kind: "malformed" };
  const peer = parsePeerId(id);
  const name = parseRoomName(room);
  return peer === undefined || name === undefined ? { kind: "bad-name" } : { kind: "join", peer, room: name };
};

/** Whom a frame is for. `nobody`: no `to`, or one that no peer can have. */
export const parseTarget = (object: WireObject): PeerId | "nobody" | "malformed" => {
  const { to } = object;
  if (isComposite(to)) return "malformed";
  return parsePeerId(to) ?? "nobody";
};

/** The id of one of a connection's calls. Minted prefixes and numbers are well within the grammar. */
export const callIdOf = (prefix: string, number: number): CallId => `${prefix}-${number}` as CallId;

/** The description in a `call` or an `answer`. */
export const parseSdp = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

/**
 * The frame as its target gets it: with `from` set to the sender's id, in its place where it had one, else last.
 *
 * Where the sender brought no `from` the rest of its text stays as it was, so that numbers JavaScript cannot hold arrive
 * whole. Undefined where the object is nested too deep to be written again: the original cannot read such a one.
 */
export const stamp = (
  text: string,
  object: WireObject,
  quotedFrom: string,
  from: PeerId,
): Frame | undefined => {
  if (!Object.hasOwn(object, "from"))
    return textFrame(`${text.slice(0, text.lastIndexOf("}"))},"from":${quotedFrom}}`);
  try {
    return textFrame(JSON.stringify({ ...object, from }));
  } catch {
    return undefined;
  }
};

/** All of it in ASCII, as the original writes its JSON: then each character is one byte. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** The list of members. Encoded here, once for all who are told it. */
export const membersFrame = (ids: Iterable<PeerId>): Frame => {
  const text = asciiJson({ type: "members", members: [...ids] });
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = text.charCodeAt(index);
  return { kind: "text", text, bytes };
};

/** The ids of a roster in join order, each once: other dialects may share one. */
export const idsOf = (roster: Roster): Set<PeerId> => new Set(roster.map((member) => member.peer));

export const errorFrame = (error: string): Frame => textFrame(JSON.stringify({ type: "error", error }));

export const callFrame = (to: PeerId, offer: string, from: PeerId): Frame =>
  textFrame(JSON.stringify({ type: "call", to, offer, from }));

export const answerFrame = (to: PeerId, answer: string, from: PeerId): Frame =>
  textFrame(JSON.stringify({ type: "answer", to, answer, from }));

export const finishedFrame = (to: PeerId, from: PeerId): Frame =>
  textFrame(JSON.stringify({ type: "finished", to, from }));
