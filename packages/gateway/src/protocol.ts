// SPDX-License-Identifier: MIT
/** Which HTTP a connection speaks: told by its first bytes, or under TLS by what was negotiated (RFC 9113, 3.2 and 3.3). */

import type { Server } from "node:http";
import { constants, createServer, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { Limits } from "@signalbox/core";
import type { HttpRequest, HttpResponse } from "./exchange.ts";

/** Begins every HTTP/2 connection, and no request of HTTP/1.1. */
const preface = "PRI";

/** Requests that one HTTP/2 connection may have open. RFC 9113 advises no fewer than 100. */
const streamsMax = 128;

export interface Protocols {
  /** Ends HTTP/2 connections once their open requests are answered, and those that have not said what they speak. */
  close(): void;
  cut(): void;
}

/** How long a connection may be silent while a request of it waits for something to happen. Milliseconds. */
export const patienceMs = (limits: Limits): number => limits.waitMaxMs + limits.handshakeMs;

/**
 * Puts HTTP/2 beside the HTTP/1.1 that a server speaks, on its port. What the server bounds for a connection of
 * HTTP/1.1, from the first byte on, is bounded here for one of HTTP/2.
 */
export const speakBoth = (
  server: Server | SecureServer,
  limits: Limits,
  request: (request: HttpRequest, response: HttpResponse) => void,
): Protocols => {
  const sessions = new Set<ServerHttp2Session>();
  const undecided = new Set<Socket>();
  const second = createServer({ settings: { maxConcurrentStreams: streamsMax, enablePush: false } });
  second.on("request", request);
  second.on("session", (session) => bound(session, limits, sessions));
  second.on("sessionError", () => {});
  const secure = "setSecureContext" in server;
  const first = takeOver(server, secure ? "secureConnection" : "connection");
  if (secure) {
    server.on("secureConnection", (socket: TLSSocket) => {
      if (socket.alpnProtocol === "h2") second.emit("connection", socket);
      else first(socket);
    });
  } else {
    server.on("connection", (socket: Socket) => {
      if (!socket.destroyed) decide(socket, limits, undecided, first, second);
    });
  }
  return {
    close() {
      for (const socket of undecided) socket.destroy();
      for (const session of sessions) session.close();
    },
    cut() {
      for (const socket of undecided) socket.destroy();
      for (const session of sessions) session.destroy();
    },
  };
};

/** What the server itself does with a new connection, from now on only when it is called. */
const takeOver = (
  server: Server | SecureServer,
  event: "connection" | "secureConnection",
): ((socket: Socket) => void) => {
  const own = server.listeners(event);
  server.removeAllListeners(event);
  return (socket) => {
    for (const listener of own) listener.call(server, socket);
  };
};

const decide = (
  socket: Socket,
  limits: Limits,
  undecided: Set<Socket>,
  first: (socket: Socket) => void,
  second: Http2Server,
): void => {
  let begun: Buffer | undefined;
  undecided.add(socket);
  // From the connection on, not from its last byte: who drips gains nothing.
  const deadline = setTimeout(() => socket.destroy(), limits.handshakeMs);
  const end = () => {
    clearTimeout(deadline);
    undecided.delete(socket);
    socket.off("data", onData);
    socket.off("close", end);
    socket.off("error", ignore);
    socket.off("end", close);
  };
  const close = () => socket.destroy();
  const onData = (chunk: Buffer): void => {
    begun = begun === undefined ? chunk : Buffer.concat([begun, chunk]);
    const seen = begun.toString("latin1", 0, preface.length);
    if (seen.length < preface.length && preface.startsWith(seen)) return;
    end();
    socket.pause();
    socket.unshift(begun);
    if (seen === preface) {
      second.emit("connection", socket);
    } else {
      first(socket);
      socket.resume();
    }
  };
  socket.on("data", onData);
  socket.on("close", end);
  socket.on("error", ignore);
  // It has nothing to say, and never will.
  socket.on("end", close);
};

/** The close that follows is what counts. */
const ignore = (): void => {};

/** HTTP/2 knows no time for a request to arrive in: here it is the same as for HTTP/1.1. */
const bound = (session: ServerHttp2Session, limits: Limits, sessions: Set<ServerHttp2Session>): void => {
  sessions.add(session);
  session.on("close", () => sessions.delete(session));
  session.on("error", ignore);
  session.setTimeout(limits.handshakeMs, () => session.destroy());
  session.once("stream", () => session.setTimeout(patienceMs(limits)));
  session.on("stream", (stream, _headers, flags) => {
    // END_STREAM: the request is complete with its headers.
    if ((flags & 0x1) !== 0) return;
    // Closed with a code: destroyed without one, the client is not always told (seen with Node 24.21).
    const deadline = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), limits.handshakeMs);
    const done = () => clearTimeout(deadline);
    stream.once("end", done);
    stream.once("close", done);
  });
};
