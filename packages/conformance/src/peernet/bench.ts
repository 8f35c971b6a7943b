// SPDX-License-Identifier: MIT
/** A whole server for a test, and what devices and clients say to it. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import {
  type RunningServer,
  type ServerConfig,
  type ServerSurroundings,
  startServer,
} from "@signalbox/server";
import type { Place } from "./wires.ts";

export const deviceToken = "device-token-of-at-least-128-bits";
export const clientToken = "client-token-of-at-least-128-bits";
export const strangerToken = "stranger-token-of-at-least-128-bits";

/** What a suite is run against: one server, or several that are to be one. */
export interface PeerNetBox extends Place, Pick<RunningServer, "drain" | "cut" | "close"> {}

export type StartBox = (
  test: TestContext,
  config?: ServerConfig,
  surroundings?: ServerSurroundings,
) => Promise<PeerNetBox>;

export const startBox: StartBox = async (test, config = {}, surroundings = {}) => {
  const server = await startServer(
    { host: "127.0.0.1", port: 0, level: "silent", ...config },
    { pageFolder: join(import.meta.dirname, "no-page"), ...surroundings },
  );
  test.after(async () => {
    server.cut();
    await server.close();
  });
  return server;
};

const description = (ufrag: string): string =>
  [
    "v=0",
    "o=- 4611731400430051336 2 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    `a=ice-ufrag:${ufrag}`,
    "a=ice-pwd:aVeryLongIcePasswordOf24+",
    "a=mid:0",
    "a=sctp-port:5000",
    "",
  ].join("\r\n");

export const offer = { type: "offer", sdp: description("offr") };
export const answer = { type: "answer", sdp: description("answ") };

export const candidate = (port: number, usernameFragment = "offr") => ({
  candidate: `candidate:1 1 udp 2122260223 192.0.2.1 ${port} typ host`,
  sdpMid: "0",
  sdpMLineIndex: 0,
  usernameFragment,
});

export const camera = {
  uniqueId: "cam",
  displayName: "Front door",
  services: [{ protocol: "camera", version: "1.2", attributes: { resolution: "720p" } }],
};

/** One JSON request, as a simple client makes it. */
export const ask = async (
  server: { readonly url: string },
  method: string,
  path: string,
  body?: unknown,
  token?: string,
  headers: { readonly [name: string]: string } = {},
) => {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  // Whatever the server says: each test looks for what it needs.
  // biome-ignore lint/suspicious/noExplicitAny: read from the wire, and checked by assertions
  const json: any = type.includes("json") && text !== "" ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
};
