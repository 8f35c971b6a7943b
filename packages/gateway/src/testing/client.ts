// SPDX-License-Identifier: MIT
import type { WebSocket } from "ws";

/** A WebSocket as a test reads it. */
export interface Client {
  readonly socket: WebSocket;
  /** The next text message; fails when the connection closes first. */
  next(): Promise<string>;
  /** The close code and reason. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

/** Keeps what comes, so that nothing is missed between two calls of `next`. */
export const clientOf = (socket: WebSocket): Client => {
  const arrived: string[] = [];
  const waiting: { resolve(text: string): void; reject(error: Error): void }[] = [];
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on("close", (code, reason) => {
      resolve({ code, reason: reason.toString() });
      for (const { reject } of waiting.splice(0)) reject(new Error(`closed with ${code}`));
    });
  });
  socket.on("message", (payload) => {
    const text = payload.toString();
    const first = waiting.shift();
    if (first === undefined) arrived.push(text);
    else first.resolve(text);
  });
  return {
    socket,
    closed,
    next() {
      const text = arrived.shift();
      if (text !== undefined) return Promise.resolve(text);
      if (socket.readyState === socket.CLOSED) return Promise.reject(new Error("closed"));
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
  };
};
