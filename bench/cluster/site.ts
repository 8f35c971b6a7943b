// SPDX-License-Identifier: MIT
/** Where a cluster is measured: one Redis and its nodes on one core, what makes their load on the other. */
import { type Child, start } from "../child.ts";
import { cpuSeconds, quiet } from "../load/cpu.ts";
import type { ClusterJob } from "./load.ts";
import type { NodeOptions } from "./node.ts";
import { type MeasuredRedis, measuredRedis, type RedisCounts } from "./redis.ts";

export interface ClusterNode {
  readonly child: Child;
  readonly port: number;
}

export interface Site {
  readonly redis: MeasuredRedis;
  load<Answer>(job: ClusterJob): Promise<Answer>;
  /** In a cluster of this name; without one it is alone. */
  node(cluster: string | undefined, more?: Omit<NodeOptions, "redis">): Promise<ClusterNode>;
  stop(): Promise<void>;
}

const serverCore = 0;
const loadCore = 1;

export const openSite = async (): Promise<Site> => {
  const redis = await measuredRedis(serverCore);
  const load = start(loadCore, "./cluster/load.ts", []);
  const children: Child[] = [];
  return {
    redis,
    // What comes over a process boundary is believed: both ends are this program.
    load: async <Answer>(job: ClusterJob) => (await load.ask(job)) as Answer,
    async node(cluster, more = {}) {
      const options: NodeOptions = {
        ...more,
        ...(cluster === undefined ? {} : { redis: redis.url(`${cluster}:`) }),
      };
      const child = start(serverCore, "./cluster/node.ts", [JSON.stringify(options)], ["--expose-gc"]);
      children.push(child);
      return { child, port: Number(await child.ask("port")) };
    },
    async stop() {
      await load.stop();
      for (const child of children) await child.stop();
      await redis.stop();
    },
  };
};

/** What nodes and their Redis spent on something. */
export interface Spent {
  readonly seconds: number;
  /** Time on the core, of all nodes, and of Redis. */
  readonly nodeSeconds: number;
  readonly redisSeconds: number;
  readonly redis: RedisCounts;
}

/** Waits until none of them has anything to do; looked at twice, since one may wait for another. */
export const restful = async (pids: readonly number[]): Promise<void> => {
  await Promise.all(pids.map(quiet));
  await Promise.all(pids.map(quiet));
};

/** Does something, waits until nobody is busy with it any more, and tells what it took. */
export const spentOn = async (
  { redis }: Site,
  nodes: readonly ClusterNode[],
  work: () => Promise<unknown>,
): Promise<Spent> => {
  const pids = nodes.map(({ child }) => child.pid);
  await restful([...pids, redis.pid]);
  const look = async () => {
    const nodeSeconds = pids.reduce((sum, pid) => sum + (cpuSeconds(pid) ?? Number.NaN), 0);
    const redisSeconds = cpuSeconds(redis.pid) ?? Number.NaN;
    return { nodeSeconds, redisSeconds, counts: await redis.counts() };
  };
  const before = await look();
  const at = performance.now();
  await work();
  const seconds = (performance.now() - at) / 1000;
  await restful([...pids, redis.pid]);
  const now = await look();
  return {
    seconds,
    nodeSeconds: now.nodeSeconds - before.nodeSeconds,
    redisSeconds: now.redisSeconds - before.redisSeconds,
    redis: difference(now.counts, before.counts),
  };
};

const difference = (now: RedisCounts, before: RedisCounts): RedisCounts => ({
  scripts: now.scripts - before.scripts,
  scriptMicros: now.scriptMicros - before.scriptMicros,
  publishes: now.publishes - before.publishes,
  publishMicros: now.publishMicros - before.publishMicros,
  inBytes: now.inBytes - before.inBytes,
  outBytes: now.outBytes - before.outBytes,
  usedBytes: now.usedBytes - before.usedBytes,
});
