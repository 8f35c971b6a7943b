// SPDX-License-Identifier: MIT
/** PeerNet's API alone, on a registry that the test hands in. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import type { TestContext } from "node:test";
import type { RegistryGround } from "@signalbox/core/registry";
import { type Known, peerNet } from "@signalbox/peernet";
import type { Place } from "./wires.ts";

export interface Api {
  readonly rest: Place;
  readonly grpc: Place;
  /** What failed, which the asker was told as something that went wrong. */
  readonly failures: readonly unknown[];
}

const listening = async (t: TestContext, server: Server): Promise<Place> => {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(async () => {
    const closed = once(server, "close");
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
};

export const startApi = async (t: TestContext, registry: RegistryGround, known: Known = {}): Promise<Api> => {
  const failures: unknown[] = [];
  const api = peerNet({
    registry,
    ice: () => ({ servers: [] }),
    failed: (error) => failures.push(error),
  });
  const handle = (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): void => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    api
      .handle(request, response, pathname, searchParams, known)
      .catch((error: unknown) => failures.push(error));
  };
  return {
    rest: await listening(t, createServer(handle)),
    grpc: await listening(t, createHttp2Server(handle)),
    failures,
  };
};
