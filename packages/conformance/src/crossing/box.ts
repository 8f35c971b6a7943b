// SPDX-License-Identifier: MIT
/** A real server on the loopback, or several that are one, whose dialects meet in one room, and somebody who watches that room. */
import type { TestContext } from "node:test";
import { connect, type Peer, type Room } from "@signalbox/client";
import type { Clock } from "@signalbox/core";
import { type ServerConfig, startServer } from "@signalbox/server";
import { type StunServer, stunServer } from "../../../client/src/testing/stun.ts";

/** The room everybody meets in. */
export const hall = "hall";

/** Unrupt's usual mount is a room of its own. Here its peers meet the others, and are listed to them. */
export const meeting: NonNullable<ServerConfig["mounts"]> = [
  { dialect: "unrupt", path: "/websocket/", room: hall, announced: true },
];

export interface Box {
  /** Of the native protocol and of Flitter. Where there are several servers, each line goes to another one than the line before. */
  readonly url: string;
  /** Of PeerNet; no slash at the end. Where there are several servers, each request goes to the next one. */
  readonly httpUrl: string;
  /** Where an Unrupt page with this id connects. */
  readonly unruptUrl: (id: string) => string;
  readonly stun: StunServer;
  /** In the hall from the beginning; can negotiate nothing. */
  readonly witness: Room;
  /** The next line goes to the server of the witness: what that is told in order has come there. */
  besideWitness(): void;
  /** Settles when that peer is in the hall. */
  present(id: string): Promise<Peer>;
  /** Run when the test is over, the last one first: peers before the server. */
  after(stop: () => unknown): void;
}

/** What a box stands on: servers that are one. */
export interface Servers {
  /** Where they listen: `http://…`, no slash at the end. */
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

export type StartServers = (config: ServerConfig, clock?: Clock) => Promise<Servers>;

export interface BoxOptions {
  readonly config?: ServerConfig;
  readonly clock?: Clock;
  /** Default: one server in this process. */
  readonly start?: StartServers;
}

/** What a suite of crossings is run on. */
export type OpenBox = (test: TestContext, options?: Omit<BoxOptions, "start">) => Promise<Box>;

export const startOne: StartServers = async (config, clock) => {
  const server = await startServer(config, clock === undefined ? {} : { clock });
  return {
    urls: [server.url],
    async stop() {
      const closed = server.close();
      server.cut();
      await closed;
    },
  };
};

/** One after the other, and again from the first. */
const inTurn = (urls: readonly string[]) => {
  let turn = 0;
  return {
    next(): string {
      const url = urls[turn % urls.length];
      turn += 1;
      if (url === undefined) throw new Error("no server");
      return url;
    },
    restart() {
      turn = 0;
    },
  };
};

export const openBox = async (
  test: TestContext,
  { config = {}, clock, start = startOne }: BoxOptions = {},
): Promise<Box> => {
  const stops: (() => unknown)[] = [];
  test.after(async () => {
    for (const stop of stops.reverse()) await stop();
  });
  const servers = await start(
    { host: "127.0.0.1", port: 0, level: "silent", mounts: meeting, ...config },
    clock,
  );
  stops.push(servers.stop);
  const http = inTurn(servers.urls);
  const lines = inTurn(servers.urls.map((url) => url.replace(/^http/, "ws")));
  const stun = await stunServer();
  stops.push(stun.close);
  const witness = await connect({ url: lines.next(), room: hall, id: "witness", media: [] });
  stops.push(witness.session.close);
  return {
    get url() {
      return `${lines.next()}/`;
    },
    get httpUrl() {
      return http.next();
    },
    unruptUrl: (id) => `${lines.next()}/websocket/?finger=${encodeURIComponent(id)}`,
    stun,
    witness,
    besideWitness: lines.restart,
    present(id) {
      const peer = witness.peers.get(id);
      if (peer !== undefined) return Promise.resolve(peer);
      return new Promise((resolve) => {
        const off = witness.on("peer-joined", (joined) => {
          if (joined.id !== id) return;
          off();
          resolve(joined);
        });
      });
    },
    after: (stop) => {
      stops.push(stop);
    },
  };
};
