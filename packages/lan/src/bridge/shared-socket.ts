// SPDX-License-Identifier: MIT
import type { LanSocket } from "../exchange.ts";

/** One socket for several answerers on one port: each gets every datagram. */
export interface SharedSocket {
  /** A part of it: closing that leaves the others alone. */
  part(): LanSocket;
  close(): void;
}

export const shareSocket = (socket: LanSocket): SharedSocket => {
  const parts = new Set<LanSocket>();
  let closed = false;
  socket.onDatagram = (packet, from) => {
    for (const part of [...parts]) part.onDatagram?.(packet, from);
  };
  socket.onError = (error) => {
    for (const part of [...parts]) part.onError?.(error);
  };
  return {
    part() {
      const part: LanSocket = {
        send: (packet, to) => socket.send(packet, to),
        onDatagram: undefined,
        onError: undefined,
        close: () => void parts.delete(part),
      };
      parts.add(part);
      return part;
    },
    close() {
      if (closed) return;
      closed = true;
      parts.clear();
      socket.onDatagram = undefined;
      socket.onError = undefined;
      socket.close();
    },
  };
};
