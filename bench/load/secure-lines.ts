// SPDX-License-Identifier: MIT
/** Lines with and without TLS, each with a full handshake: no session of an earlier one is taken up again. */
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectSecure } from "node:tls";
import { strangers } from "./entrance.ts";
import { wires } from "./wires.ts";

export interface SecureLinesJob {
  readonly port: number;
  readonly secure: boolean;
  readonly lines: number;
  readonly underWay: number;
}

/** Without payload, masked. */
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);
const pingByte = 0x89;

const openLine = (port: number, secure: boolean): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const place = { host: "127.0.0.1", port };
    const socket = secure ? connectSecure({ ...place, rejectUnauthorized: false }) : connectPlain(place);
    socket.setNoDelay(true);
    socket.on("error", reject);
    let open = false;
    socket.on("data", (bytes) => {
      if (open && bytes[0] === pingByte) socket.write(pong);
      // The server under measurement answers in one piece.
      else if (!open && bytes.toString("latin1").startsWith("HTTP/1.1 101")) {
        open = true;
        resolve(socket);
      }
    });
    socket.write(
      `GET ${wires.unrupt.target(strangers())} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    );
  });

/** Gives back what ends them. */
export const openLines = async ({ port, secure, lines, underWay }: SecureLinesJob): Promise<() => void> => {
  const sockets: Socket[] = [];
  let begun = 0;
  const lane = async () => {
    while (begun < lines) {
      begun += 1;
      sockets.push(await openLine(port, secure));
    }
  };
  await Promise.all(Array.from({ length: underWay }, lane));
  return () => {
    for (const socket of sockets) socket.destroy();
  };
};
