// SPDX-License-Identifier: MIT
import {
  type Codec,
  type Decoded,
  type Entry,
  type Event,
  type NodeId,
  type PeerId,
  type RoomKey,
  type RoomName,
  type SessionId,
  textFrame,
} from "@signalbox/core";
import { type HandshakeParts, handshakeAt } from "@signalbox/core/testing";
import { native } from "../codec.ts";

export const open = (target = "/", parts: HandshakeParts = {}): Codec =>
  native().open(handshakeAt(target, { protocols: ["signalbox.v1"], ...parts }), () => "minted");
export const decode = (codec: Codec, frame: object | string): Decoded =>
  codec.decode(textFrame(typeof frame === "string" ? frame : JSON.stringify(frame)), 0);

export const room = "r" as RoomName;
export const member = (id: string): Entry => ({
  peer: id as PeerId,
  session: `session of ${id}` as SessionId,
  order: 1,
  protocol: "native",
  traits: { takes: "trickle", gives: "trickle", media: ["audio"], messages: true },
  services: [],
  room: "default\nr" as RoomKey,
  node: "n1" as NodeId,
  claim: "exclusive",
  announced: true,
  listens: true,
});
export const joined = (where: RoomName): Event => ({
  type: "joined",
  room: where,
  self: member("ann"),
  roster: [],
  snapshot: false,
});

/** A codec whose peer is in one room. */
export const inRoom = (): Codec => {
  const codec = open();
  decode(codec, { type: "join", seq: 1, room: "r" });
  codec.encode(joined(room), 1, 0);
  return codec;
};

/** Signals compared by what they say: their verbatim text and their meaning. */
export const plain = (decoded: Decoded): unknown =>
  JSON.parse(JSON.stringify(decoded, (_, value) => (typeof value === "function" ? value() : value)));
