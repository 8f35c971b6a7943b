// SPDX-License-Identifier: MIT
/** Three servers of one process on a real Redis, so that a test can turn the clock of all. Whoever looks for an address finds the next one. */
import { basename } from "node:path";
import { after, type TestContext } from "node:test";
import { startRedis } from "@signalbox/backplane/testing";
import type { ServerConfig, ServerSurroundings } from "@signalbox/server";
import { type PeerNetBox, type StartBox, startBox } from "../peernet/bench.ts";

/**
 * To be called where a file begins: Redis ends with it. Each box has a prefix of its own, which is to several servers what
 * a folder is to one: those that are started with the same folder find what was there.
 */
export const threeInTurn = async (): Promise<StartBox> => {
  const redis = await startRedis();
  after(() => redis.stop());
  let boxes = 0;
  return async (t, { data, ...config } = {}, surroundings = {}) => {
    boxes += 1;
    const prefix = data === undefined ? `box${boxes}` : basename(data);
    return inTurn(await servers(t, `${redis.url}?prefix=${prefix}:`, config, surroundings));
  };
};

const servers = (
  t: TestContext,
  redis: string,
  config: ServerConfig,
  surroundings: ServerSurroundings,
): Promise<readonly PeerNetBox[]> => {
  // A clock that is turned by hand renews no lease by itself: none is over before a test is.
  const limits = { leaseMs: 300_000, ...config.limits };
  return Promise.all([0, 1, 2].map(() => startBox(t, { ...config, redis, limits }, surroundings)));
};

const inTurn = (nodes: readonly PeerNetBox[]): PeerNetBox => {
  let turn = 0;
  const next = (): PeerNetBox => {
    const node = nodes[turn % nodes.length];
    turn += 1;
    if (node === undefined) throw new Error("no node");
    return node;
  };
  const each = (run: (node: PeerNetBox) => void) => () => nodes.forEach(run);
  return {
    get url() {
      return next().url;
    },
    get port() {
      return next().port;
    },
    nodes,
    drain: each((node) => node.drain()),
    cut: each((node) => node.cut()),
    close: async () => void (await Promise.all(nodes.map((node) => node.close()))),
  };
};
