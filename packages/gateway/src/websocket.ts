// SPDX-License-Identifier: MIT
/**
 * The WebSocket transport (RFC 6455). It knows bytes, bounds and liveness; it never looks into a payload.
 *
 * Upgrade, open, message, close, error: in this order below.
 */
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import {
  type Clock,
  type Dialect,
  explain,
  type Frame,
  type Handshake,
  type Limits,
  type Line,
  type LinePort,
  type Observe,
  type Refusal,
  refusal,
  refusals,
} from "@signalbox/core";
import { type RawData, type Server, type WebSocket, WebSocketServer } from "ws";
import type { AddressBook, AddressRecord } from "./address-book.ts";
import { type Place, readHandshake } from "./handshake.ts";
import { watchLiveness } from "./liveness.ts";
import { LineSocket, SocketPort, type Wires } from "./socket-port.ts";

/** How long a closed line is awaited before its TCP connection is cut. Milliseconds. 5 s: slow phones answer in two. */
const closeWithinMs = 5_000;

export interface WebSocketGatewayParts {
  readonly hub: { open(port: LinePort, dialect: Dialect, handshake: Handshake): Line };
  /** The first that accepts a handshake gets it. */
  readonly dialects: readonly Dialect[];
  readonly place: Place;
  /** The server's own bounds. */
  readonly limits: Limits;
  readonly addresses: AddressBook;
  readonly clock: Clock;
  /** Makes fresh ids, for codecs that only refuse. */
  readonly mint: () => string;
  readonly observe: Observe;
}

export interface WebSocketGateway {
  /** Takes an upgrade request over from the HTTP server. */
  upgrade(request: IncomingMessage, raw: Duplex, head: Buffer): void;
  /** Refuses all further handshakes as `draining`. The lines that are open are the hub's to refuse. */
  drain(): void;
  /** Cuts what is still open. */
  stop(): void;
  readonly stats: GatewayStats;
}

/** Totals since the start, and what is open now. */
export interface GatewayStats {
  readonly lines: number;
  readonly framesRead: number;
  readonly bytesRead: number;
  readonly framesWritten: number;
  readonly bytesWritten: number;
}

