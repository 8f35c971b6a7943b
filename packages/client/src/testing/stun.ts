// SPDX-License-Identifier: MIT
import { createSocket } from "node:dgram";

/** XORed into what a binding response says (RFC 8489, section 14.2). */
const magicCookie = 0x2112a442;

export interface StunServer {
  readonly url: string;
  close(): void;
}

/**
 * A STUN server on loopback that answers binding requests with XOR-MAPPED-ADDRESS (RFC 8489), and nothing else.
 * `werift` asks a public server where it is given none.
 */
export const stunServer = async (): Promise<StunServer> => {
  const socket = createSocket("udp4");
  socket.on("message", (request, { address, port }) => {
    if (request.length < 20 || request.readUInt16BE(0) !== 0x0001) return;
    const response = Buffer.alloc(32);
    response.writeUInt16BE(0x0101, 0);
    response.writeUInt16BE(12, 2);
    request.copy(response, 4, 4, 20);
    response.writeUInt16BE(0x0020, 20);
    response.writeUInt16BE(8, 22);
    response.writeUInt8(0x01, 25);
    response.writeUInt16BE(port ^ (magicCookie >>> 16), 26);
    const numbers = Buffer.from(address.split(".").map(Number));
    response.writeUInt32BE((numbers.readUInt32BE(0) ^ magicCookie) >>> 0, 28);
    socket.send(response, port, address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { url: `stun:127.0.0.1:${socket.address().port}`, close: () => socket.close() };
};
