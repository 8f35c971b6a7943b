// SPDX-License-Identifier: MIT
/** Three server processes on one real Redis, started once for a file of tests, and a look at what the directory holds. */
import { randomBytes } from "node:crypto";
import { after } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { parseRedisUrl, redisBackplane } from "@signalbox/backplane/redis";
import { type RedisProcess, realClock, startRedis } from "@signalbox/backplane/testing";
import {
  defaultRealm,
  type Entry,
  isRefusal,
  type NodeId,
  parsePeerId,
  parseRoomName,
  roomKey,
} from "@signalbox/core";
import { type ServerNode, serverNode } from "../chaos/nodes.ts";

export interface Three {
  readonly redis: RedisProcess;
  readonly nodes: readonly ServerNode[];
  /** Where a node listens, counted from 0, round and round: `http://…`. */
  at(index: number): string;
  /** The same for WebSockets. */
  lineAt(index: number): string;
  /** Who holds an id in a room, by what the directory says. */
  holders(room: string, id: string): Promise<readonly Entry[]>;
  /** Settles when so many hold an id in a room. */
  held(room: string, id: string, times: number): Promise<void>;
  /** Settles when nobody is in a room. */
  emptied(room: string): Promise<void>;
}

/** To be called where a file begins: they end with it. */
export const threeNodes = async (options: readonly string[] = []): Promise<Three> => {
  const redis = await startRedis();
  const common = ["--quiet", "--limit", "drainMs=1000", ...options];
  const nodes = await Promise.all([0, 1, 2].map(() => serverNode(redis.port, common)));
  const place = parseRedisUrl(redis.url);
  if (place === undefined) throw new Error("no address of a Redis");
  // A node without a hub: it reads.
  const reader = await redisBackplane({
    place,
    node: "reader" as NodeId,
    clock: realClock,
    freshEpoch: () => randomBytes(6).toString("base64url"),
    leaseMs: 60_000,
    busBytes: 1_000_000,
    changed: () => {},
    failed(error) {
      throw error;
    },
  });
  after(async () => {
    await reader.close();
    for (const node of nodes) await node.stop();
    await redis.stop();
  });
  const keyOf = (room: string) => {
    const name = parseRoomName(room);
    if (name === undefined) throw new Error(`no room: ${room}`);
    return roomKey(defaultRealm, name);
  };
  const holders: Three["holders"] = async (room, id) => {
    const peer = parsePeerId(id);
    if (peer === undefined) throw new Error(`no id: ${id}`);
    const found = await reader.directory.find(keyOf(room), peer);
    if (isRefusal(found)) throw new Error(found.code);
    return found;
  };
  const at = (index: number): string => {
    const { url } = nodes[index % nodes.length] ?? {};
    if (url === undefined) throw new Error(`node ${index % nodes.length} does not run`);
    return url;
  };
  return {
    redis,
    nodes,
    at,
    lineAt: (index) => at(index).replace(/^http/, "ws"),
    holders,
    async held(room, id, times) {
      while ((await holders(room, id)).length !== times) await nextTurn();
    },
    async emptied(room) {
      for (;;) {
        const roster = await reader.directory.roster(keyOf(room), 0, 1);
        if (isRefusal(roster)) throw new Error(roster.code);
        if (roster.entries.length === 0) return;
        await nextTurn();
      }
    },
  };
};