export const webSocketGateway = (parts: WebSocketGatewayParts): WebSocketGateway => {
  const { hub, dialects, place, limits, addresses, clock, observe } = parts;
  const ports = new Set<SocketPort>();
  /** Accepted only to be told no. */
  const refusing = new Set<WebSocket>();
  const refusingMax = Math.max(64, Math.floor(limits.connections / 10));
  const servers = new Map(dialects.map((dialect) => [dialect, serverFor(dialect)]));
  const stopWatching = watchLiveness(ports, dialects, clock);
  let draining = false;
  let framesRead = 0;
  let bytesRead = 0;

  // Upgrade

  const admit = (handshake: Handshake, dialect: Dialect, record: AddressRecord): Refusal | undefined => {
    const waitMs = addresses.handshakeWaitMs(record);
    if (draining) return refusal("draining");
    if (!mayConnect(dialect, handshake)) return refusal("origin-refused");
    if (waitMs > 0) return refusal("rate-limited", undefined, waitMs);
    if (ports.size >= limits.connections) return refusal("overloaded");
    if (record.lines >= limits.connectionsPerAddress)
      return refusal("overloaded", "Your address holds as many as it may.");
    return undefined;
  };

  const upgrade = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    const handshake = readHandshake(request, place);
    const dialect = handshake && dialects.find((candidate) => candidate.accepts(handshake));
    const server = dialect && servers.get(dialect);
    if (handshake === undefined || dialect === undefined || server === undefined) {
      answer(raw, 404, "Nothing speaks WebSocket at this path.");
      return;
    }
    const record = addresses.of(handshake.address);
    const no = admit(handshake, dialect, record);
    if (no === undefined) {
      server.handleUpgrade(request, raw, head, (socket) => open(socket, raw, dialect, handshake, record));
      return;
    }
    observe({ type: "refused", dialect: dialect.name, code: no.code });
    if (dialect.refusesHandshakes === "http") {
      answer(raw, refusals[no.code].http, explain(no), no);
    } else if (refusing.size < refusingMax) {
      server.handleUpgrade(request, raw, head, (socket) => turnAway(socket, dialect, handshake, no));
    } else {
      raw.destroy();
    }
  };

  // Open

  const open = (
    socket: LineSocket,
    raw: Duplex,
    dialect: Dialect,
    handshake: Handshake,
    record: AddressRecord,
  ): void => {
    const port = new SocketPort(socket, raw, dialect, record, wires);
    socket.port = port;
    addresses.hold(record, "lines");
    ports.add(port);
    port.line = hub.open(port, dialect, handshake);
  };

  /** A connection that is told no in its dialect's own words, and never reaches the hub. */
  const turnAway = (socket: LineSocket, dialect: Dialect, handshake: Handshake, no: Refusal): void => {
    refusing.add(socket);
    socket.on("close", onTurnedAway);
    socket.on("error", ignoreBrokenTransport);
    const closing = dialect.open(handshake, parts.mint).refuse(no);
    for (const frame of closing.frames) socket.send(frame.kind === "text" ? frame.text : frame.bytes);
    socket.close(closing.code, closing.reason);
  };

  function onTurnedAway(this: WebSocket): void {
    refusing.delete(this);
  }

  // Message

  const spend = (port: SocketPort): boolean => {
    port.heard = true;
    const waitMs = addresses.frameWaitMs(port.address);
    if (waitMs === 0) return true;
    port.refuse(refusal("rate-limited", "All connections of this address count together.", waitMs));
    return false;
  };

  const onMessage = (port: SocketPort, payload: RawData, isBinary: boolean): void => {
    if (port.closing || !Buffer.isBuffer(payload)) return;
    framesRead += 1;
    bytesRead += payload.length;
    if (!spend(port)) return;
    const frame: Frame = isBinary
      ? { kind: "binary", bytes: payload }
      : { kind: "text", text: payload.toString(), bytes: payload };
    port.line?.receive(frame);
  };

  /** Pings and pongs are signs of life, and count like frames. */
  const onControl = (port: SocketPort): void => {
    if (!port.closing) spend(port);
  };

  // Close

  const onClose = (port: SocketPort): void => {
    if (!ports.delete(port)) return;
    port.closing = true;
    addresses.release(port.address, "lines");
    port.line?.closed();
  };

  // Error

  /** `ws` has found a frame it may not pass on, and is closing with the code of RFC 6455 for it: 1002 or 1007. */
  const onError = (port: SocketPort, error: NodeJS.ErrnoException): void => {
    if (port.closing) return;
    port.closing = true;
    if (error.code?.startsWith("WS_ERR_")) port.line?.refuse(refusal("malformed", error.message));
  };

  const hearing = { message: onMessage, control: onControl, closed: onClose, failed: onError };
  const wires: Wires = { hearing, corked: [], framesWritten: 0, bytesWritten: 0 };

  return {
    upgrade,
    drain() {
      draining = true;
    },
    stop() {
      stopWatching();
      for (const port of ports) port.socket.terminate();
      for (const socket of refusing) socket.terminate();
    },
    get stats() {
      return {
        lines: ports.size,
        framesRead,
        bytesRead,
        framesWritten: wires.framesWritten,
        bytesWritten: wires.bytesWritten,
      };
    },
  };
};

const serverFor = (dialect: Dialect): Server<typeof LineSocket> => {
  const { subprotocol } = dialect;
  const options = {
    noServer: true,
    WebSocket: LineSocket,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: dialect.limits.frameBytes,
    closeTimeout: closeWithinMs,
    // A subprotocol nobody asked for must not be answered (RFC 6455, 4.2.2).
    handleProtocols: (offered: ReadonlySet<string>) =>
      subprotocol !== undefined && offered.has(subprotocol) ? subprotocol : (false as const),
  };
  return new WebSocketServer(options);
};

/** Only pages have an origin; programs may leave it out, and could write any. */
const mayConnect = (dialect: Dialect, handshake: Handshake): boolean =>
  dialect.origins === undefined ||
  handshake.origin === undefined ||
  dialect.origins.includes(handshake.origin);

function destroy(this: Duplex): void {
  this.destroy();
}

/** The close that follows is what counts. */
const ignoreBrokenTransport = (): void => {};

/** Answers an upgrade request with a status, in place of an upgrade. */
const answer = (raw: Duplex, status: number, sentence: string, no?: Refusal): void => {
  const body = `${sentence}\n`;
  const wait =
    no !== undefined && refusals[no.code].retry
      ? `Retry-After: ${Math.ceil((no.retryAfterMs ?? 1_000) / 1_000)}\r\n`
      : "";
  raw.on("error", destroy);
  raw.once("finish", destroy);
  raw.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${wait}\r\n${body}`,
  );
};
