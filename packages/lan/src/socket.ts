// SPDX-License-Identifier: MIT
import { createSocket } from "node:dgram";
import type { LanSocket } from "./exchange.ts";
import { datagramBytesMax } from "./packet.ts";

/** UDP port of Flitter's broadcast signaling. */
export const defaultPort = 5111;
/** The limited broadcast address: every host on one local network: that of `host`, or else (on Linux) that of the default route. */
export const defaultBroadcast = "255.255.255.255";

export interface SocketOptions {
  readonly role: "caller" | "answerer";
  /** Local address or host name. Default: any. An answerer bound to one address receives no broadcasts on Linux. */
  readonly host?: string;
  /** Port the answerer listens on and the caller sends to. Default 5111; an answerer may give 0 and read the port it got. */
  readonly port?: number;
  /** Where offers go. Default 255.255.255.255; a directed broadcast such as 127.255.255.255 stays on one network. */
  readonly broadcast?: string;
}

export interface BoundSocket extends LanSocket {
  readonly port: number;
}

/** Opens the UDP socket of one role. Several answerers may share a port: each gets every broadcast. Rejects where binding fails. */
export const openSocket = async (options: SocketOptions): Promise<BoundSocket> => {
  const { role, host, port = defaultPort, broadcast = defaultBroadcast } = options;
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ port: role === "answerer" ? port : 0, ...(host ? { address: host } : {}) }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
  if (role === "caller") socket.setBroadcast(true);
  const bound: { -readonly [K in keyof BoundSocket]: BoundSocket[K] } = {
    port: socket.address().port,
    onDatagram: undefined,
    onError: undefined,
    send(packet, to) {
      const [address, target] = to === "everyone" ? [broadcast, port] : [to.address, to.port];
      socket.send(packet, target, address, (error) => {
        if (error !== null) bound.onError?.(error);
      });
    },
    close() {
      bound.onDatagram = undefined;
      socket.close();
    },
  };
  socket.on("message", (packet, from) => {
    // The original reads no further; what is longer would fail its check anyway.
    bound.onDatagram?.(packet.length > datagramBytesMax ? packet.subarray(0, datagramBytesMax) : packet, {
      address: from.address,
      port: from.port,
    });
  });
  socket.on("error", (error) => bound.onError?.(error));
  return bound;
};
