// SPDX-License-Identifier: MIT
/** A Flitter program that knows of no server, and the box's line on the LAN that stands for it in the room. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import wrtc from "@roamhq/wrtc";
import { keyRing, lanPeer } from "@signalbox/lan";
import type { ServerConfig } from "@signalbox/server";
import { hall } from "./box.ts";
import type { Actor, Role } from "./cast.ts";
import { wrtcPath, wrtcStream } from "./on-wrtc.ts";
import type { Path } from "./path.ts";

/** Broadcasts of the loopback network: they never leave the machine. */
const broadcast = "127.255.255.255";
const secret = "ours";

/** A UDP port that was free a moment ago, for the box and the program to share. */
const freePort = async (): Promise<number> => {
  const socket = createSocket("udp4");
  socket.bind(0);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
};

export interface LanCast {
  /** For the box: whoever calls this id in the hall calls the LAN, and whoever calls it on the LAN calls the hall. */
  readonly config: (id: string) => ServerConfig;
  readonly program: Actor;
}

const brightnessOf = { call: 50, answer: 80 };

export const onLan = async (): Promise<LanCast> => {
  const port = await freePort();
  const keys = keyRing();
  const start = async (
    box: { after(stop: () => unknown): void },
    role: "call" | "answer",
    id: string,
  ): Promise<Role> => {
    const problems: string[] = [];
    const brightness = brightnessOf[role];
    const { stream, stop } = wrtcStream(brightness, ["video"]);
    const paths: { stop(): void }[] = [];
    let made: (path: Path) => void = () => {};
    const path = new Promise<Path>((resolve) => {
      made = resolve;
    });
    const peer = await lanPeer({
      [role]: id,
      secret,
      port,
      broadcast,
      keys,
      onProblem: ({ code }) => problems.push(code),
      makeConnection() {
        const connection = new wrtc.RTCPeerConnection({ iceServers: [], bundlePolicy: "max-bundle" });
        for (const track of stream.getTracks()) connection.addTrack(track, stream);
        const own = wrtcPath(connection);
        paths.push(own);
        made(own);
        return connection;
      },
    });
    box.after(() => {
      peer.close();
      for (const own of paths) own.stop();
      stop();
    });
    return { path, brightness, agreed: path, faults: () => problems };
  };
  return {
    config: (id) => ({ lan: { lines: [{ id, secret, room: hall }], port, broadcast } }),
    program: {
      name: "a Flitter program on the LAN",
      protocol: "lan",
      sends: ["video"],
      awaits: (box, id) => start(box, "answer", id),
      calls: (box, id) => start(box, "call", id),
    },
  };
};
