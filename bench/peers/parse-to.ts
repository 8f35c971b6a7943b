// SPDX-License-Identifier: MIT
/** A bare `ws` relay that parses each message, reads `to`, and passes the bytes on as they came. */
import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { type Started, started } from "./started.ts";

export const parseTo = (): Promise<Started> => {
  const server = createServer();
  const peers = new Map<string, WebSocket>();
  const sockets = new WebSocketServer({ server, clientTracking: false, perMessageDeflate: false });
  sockets.on("connection", (socket, request) => {
    const id = new URLSearchParams(request.url?.split("?")[1]).get("id") ?? "";
    peers.set(id, socket);
    socket.on("message", (payload, isBinary) => {
      const message: { to?: unknown } = JSON.parse(payload.toString());
      if (typeof message.to === "string") peers.get(message.to)?.send(payload, { binary: isBinary });
    });
    socket.on("close", () => peers.delete(id));
    socket.on("error", () => {});
  });
  return started(server);
};
