// SPDX-License-Identifier: MIT
/** A gateway on a loopback port of its own, and clients to it. */
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { connect as connectTcp, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { type Dialect, type Limits, type Observation, withLimits } from "@signalbox/core";
import { type HandClock, handClock } from "@signalbox/core/testing";
import { type ClientOptions, WebSocket } from "ws";
import { addressBook, type Route, router, trustedProxies, webSocketGateway } from "../index.ts";
import { type Credentials, listener } from "../listener.ts";
import { type Client, clientOf } from "./client.ts";
import { type ProbeHub, probe, probeHub } from "./probe.ts";

export interface BenchOptions {
  readonly dialects?: readonly Dialect[];
  readonly limits?: Partial<Limits>;
  readonly basePath?: string;
  readonly proxies?: readonly string[];
  readonly credentials?: Credentials;
  readonly routes?: readonly Route[];
}

export interface Bench {
  readonly port: number;
  readonly clock: HandClock;
  readonly hub: ProbeHub;
  readonly observed: Observation[];
  readonly gateway: ReturnType<typeof webSocketGateway>;
  readonly listener: ReturnType<typeof listener>;
  /** A WebSocket that is open. Fails with the HTTP status where it was refused before the upgrade. */
  connect(
    path?: string,
    options?: ClientOptions & { readonly protocols?: readonly string[] },
  ): Promise<Client>;
  /** The answer to an upgrade that is refused. */
  refusal(
    path?: string,
    headers?: { readonly [name: string]: string },
  ): Promise<{ status: number; headers: IncomingMessage["headers"]; body: string }>;
  tcp(): Socket;
}

export const openBench = async (test: TestContext, options: BenchOptions = {}): Promise<Bench> => {
  const clock = handClock();
  const limits = withLimits(options.limits ?? {});
  const addresses = addressBook(limits, clock.now);
  const trusts = trustedProxies(options.proxies ?? []);
  if (trusts === undefined) throw new Error("a proxy of this test is not an address");
  const hub = probeHub();
  const observed: Observation[] = [];
  const place = { basePath: options.basePath ?? "", trusts };
  const gateway = webSocketGateway({
    hub,
    dialects: options.dialects ?? [probe()],
    place,
    limits,
    addresses,
    clock,
    mint: () => "minted",
    observe: (observation) => observed.push(observation),
  });
  const door = listener({
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    limits,
    addresses,
    trusts,
    request: router({
      routes: options.routes ?? [],
      basePath: place.basePath,
      address: () => "192.0.2.1",
      admit: () => undefined,
      answered: () => {},
      failed: (error) => assertNever(error),
    }),
    upgrade: gateway.upgrade,
    failed: assertNever,
  });
  const { port } = await door.listen(0, "127.0.0.1");
  const open: WebSocket[] = [];
  const raw: Socket[] = [];
  test.after(async () => {
    for (const socket of open) socket.terminate();
    for (const socket of raw) socket.destroy();
    gateway.stop();
    const closed = door.close();
    door.cut();
    await closed;
  });
  const scheme = options.credentials === undefined ? "ws" : "wss";
  return {
    port,
    clock,
    hub,
    observed,
    gateway,
    listener: door,
    async connect(path = "/", { protocols = [], ...rest } = {}) {
      const socket = new WebSocket(`${scheme}://127.0.0.1:${port}${path}`, [...protocols], {
        perMessageDeflate: false,
        ...rest,
      });
      open.push(socket);
      const client = clientOf(socket);
      const refused = new Promise<never>((_, reject) => {
        socket.on("unexpected-response", (_request, response) => {
          reject(new Error(`HTTP ${response.statusCode}`));
          socket.terminate();
        });
      });
      socket.on("error", () => {});
      await Promise.race([once(socket, "open"), refused]);
      return client;
    },
    async refusal(path = "/", headers = {}) {
      const request = get({
        host: "127.0.0.1",
        port,
        path,
        headers: {
          connection: "Upgrade",
          upgrade: "websocket",
          "sec-websocket-version": "13",
          "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
          ...headers,
        },
      });
      const [response] = (await once(request, "response")) as [IncomingMessage];
      let body = "";
      for await (const chunk of response) body += chunk;
      return { status: response.statusCode ?? 0, headers: response.headers, body };
    },
    tcp() {
      const socket = connectTcp(port, "127.0.0.1");
      socket.on("error", () => {});
      raw.push(socket);
      return socket;
    },
  };
};

const assertNever = (error: unknown): void => {
  throw error;
};
