// SPDX-License-Identifier: MIT
/** Memory of what is idle: lines at a node with and without Redis, and what Redis keeps of each; registered servers. */
import type { WireName } from "../load/wires.ts";
import type { ClusterPlan } from "../plan.ts";
import type { Memory } from "../servers.ts";
import { clusterWires } from "./relays.ts";
import { type ClusterNode, restful, type Site } from "./site.ts";

export interface Held {
  readonly what: "line" | "server";
  readonly wire: WireName;
  readonly redis: boolean;
  readonly round: number;
  /** Bytes for each: of the node after its heap has settled, and of Redis. */
  readonly nodeBytes: number;
  readonly redisBytes: number;
}

/** Opened and closed before memory is looked at first: what is loaded and compiled for the first lines is not theirs. */
const warmUpLines = 400;

export const measureHeld = async (
  site: Site,
  plan: ClusterPlan,
  say: (line: string) => void,
): Promise<readonly Held[]> => {
  const held: Held[] = [];
  for (let round = 1; round <= plan.rounds; round += 1) {
    for (const wire of clusterWires) {
      for (const redis of [false, true]) {
        say(
          `memory of ${plan.lines} idle lines: ${wire}, ${redis ? "with" : "without"} Redis, round ${round}`,
        );
        const bytes = await lines(site, wire, redis ? `lines-${wire}-${round}` : undefined, plan.lines);
        held.push({ what: "line", wire, redis, round, ...bytes });
      }
    }
    for (const redis of [false, true]) {
      say(
        `memory of ${plan.servers} registered servers, ${redis ? "with" : "without"} Redis, round ${round}`,
      );
      const bytes = await servers(site, redis ? `servers-${round}` : undefined, plan);
      held.push({ what: "server", wire: "native", redis, round, ...bytes });
    }
  }
  return held;
};

const look = async ({ redis }: Site, { child }: ClusterNode) => {
  await restful([child.pid, redis.pid]);
  const { settledRss } = (await child.ask("memory")) as Memory;
  return { rss: settledRss, used: (await redis.counts()).usedBytes };
};

const lines = async (site: Site, wire: WireName, cluster: string | undefined, count: number) => {
  const node = await site.node(cluster);
  await site.load({ type: "lines", wire, port: node.port, lines: Math.min(warmUpLines, count) });
  await site.load({ type: "release" });
  const before = await look(site, node);
  await site.load({ type: "lines", wire, port: node.port, lines: count });
  const now = await look(site, node);
  await site.load({ type: "release" });
  await restful([node.child.pid]);
  await node.child.stop();
  return { nodeBytes: (now.rss - before.rss) / count, redisBytes: (now.used - before.used) / count };
};

const servers = async (
  site: Site,
  cluster: string | undefined,
  { servers: count, underWay, bytes }: ClusterPlan,
) => {
  const node = await site.node(cluster);
  const job = { kind: "register", wire: "native", ports: [node.port], underWay, bytes, pids: [] } as const;
  const register = async (some: number) => {
    await site.load({ type: "prepare", operation: { ...job, count: some } });
    await site.load({ type: "run" });
  };
  await register(Math.min(warmUpLines, count));
  const before = await look(site, node);
  await register(count);
  const now = await look(site, node);
  await node.child.stop();
  return { nodeBytes: (now.rss - before.rss) / count, redisBytes: (now.used - before.used) / count };
};
