// SPDX-License-Identifier: MIT
/** The names of everything Signalbox keeps in Redis. What is written together shares a hash tag. */
import { createHash } from "node:crypto";
import type { NodeId, RoomKey } from "@signalbox/core";

export interface Keys {
  /** The leases of all nodes. */
  readonly nodes: string;
  /** The first key of a room; its scripts make the others from it. The room's name is hashed: it may be long, and hold braces. */
  room(room: RoomKey): string;
  /** Rooms in which a lease holds somebody. */
  roomsOf(node: string, epoch: string): string;
  session(session: string): string;
  /** The first key of the registry. */
  readonly registry: string;
  /** Channel on which a node is told. */
  inbox(node: NodeId | ""): string;
  /** Channel on which watchers of the registry are woken; kind and group follow. */
  readonly wakes: string;
}

const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");

export const keysWith = (prefix: string): Keys => ({
  nodes: `${prefix}{nodes}`,
  room: (room) => `${prefix}{${digest(room)}}:m`,
  roomsOf: (node, epoch) => `${prefix}{${node}}:rooms:${epoch}`,
  session: (session) => `${prefix}{s:${session}}`,
  registry: `${prefix}{registry}:v`,
  inbox: (node) => `${prefix}inbox:${node}`,
  wakes: `${prefix}{registry}:wake:`,
});
