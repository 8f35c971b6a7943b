// SPDX-License-Identifier: MIT
/** What the bridge and the hub say to each other: JSON in text frames, though both are in one process. */
import {
  type CallId,
  type Frame,
  type PeerId,
  parseCallId,
  parsePeerId,
  parseRoomName,
  type RoomName,
  textFrame,
} from "@signalbox/core";

/** Name of this dialect, as other peers are told it. */
export const dialectName = "lan";

export type ToHub =
  | { readonly type: "join"; readonly peer: PeerId; readonly room: RoomName; readonly credential?: string }
  | {
      readonly type: "offer" | "answer";
      readonly to: PeerId;
      readonly call: CallId;
      readonly sdp: string;
      readonly ref: number;
    }
  | { readonly type: "bye"; readonly to: PeerId; readonly call: CallId; readonly reason: string };

/** Somebody in the room that could take a call from the LAN. */
export interface Reachable {
  readonly peer: PeerId;
  readonly session: string;
}

export type FromHub =
  /** Who can be called, now. */
  | { readonly type: "members"; readonly members: readonly Reachable[] }
  | { readonly type: "offer" | "answer"; readonly from: PeerId; readonly call: CallId; readonly sdp: string }
  | { readonly type: "bye"; readonly from: PeerId; readonly call: CallId }
  /** It did not reach anybody, and why. */
  | { readonly type: "failed"; readonly ref: number; readonly why: string }
  /** The line ends. `retry`: a later one may do better. */
  | { readonly type: "closing"; readonly why: string; readonly retry: boolean };

export const frameOf = (message: ToHub | FromHub): Frame => textFrame(JSON.stringify(message));

const isRecord = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null;

/** Undefined for anything that is none: the hub never throws on what a line says. */
export const parseToHub = (frame: Frame): ToHub | undefined => {
  if (frame.kind === "binary") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(frame.text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const { type, credential, sdp, ref, reason } = value;
  if (type === "join") {
    const peer = parsePeerId(value.peer);
    const room = parseRoomName(value.room);
    if (peer === undefined || room === undefined) return undefined;
    return { type, peer, room, ...(typeof credential === "string" ? { credential } : {}) };
  }
  const to = parsePeerId(value.to);
  const call = parseCallId(value.call);
  if (to === undefined || call === undefined) return undefined;
  if (type === "bye" && typeof reason === "string") return { type, to, call, reason };
  if ((type === "offer" || type === "answer") && typeof sdp === "string" && typeof ref === "number") {
    return { type, to, call, sdp, ref };
  }
  return undefined;
};

/** What the codec wrote, as the bridge reads it: both are of one version, so nothing is checked twice. */
export const readFromHub = (frame: Frame): FromHub =>
  JSON.parse(frame.kind === "text" ? frame.text : "null") as FromHub;
