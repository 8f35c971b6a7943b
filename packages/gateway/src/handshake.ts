// SPDX-License-Identifier: MIT
import type { IncomingMessage } from "node:http";
import type { Handshake } from "@signalbox/core";
import { peerAddress, type Trusts } from "./address.ts";
import type { HttpRequest } from "./exchange.ts";
import { readTarget } from "./target.ts";

/** Where the server stands: below which path, and behind whom. */
export interface Place {
  /** `` or `/below/this`, without a slash at its end. */
  readonly basePath: string;
  readonly trusts: Trusts;
}

/**
 * What a request says of its connection. Undefined where it lies outside the base path.
 *
 * Nothing in it holds on to the request: it may live as long as the line.
 */
export const readHandshake = (request: IncomingMessage, place: Place): Handshake | undefined => {
  const target = readTarget(request.url ?? "", place.basePath);
  if (target === undefined) return undefined;
  const { headers } = request;
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "")?.[1];
  return {
    path: target.path,
    query: queryReader(target.query),
    protocols: readProtocols(headers["sec-websocket-protocol"]),
    ...(headers.origin === undefined ? {} : { origin: headers.origin }),
    ...(bearer === undefined ? {} : { bearer }),
    address: requestAddress(request, place.trusts),
  };
};

/** Who asks: the other end of the connection, or what trusted proxies say of it. */
export const requestAddress = (request: HttpRequest, trusts: Trusts): string =>
  peerAddress(request.socket.remoteAddress ?? "", forwardedFor(request), trusts);

const forwardedFor = (request: HttpRequest): string | undefined => {
  const header = request.headers["x-forwarded-for"];
  return Array.isArray(header) ? header.join(",") : header;
};

const nothing = (): undefined => undefined;

/** First values of query parameters, read when they are asked for (`+` is a space, as forms write it). */
export const queryReader = (query: string): ((name: string) => string | undefined) =>
  query === "" ? nothing : (name) => new URLSearchParams(query).get(name) ?? undefined;

const none: readonly string[] = [];

const readProtocols = (header: string | undefined): readonly string[] =>
  header === undefined
    ? none
    : header
        .split(",")
        .map((protocol) => protocol.trim())
        .filter((protocol) => protocol !== "");
