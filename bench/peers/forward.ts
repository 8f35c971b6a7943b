// SPDX-License-Identifier: MIT
/** A bare `ws` relay that reads nothing: who a connection's messages go to stands in its URL. */
import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { type Started, started } from "./started.ts";

export const forward = (): Promise<Started> => {
  const server = createServer();
  const peers = new Map<string, WebSocket>();
  const sockets = new WebSocketServer({ server, clientTracking: false, perMessageDeflate: false });
  sockets.on("connection", (socket, request) => {
    const query = new URLSearchParams(request.url?.split("?")[1]);
    const id = query.get("id") ?? "";
    const to = query.get("to") ?? "";
    peers.set(id, socket);
    socket.on("message", (payload, isBinary) => peers.get(to)?.send(payload, { binary: isBinary }));
    socket.on("close", () => peers.delete(id));
    socket.on("error", () => {});
  });
  return started(server);
};
