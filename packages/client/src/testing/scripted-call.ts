// SPDX-License-Identifier: MIT
import { handClock } from "@signalbox/core/testing";
import { connect } from "../connect.ts";
import type { PeerFrame } from "../wire.ts";
import { joined, scriptedServer, welcome } from "./scripted-server.ts";
import { wrtcConnection, wrtcStack } from "./stacks.ts";

/** A call to `bob` whose offer is out, at a scripted server. */
export const scriptedCall = async () => {
  const server = scriptedServer();
  const joining = connect({
    url: "ws://x",
    WebSocket: server.WebSocket,
    RTCPeerConnection: wrtcStack.RTCPeerConnection,
    clock: handClock(),
  });
  const { line } = server;
  line.accept();
  const limits = {
    frameBytes: 65_536,
    sdpBytes: 65_536,
    messageBytes: 1024,
    framesPerSecond: 100,
    frameBurst: 400,
  };
  line.tell(welcome({ limits }), joined());
  const room = await joining;
  line.take();
  const call = room.call("bob", { channels: ["chat"] });
  const written: PeerFrame[] = [];
  for (;;) {
    written.push(...line.take());
    const [offer] = written.flatMap((frame) =>
      frame.type === "signal" && frame.signal.kind === "offer" ? [frame.signal.sdp] : [],
    );
    if (offer !== undefined) return { call, room, line, offer, tell: line.tell };
    await new Promise((resolve) => setImmediate(resolve));
  }
};

/** An answer with all its candidates, and the connection behind it. */
export const answerTo = async (offer: string): Promise<{ readonly sdp: string; close(): void }> => {
  const connection = wrtcConnection();
  await connection.setRemoteDescription({ type: "offer", sdp: offer });
  await connection.setLocalDescription(await connection.createAnswer());
  while (connection.iceGatheringState !== "complete") await new Promise((resolve) => setImmediate(resolve));
  return { sdp: connection.localDescription?.sdp ?? "", close: () => connection.close() };
};
