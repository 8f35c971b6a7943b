// SPDX-License-Identifier: MIT
/** What each thing that peers do costs nodes and Redis, with more and more around that is not concerned. */
import { start } from "../child.ts";
import type { OperationJob, OperationKind } from "../load/operations.ts";
import type { WireName } from "../load/wires.ts";
import type { ClusterPlan } from "../plan.ts";
import type { CrowdJob } from "./crowd.ts";
import { type ClusterNode, type Site, type Spent, spentOn } from "./site.ts";

interface CostCase {
  readonly kind: OperationKind;
  readonly wire: WireName;
  /** Which nodes take part: by number, or all. */
  readonly at: readonly number[] | "all";
  readonly apart?: boolean;
  /** Only where there is a Redis. */
  readonly across?: boolean;
}

/** Everything that is measured, by name. `across`: between two nodes. */
export const costCases = {
  come: { kind: "come", wire: "native", at: [0] },
  go: { kind: "go", wire: "native", at: [0] },
  "come across": { kind: "come", wire: "native", at: [0, 1], apart: true, across: true },
  "go across": { kind: "go", wire: "native", at: [0, 1], apart: true, across: true },
  "come to all": { kind: "come", wire: "native", at: "all", across: true },
  "come unannounced": { kind: "come", wire: "unrupt", at: [0] },
  "go unannounced": { kind: "go", wire: "unrupt", at: [0] },
  visit: { kind: "visit", wire: "native", at: [0] },
  "visit across": { kind: "visit", wire: "native", at: "all", across: true },
  signal: { kind: "signal", wire: "native", at: [0] },
  "signal across": { kind: "signal", wire: "native", at: [0, 1], apart: true, across: true },
  "signal unannounced across": { kind: "signal", wire: "unrupt", at: [0, 1], apart: true, across: true },
  resume: { kind: "resume", wire: "native", at: [0] },
  "resume elsewhere": { kind: "resume", wire: "native", at: [0, 1], across: true },
  register: { kind: "register", wire: "native", at: [0] },
  renew: { kind: "renew", wire: "native", at: [0] },
  poll: { kind: "poll", wire: "native", at: [0] },
  knock: { kind: "knock", wire: "native", at: [0] },
  "knock across": { kind: "knock", wire: "native", at: [0, 1], across: true },
} as const satisfies { readonly [name: string]: CostCase };

export type CostName = keyof typeof costCases;

/** What is around and not concerned: nodes, leases of more nodes that there are no processes for, peers in the unannounced room. */
export interface Around {
  readonly nodes: number;
  readonly leases: number;
  readonly crowd: number;
}

export interface Cost extends Spent {
  readonly name: CostName;
  readonly round: number;
  /** How often it was done. */
  readonly count: number;
  /** Undefined: a node alone, without Redis. */
  readonly around: Around | undefined;
}

const alike: readonly CostName[] = ["come", "go"];
/** Those that must not cost more however many nodes there are. */
const unconcerned: readonly CostName[] = [...alike, "come across", "go across", "signal across"];
const unannounced: readonly CostName[] = ["come unannounced", "go unannounced", "signal unannounced across"];

export const costNames = Object.keys(costCases) as readonly CostName[];
/** A knock is kept for a while, and then taken out: that must not be taken for what others cost. */
const leavesTraces = (name: CostName): boolean => costCases[name].kind === "knock";
const isAcross = (name: CostName): boolean => "across" in costCases[name];

export const measureCosts = async (
  site: Site,
  plan: ClusterPlan,
  say: (line: string) => void,
): Promise<readonly Cost[]> => {
  const costs: Cost[] = [];
  const alone = await site.node(undefined);
  let cluster = "costs";
  let nodes: ClusterNode[] = [];
  let around: Around = { nodes: 0, leases: 0, crowd: 0 };
  /** Round by round, with and without Redis in turn. */
  const rounds = async (names: readonly CostName[]) => {
    say(`costs: ${around.nodes} nodes, ${around.leases} other leases, ${around.crowd} other peers`);
    for (let round = plan.warmUp ? 0 : 1; round <= plan.rounds; round += 1) {
      for (const name of names) {
        const shared = await measure(site, name, nodes, plan);
        if (round > 0) costs.push({ ...shared, name, round, around });
        // What a node alone spends is told once, beside the fullest cluster.
        if (isAcross(name) || around.nodes < 3 || around.leases + around.crowd > 0) continue;
        const own = await measure(site, name, [alone], plan);
        if (round > 0) costs.push({ ...own, name, round, around: undefined });
      }
    }
  };
  const grow = async () => {
    nodes.push(await site.node(cluster));
    around = { ...around, nodes: nodes.length };
  };
  await grow();
  await rounds(alike);
  await grow();
  await rounds([...unconcerned, "come to all"]);
  await grow();
  await rounds(costNames.filter((name) => !leavesTraces(name)));
  await site.redis.command(
    "eval",
    "for i = 1, ARGV[1] do redis.call('ZADD', KEYS[1], '99999999999999', 'other'..i..' e') end",
    "1",
    `${cluster}:{nodes}`,
    String(plan.leases),
  );
  around = { ...around, leases: plan.leases };
  await rounds(unconcerned);
  const crowd = start(undefined, "./cluster/crowd.ts", []);
  try {
    const job: CrowdJob = {
      redis: site.redis.url(`${cluster}:`),
      room: "~unrupt",
      peers: plan.crowd,
      leaseMs: 10_000,
    };
    await crowd.ask(job);
    around = { ...around, nodes: around.nodes + 1, crowd: plan.crowd };
    await rounds(unannounced);
  } finally {
    await crowd.stop();
  }
  for (const { child } of nodes) await child.stop();
  cluster = "knocks";
  nodes = [];
  around = { nodes: 0, leases: 0, crowd: 0 };
  for (let more = 0; more < 3; more += 1) await grow();
  await rounds(costNames.filter(leavesTraces));
  for (const { child } of [alone, ...nodes]) await child.stop();
  return costs;
};

const measure = async (
  site: Site,
  name: CostName,
  nodes: readonly ClusterNode[],
  { operations: count, underWay, bytes, members }: ClusterPlan,
): Promise<Spent & { readonly count: number }> => {
  const { at, kind, wire, ...more }: CostCase = costCases[name];
  const taking = at === "all" ? nodes : at.flatMap((index) => nodes[index] ?? []);
  const pids = [...nodes.map(({ child }) => child.pid), site.redis.pid];
  const operation: OperationJob = {
    kind,
    wire,
    ports: taking.map(({ port }) => port),
    apart: more.apart === true,
    count,
    underWay,
    bytes,
    members,
    pids,
  };
  await site.load({ type: "prepare", operation });
  const spent = await spentOn(site, nodes, () => site.load({ type: "run" }));
  await site.load({ type: "finish" });
  return { ...spent, count };
};
