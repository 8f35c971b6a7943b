// SPDX-License-Identifier: MIT
/** What a node leaves to the others: when it is killed, and when it is drained; and what leases cost while nothing happens. */
import { setTimeout as after } from "node:timers/promises";
import { type Child, start } from "../child.ts";
import type { ClusterPlan } from "../plan.ts";
import type { CrowdJob } from "./crowd.ts";
import { type ClusterNode, type Site, type Spent, spentOn } from "./site.ts";

/** Where a killed node's members are: in many rooms, or in one, a hundred of which go at a time. */
export const sweptWheres = ["rooms of two", "one room"] as const;
export type SweptWhere = (typeof sweptWheres)[number];

/** A killed node's members are taken out by the one that is left. */
export interface Swept extends Spent {
  readonly where: SweptWhere;
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

/** Members of a node that will be killed: what ends it. */
const doomed: { readonly [Where in SweptWhere]: (site: Site, members: number) => Promise<Child> } = {
  "rooms of two": async (site, members) => {
    const { child, port } = await site.node(sweepCluster, { limits: sweepLimits });
    await site.load({ type: "hold", port, sessions: members, underWay });
    return child;
  },
  "one room": async ({ redis }, members) => {
    const child = start(undefined, "./cluster/crowd.ts", []);
    const job: CrowdJob = {
      redis: redis.url(`${sweepCluster}:`),
      room: "~unrupt",
      peers: members,
      leaseMs: sweepLimits.leaseMs,
    };
    await child.ask(job);
    return child;
  },
};

const sweepCluster = "sweep";
const sweepLimits = { leaseMs: 2_000 };

export const measureSweeps = async (site: Site, plan: ClusterPlan): Promise<readonly Swept[]> => {
  const left = await site.node(sweepCluster, { limits: sweepLimits });
  const swept: Swept[] = [];
  for (const where of sweptWheres) swept.push(await sweep(site, left, where, plan.sessions));
  await left.child.stop();
  return swept;
};

const sweep = async (site: Site, left: ClusterNode, where: SweptWhere, members: number): Promise<Swept> => {
  const lost = await doomed[where](site, members);
  await site.redis.watchSlow();
  let endedAt = 0;
  let goneAt = 0;
  const spent = await spentOn(site, [left], async () => {
    await lost.stop();
    for (;;) {
      const ends = await leasesOf(site, sweepCluster);
      goneAt = Date.now();
      if (ends.length < 2) break;
      endedAt = Math.min(...ends);
      await after(lookMs);
    }
  });
  const slowestMicros = await site.redis.slowest();
  await site.load({ type: "end" });
  return { ...spent, where, members, sweepSeconds: (goneAt - endedAt) / 1000, slowestMicros };
};

export const measureDrain = async (site: Site, { sessions }: ClusterPlan): Promise<Drained> => {
  // However busy the machine is: everybody comes back in time.
  const limits = { drainMs: 120_000, graceMs: 120_000 };
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
