// SPDX-License-Identifier: MIT
/** A bare `ws` relay that parses each message, writes it again with `from`, and tells its sender what became of it. */
import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { type Started, started } from "./started.ts";

export const receipt = (): Promise<Started> => {
  const server = createServer();
  const peers = new Map<string, WebSocket>();
  const sockets = new WebSocketServer({ server, clientTracking: false, perMessageDeflate: false });
  sockets.on("connection", (socket, request) => {
    const id = new URLSearchParams(request.url?.split("?")[1]).get("id") ?? "";
    peers.set(id, socket);
    socket.on("message", (payload) => {
      const message: { to?: unknown; seq?: unknown; from?: string } = JSON.parse(payload.toString());
      const target = typeof message.to === "string" ? peers.get(message.to) : undefined;
      message.from = id;
      target?.send(JSON.stringify(message));
      socket.send(
        JSON.stringify({ type: "receipt", of: message.seq, fate: target === undefined ? "unknown" : "sent" }),
      );
    });
    socket.on("close", () => peers.delete(id));
    socket.on("error", () => {});
  });
  return started(server);
};
