// SPDX-License-Identifier: MIT
/** Three servers of one process that are one. Whoever looks for an address finds the next one. */
import { type PeerNetBox, type StartBox, startBox } from "../peernet/bench.ts";
import { configsOnRedis } from "./shared-config.ts";

/** To be called where a file begins. */
export const threeInTurn = async (): Promise<StartBox> => {
  const onRedis = await configsOnRedis();
  return async (t, config = {}, surroundings = {}) => {
    const shared = onRedis(config);
    return inTurn(await Promise.all([0, 1, 2].map(() => startBox(t, shared, surroundings))));
  };
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
