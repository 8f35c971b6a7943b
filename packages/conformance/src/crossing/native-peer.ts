// SPDX-License-Identifier: MIT
/** A peer on this project's own library, with one stack or another. */
import {
  type Call,
  type CallMedia,
  connect,
  type PeerConnectionConstructor,
  type Room,
} from "@signalbox/client";
import { type Box, hall } from "./box.ts";
import type { Path } from "./path.ts";

export type Kind = "audio" | "video" | "application";

export interface NativeStack {
  readonly RTCPeerConnection: PeerConnectionConstructor;
  readonly configuration: RTCConfiguration;
  /** What it brings into a call. */
  readonly media: CallMedia;
  /** Asked once for each call, before the peer's description is known. */
  pathOf(call: Call): Path;
  stop(): void;
}

export const nativePeer = async (box: Box, id: string, stack: NativeStack): Promise<Room> => {
  const { RTCPeerConnection, configuration } = stack;
  const services = [{ name: "call", protocol: "call" }];
  const room = await connect({ url: box.url, room: hall, id, services, RTCPeerConnection, configuration });
  box.after(() => {
    room.session.close();
    stack.stop();
  });
  return room;
};
