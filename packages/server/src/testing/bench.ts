// SPDX-License-Identifier: MIT
/** A whole server on a loopback port, with clients of every dialect. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { type Client, clientOf } from "@signalbox/gateway/testing";
import { type ClientOptions, WebSocket } from "ws";
import { type RunningServer, type ServerSurroundings, startServer } from "../compose.ts";
import type { ServerConfig } from "../config/configuration.ts";

export interface Bench {
  readonly server: RunningServer;
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Everything logged so far. */
  log(): string;
  /** A line that is open. */
  connect(path: string, protocols?: readonly string[], options?: ClientOptions): Promise<Client>;
  /** A native line that has sent its first join. */
  native(room: string, id: string, more?: object): Promise<Client>;
  flitter(room: string, id: string): Promise<Client>;
  unrupt(finger: string): Promise<Client>;
}

export const startBench = async (
  test: TestContext,
  config: ServerConfig = {},
  surroundings: ServerSurroundings = {},
): Promise<Bench> => {
  let logged = "";
  const server = await startServer(
    { host: "127.0.0.1", port: 0, level: "trace", ...config },
    {
      log: {
        write: (line) => {
          logged += line;
        },
      },
      pageFolder: join(import.meta.dirname, "no-page"),
      ...surroundings,
    },
  );
  const open: WebSocket[] = [];
  test.after(async () => {
    for (const socket of open) socket.terminate();
    server.cut();
    await server.close();
  });
  const scheme = server.url.startsWith("https") ? "wss" : "ws";
  const host = `127.0.0.1:${server.port}`;
  const connect = async (
    path: string,
    protocols: readonly string[] = [],
    options: ClientOptions = {},
  ): Promise<Client> => {
    const socket = new WebSocket(`${scheme}://${host}${path}`, [...protocols], {
      perMessageDeflate: false,
      rejectUnauthorized: false,
      ...options,
    });
    open.push(socket);
    const client = clientOf(socket);
    await once(socket, "open");
    socket.on("error", () => {});
    return client;
  };
  return {
    server,
    host,
    log: () => logged,
    connect,
    async native(room, id, more = {}) {
      const client = await connect("/", ["signalbox.v1"]);
      client.socket.send(JSON.stringify({ type: "join", seq: 1, room, id, ...more }));
      return client;
    },
    async flitter(room, id) {
      const client = await connect("/");
      client.socket.send(JSON.stringify({ type: "join", id, room }));
      return client;
    },
    unrupt: (finger) => connect(`/websocket/?finger=${encodeURIComponent(finger)}`),
  };
};

/** A folder of its own for a test, with these files in it. */
export const folderOf = async (
  test: TestContext,
  files: { readonly [name: string]: string },
): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
  test.after(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
};
