// SPDX-License-Identifier: MIT
/** A bare `ws` server that says back what it hears. */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { type Started, started } from "./started.ts";

export const echo = (): Promise<Started> => {
  const server = createServer();
  const sockets = new WebSocketServer({ server, clientTracking: false, perMessageDeflate: false });
  sockets.on("connection", (socket) => {
    socket.on("message", (payload, isBinary) => socket.send(payload, { binary: isBinary }));
    socket.on("error", () => {});
  });
  return started(server);
};
