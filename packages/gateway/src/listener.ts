// SPDX-License-Identifier: MIT
/** The one port: HTTP or HTTPS, with bounds on what is held open before anything useful has been said. */
import { createServer, type IncomingMessage, type Server, type ServerOptions } from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Limits } from "@signalbox/core";
import { plainAddress, type Trusts } from "./address.ts";
import type { AddressBook, AddressRecord } from "./address-book.ts";
import type { HttpRequest, HttpResponse } from "./exchange.ts";
import { speakBoth } from "./protocol.ts";

/** PEM texts. */
export interface Credentials {
  readonly certificate: string;
  readonly key: string;
}

export interface ListenerParts {
  /** With them TLS, else plain HTTP. */
  readonly credentials?: Credentials;
  readonly limits: Limits;
  readonly addresses: AddressBook;
  readonly trusts: Trusts;
  readonly request: (request: HttpRequest, response: HttpResponse) => void;
  readonly upgrade: (request: IncomingMessage, raw: Duplex, head: Buffer) => void;
  /** A connection could not be accepted; the listener goes on. */
  readonly failed: (error: Error) => void;
}

export interface Listener {
  /** Binds. Fails with the system's error. Without a host: all interfaces. */
  listen(port: number, host?: string): Promise<AddressInfo>;
  /** New connections get these; open ones keep theirs. Throws where the two do not fit together. */
  renew(credentials: Credentials): void;
  /** Stops accepting. Settles when every HTTP exchange is over; lines are the gateways' to end. */
  close(): Promise<void>;
  /** Cuts what is not a line. */
  cut(): void;
}

/** The lowest TLS version spoken: what every browser of the last ten years can do. */
const tlsFloor = "TLSv1.2";

export const listener = (parts: ListenerParts): Listener => {
  const { limits, credentials } = parts;
  const options: ServerOptions = {
    headersTimeout: limits.handshakeMs,
    requestTimeout: limits.handshakeMs,
    connectionsCheckingInterval: Math.max(10, Math.min(1_000, limits.handshakeMs / 4)),
    // Any other protocol in the Upgrade header (h2c, from some tools) is an offer that may be passed over: HTTP/2 is
    // spoken with who begins with it.
    shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === "websocket",
  };
  const secure =
    credentials === undefined
      ? undefined
      : createSecureServer({
          ...options,
          ...tlsOptions(credentials),
          ALPNProtocols: ["h2", "http/1.1"],
          handshakeTimeout: limits.handshakeMs,
        });
  const server: Server | SecureServer = secure ?? createServer(options);
  // A quarter above the lines leaves room for pages, health checks, and lines that are refused in words.
  server.maxConnections = limits.connections + Math.max(256, Math.floor(limits.connections / 4));
  server.on("upgrade", parts.upgrade);
  let closing = false;
  const request = (asked: HttpRequest, response: HttpResponse): void => {
    // A client that asks and then does not read the answer. Not `server.timeout`: that gives each line a timer to keep.
    // HTTP/2 has times of its own.
    if (asked.httpVersionMajor === 1) asked.socket.setTimeout(limits.handshakeMs);
    // Whoever was answered at the end keeps its connection no longer.
    response.once("close", () => {
      if (closing) setImmediate(() => server.closeIdleConnections());
    });
    parts.request(asked, response);
  };
  server.on("request", request);
  const protocols = speakBoth(server, limits, request);
  boundUnfinished(server, parts);
  return {
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
          server.off("error", reject);
          // From here on an error is one connection that could not be taken (ENFILE, ENOBUFS): the next may.
          server.on("error", parts.failed);
          const address = server.address();
          if (address !== null && typeof address !== "string") resolve(address);
        });
      }),
    renew(fresh) {
      secure?.setSecureContext(tlsOptions(fresh));
    },
    close() {
      closing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      protocols.close();
      return closed;
    },
    cut() {
      closing = true;
      if (server.listening) server.close();
      server.closeAllConnections();
      protocols.cut();
    },
  };
};

const tlsOptions = ({ certificate, key }: Credentials) =>
  ({ cert: certificate, key, minVersion: tlsFloor }) as const;

/** Who a connection is counted for. Kept in the socket itself, which costs less than a map of all sockets. */
const holder = Symbol("holder");

interface HeldSocket extends Socket {
  [holder]?: AddressRecord | undefined;
}

/**
 * Of connections that are no lines (yet) an address has at most as many as it may have lines: more are cut without a
 * word, because a word would have to be read first. Proxies are exempt: their connections belong to others.
 */
const boundUnfinished = (
  server: Server | SecureServer,
  { limits, addresses, trusts }: ListenerParts,
): void => {
  const onClose = function (this: HeldSocket): void {
    const record = this[holder];
    if (record === undefined) return;
    this[holder] = undefined;
    addresses.release(record, "sockets");
  };
  // Before anything is read from it.
  server.prependListener("connection", (socket: HeldSocket) => {
    const address = socket.remoteAddress;
    // Gone already.
    if (address === undefined) return;
    if (trusts(plainAddress(address))) return;
    const record = addresses.of(plainAddress(address));
    if (record.sockets - record.lines >= limits.connectionsPerAddress) {
      socket.destroy();
      return;
    }
    addresses.hold(record, "sockets");
    socket[holder] = record;
    socket.on("close", onClose);
  });
};
