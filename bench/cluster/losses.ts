// SPDX-License-Identifier: MIT
/** What a node leaves to the others: when it is killed, and when it is drained; and what leases cost while nothing happens. */
import { setTimeout as after } from "node:timers/promises";
import type { ClusterPlan } from "../plan.ts";
import { type Site, type Spent, spentOn } from "./site.ts";

/** A killed node's members are taken out by the one that is left. */
export interface Swept extends Spent {
  readonly members: number;
  /** From the end of its lease until nothing of it was left. */
  readonly sweepSeconds: number;
  /** The longest that one script kept Redis from others. */
  readonly slowestMicros: number;
}

/** Sessions follow from a node that drains to another one. */
export interface Drained extends Spent {
  readonly sessions: number;
  readonly gaps: number;
}

/** Renewals, with so many leases in the set. */
export interface Renewed extends Spent {
  readonly leases: number;
}

/** Lines opened at once by those who come back. */
const underWay = 128;
const lookMs = 20;

/** Every lease with its end, in milliseconds since 1970. */
const leasesOf = async ({ redis }: Site, cluster: string): Promise<readonly number[]> => {
  const lines = (await redis.command("zrange", `${cluster}:{nodes}`, "0", "-1", "withscores")).split("\n");
  return lines.filter((_, index) => index % 2 === 1).map(Number);
};

export const measureSweep = async (site: Site, { sessions }: ClusterPlan): Promise<Swept> => {
  const cluster = "sweep";
  const limits = { leaseMs: 2_000 };
  const [left, lost] = [await site.node(cluster, { limits }), await site.node(cluster, { limits })];
  await site.load({ type: "hold", port: lost.port, sessions, underWay });
  await site.redis.watchSlow();
  let endedAt = 0;
  let goneAt = 0;
  const spent = await spentOn(site, [left], async () => {
    await lost.child.stop();
    for (;;) {
      const ends = await leasesOf(site, cluster);
      goneAt = Date.now();
      if (ends.length < 2) break;
      endedAt = Math.min(...ends);
      await after(lookMs);
    }
  });
  const slowestMicros = await site.redis.slowest();
  await site.load({ type: "end" });
  await left.child.stop();
  return { ...spent, members: sessions, sweepSeconds: (goneAt - endedAt) / 1000, slowestMicros };
};

export const measureDrain = async (site: Site, { sessions }: ClusterPlan): Promise<Drained> => {
  const limits = { drainMs: 120_000 };
  const [from, to] = [await site.node("drain", { limits }), await site.node("drain", { limits })];
  await site.load({ type: "hold", port: from.port, sessions, underWay });
  let gaps = 0;
  const spent = await spentOn(site, [from, to], async () => {
    const following = site.load<number>({ type: "follow", port: to.port, underWay });
    const [told] = await Promise.all([following, from.child.ask("drain")]);
    gaps = told;
  });
  await site.load({ type: "end" });
  for (const { child } of [from, to]) await child.stop();
  return { ...spent, sessions, gaps };
};

/** Several nodes that renew twenty times as often as usual, so that something can be seen. */
export const measureLeases = async (site: Site, plan: ClusterPlan): Promise<readonly Renewed[]> => {
  const cluster = "leases";
  const limits = { leaseMs: 500 };
  // What Redis does by itself while nobody asks is not the leases'.
  const idle = await spentOn(site, [], () => after(plan.leaseWatchMs));
  const idleShare = idle.redisSeconds / idle.seconds;
  const nodes = [await site.node(cluster, { limits }), await site.node(cluster, { limits })];
  const found: Renewed[] = [];
  for (const leases of plan.leaseSets) {
    await site.redis.command(
      "eval",
      "for i = 1, ARGV[1] do redis.call('ZADD', KEYS[1], '99999999999999', 'other'..i..' e') end",
      "1",
      `${cluster}:{nodes}`,
      String(leases),
    );
    const spent = await spentOn(site, nodes, () => after(plan.leaseWatchMs));
    const redisSeconds = Math.max(0, spent.redisSeconds - idleShare * spent.seconds);
    found.push({ ...spent, redisSeconds, leases: leases + nodes.length });
  }
  for (const { child } of nodes) await child.stop();
  return found;
};
