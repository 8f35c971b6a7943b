// SPDX-License-Identifier: MIT
/**
 * Names and ids, branded so that swapping two of them does not compile.
 *
 * A peer id says *who*, a session id *which stay*, a connection id *which line*: a session outlives its line,
 * and a peer id outlives its session.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type Realm = Branded<"Realm">;
export type RoomName = Branded<"RoomName">;
export type PeerId = Branded<"PeerId">;
export type SessionId = Branded<"SessionId">;
export type ConnectionId = Branded<"ConnectionId">;
export type NodeId = Branded<"NodeId">;
export type CallId = Branded<"CallId">;
/** One room of one realm, as a single map key. Made by `roomKey` only. */
export type RoomKey = Branded<"RoomKey">;

/** The namespace of a server that was not told of any other. */
export const defaultRealm = "default" as Realm;

/** Longest peer id and room name. Characters (code points). 256: a hex SHA-512 with a prefix still fits. */
export const nameLengthMax = 256;

/**
 * What a name may hold, as a regular expression for the `u` flag: no C0 and C1 controls, no line and paragraph
 * separators, no lone surrogates: what breaks logs, keys or UTF-8.
 */
export const namePattern = "^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ud800-\\udfff]+$";

const wellFormed = new RegExp(namePattern, "u");

const isName = (value: unknown): value is string =>
  typeof value === "string" &&
  value.length <= 2 * nameLengthMax &&
  (value.length <= nameLengthMax || [...value].length <= nameLengthMax) &&
  wellFormed.test(value);

/** A peer id: 1 to 256 characters, no control characters, well-formed. Case-sensitive, never trimmed. */
export const parsePeerId = (value: unknown): PeerId | undefined =>
  isName(value) ? (value as PeerId) : undefined;

/** A room name: the same grammar as a peer id. */
export const parseRoomName = (value: unknown): RoomName | undefined =>
  isName(value) ? (value as RoomName) : undefined;

/** A realm: the same grammar as a peer id. */
export const parseRealm = (value: unknown): Realm | undefined =>
  isName(value) ? (value as Realm) : undefined;

/** A call id: the same grammar as a peer id. */
export const parseCallId = (value: unknown): CallId | undefined =>
  isName(value) ? (value as CallId) : undefined;

/** The map key of a room. Names hold no control character, so the separator is unambiguous. */
export const roomKey = (realm: Realm, room: RoomName): RoomKey => `${realm}\n${room}` as RoomKey;

export const realmOf = (key: RoomKey): Realm => key.slice(0, key.indexOf("\n")) as Realm;
export const roomOf = (key: RoomKey): RoomName => key.slice(key.indexOf("\n") + 1) as RoomName;
