// SPDX-License-Identifier: MIT
/** The way between two ends, as long as it is said to be: two UDP sockets that stand for the ends and pass on late. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

export interface Path {
  /** A description whose one candidate leads to its end by this way. */
  readonly from: { readonly [Side in "offerer" | "answerer"]: (sdp: string) => string };
  close(): void;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** foundation, component, transport, priority, address, port (RFC 8839, section 5.1). */
const hostCandidate = /^a=candidate:\S+ 1 udp \d+ ([\d.]+) (\d+) typ host.*\r\n/im;
const anyCandidate = /^a=(candidate:.*|end-of-candidates)\r\n/gm;

export const layPath = async (oneWayMs: number): Promise<Path> => {
  const seenAs = { offerer: createSocket("udp4"), answerer: createSocket("udp4") };
  const real = new Map<keyof typeof seenAs, Address>();
  let open = true;
  const pass = (sender: keyof typeof seenAs, receiver: keyof typeof seenAs) =>
    seenAs[receiver].on("message", (packet, { address: host, port }) => {
      // An answerer looks for the offerer before its own description is told.
      if (!real.has(sender)) real.set(sender, { host, port });
      const target = real.get(receiver);
      // What an end sends from another of its addresses could not be answered there.
      if (target === undefined || port !== real.get(sender)?.port) return;
      setTimeout(() => {
        if (open) seenAs[sender].send(packet, target.port, target.host);
      }, oneWayMs);
    });
  pass("offerer", "answerer");
  pass("answerer", "offerer");
  await Promise.all(Object.values(seenAs).map(listening));
  const lead = (side: keyof typeof seenAs) => (sdp: string) => {
    const [line, host, port] = hostCandidate.exec(sdp) ?? [];
    if (line === undefined || host === undefined) throw new Error("no host candidate over UDP and IPv4");
    real.set(side, { host, port: Number(port) });
    const led = line.replace(`${host} ${port}`, `127.0.0.1 ${seenAs[side].address().port}`);
    return sdp.replace(hostCandidate, "a=here\r\n").replace(anyCandidate, "").replace("a=here\r\n", led);
  };
  return {
    from: { offerer: lead("offerer"), answerer: lead("answerer") },
    close() {
      open = false;
      for (const socket of Object.values(seenAs)) socket.close();
    },
  };
};

const listening = async (socket: Socket): Promise<void> => {
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
};
