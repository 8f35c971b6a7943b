// SPDX-License-Identifier: MIT
/** A real server on the loopback, whose dialects meet in one room, and somebody who watches that room. */
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
  /** Of the native protocol and of Flitter. */
  readonly url: string;
  /** Of PeerNet; no slash at the end. */
  readonly httpUrl: string;
  /** Where an Unrupt page with this id connects. */
  readonly unruptUrl: (id: string) => string;
  readonly stun: StunServer;
  /** In the hall from the beginning; can negotiate nothing. */
  readonly witness: Room;
  /** Settles when that peer is in the hall. */
  present(id: string): Promise<Peer>;
  /** Run when the test is over, the last one first: peers before the server. */
  after(stop: () => unknown): void;
}

export interface BoxOptions {
  readonly config?: ServerConfig;
  readonly clock?: Clock;
}

export const openBox = async (test: TestContext, { config = {}, clock }: BoxOptions = {}): Promise<Box> => {
  const stops: (() => unknown)[] = [];
  test.after(async () => {
    for (const stop of stops.reverse()) await stop();
  });
  const server = await startServer(
    { host: "127.0.0.1", port: 0, level: "silent", mounts: meeting, ...config },
    clock === undefined ? {} : { clock },
  );
  stops.push(async () => {
    const closed = server.close();
    server.cut();
    await closed;
  });
  const stun = await stunServer();
  stops.push(stun.close);
  const url = server.url.replace(/^http/, "ws");
  const witness = await connect({ url, room: hall, id: "witness", media: [] });
  stops.push(witness.session.close);
  return {
    url: `${url}/`,
    httpUrl: server.url,
    unruptUrl: (id) => `${url}/websocket/?finger=${encodeURIComponent(id)}`,
    stun,
    witness,
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
