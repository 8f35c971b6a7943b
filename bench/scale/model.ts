// SPDX-License-Identifier: MIT
/** What it takes to hold so many peers, by plain multiplication of measured costs. No step is hidden: docs/scale.md has each formula. */
import type { CostName } from "../cluster/costs.ts";
import type { PerTime } from "../cluster/sheet.ts";

/** What peers do. All are averages; `peak` makes a busy moment of them. */
export interface Load {
  /** Peers with an open line, at the busiest time of the day. */
  readonly peers: number;
  /** How long a peer stays. Minutes. */
  readonly sessionMinutes: number;
  /** Calls a peer begins in an hour, and signals of one: two descriptions and nine candidates each way. */
  readonly callsPerHour: number;
  readonly signalsPerCall: number;
  /** Lines that break and are resumed, for each peer in an hour. */
  readonly breaksPerHour: number;
  /** PeerNet devices for each peer, how long one waits for knocks before it asks anew, in seconds, and knocks at it in an hour. */
  readonly devicesPerPeer: number;
  readonly pollEverySeconds: number;
  readonly knocksPerHour: number;
  /** How much more happens in the busiest seconds than on average. */
  readonly peak: number;
}

export const usualLoad: Load = {
  peers: 1_000_000,
  sessionMinutes: 30,
  callsPerHour: 2,
  signalsPerCall: 20,
  breaksPerHour: 1,
  devicesPerPeer: 0.1,
  pollEverySeconds: 50,
  knocksPerHour: 1,
  peak: 3,
};

/** The sizes the paper is about. */
export const usualLoads: readonly Load[] = [1e6, 10e6, 100e6].map((peers) => ({ ...usualLoad, peers }));

/** How it is run. */
export interface Ground {
  /** Lines a node takes: the limit `connections`. */
  readonly linesPerNode: number;
  /** The part of a core that is planned for in busy seconds; the rest is for storms. */
  readonly busyShare: number;
  /** Milliseconds: the limit `leaseMs`, renewed four times. */
  readonly leaseMs: number;
  /** Connections one address of a balancer can have to one address and port: ephemeral ports of Linux. */
  readonly portsPerPair: number;
  /** Peers whose lines one balancer holds. */
  readonly linesPerBalancer: number;
}

export const usualGround: Ground = {
  linesPerNode: 50_000,
  busyShare: 0.5,
  leaseMs: 10_000,
  portsPerPair: 28_000,
  linesPerBalancer: 500_000,
};

/** What was measured, as the model takes it. */
export interface MeasuredCosts {
  readonly each: { readonly [Name in Counted]: PerTime };
  /** Bytes of an idle native line on a node, and of its session and seat in Redis; of a registered device in Redis. */
  readonly lineBytes: number;
  readonly seatBytes: number;
  readonly deviceBytes: number;
  readonly tlsMicros: number;
  readonly tlsBytes: number;
  /** A renewal of a node's lease. */
  readonly renewal: PerTime;
  /** Of one session: taken out after a kill, and followed after a drain. Seconds and Redis' CPU. */
  readonly sweptSeconds: number;
  readonly drainedSeconds: number;
}

/** Things that peers do and that are counted here. */
export const counted = [
  "come across",
  "go across",
  "signal across",
  "resume elsewhere",
  "poll",
  "knock across",
] as const satisfies readonly CostName[];
export type Counted = (typeof counted)[number];

const hour = 3_600;

/** How often each happens in a busy second, everywhere together. */
export const ratesOf = (load: Load): { readonly [Name in Counted]: number } => {
  const { peers, peak } = load;
  const comings = peers / (load.sessionMinutes * 60);
  const devices = peers * load.devicesPerPeer;
  const times = (rate: number) => rate * peak;
  return {
    "come across": times(comings),
    "go across": times(comings),
    "signal across": times((peers * load.callsPerHour * load.signalsPerCall) / hour),
    "resume elsewhere": times((peers * load.breaksPerHour) / hour),
    // Devices wait one after the other, so this is spread over time by itself.
    poll: devices / load.pollEverySeconds,
    "knock across": times((devices * load.knocksPerHour) / hour),
  };
};

/** Those that touch what all registered servers share. */
const registered: readonly Counted[] = ["poll", "knock across"];

export interface Needs {
  readonly rates: { readonly [Name in Counted]: number };
  /** Cores kept busy, in busy seconds. */
  readonly nodeCores: number;
  readonly redisCores: number;
  /** Of those, on the one master that has the registry's slot. */
  readonly registryCores: number;
  /** Of those, on the one master that has the leases. */
  readonly leaseCores: number;
  readonly nodes: number;
  readonly masters: number;
  readonly balancers: number;
  readonly nodeGigabytes: number;
  readonly redisGigabytes: number;
  readonly registryGigabytes: number;
  /** To and from Redis. Megabits a second. */
  readonly redisMegabits: number;
  readonly linesPerNode: number;
  /** Connections each master has from nodes: one of each to ask, and one or two of those whose inbox it has. */
  readonly connectionsPerMaster: number;
  /** Connections between one balancer and one node. */
  readonly portsPerPair: number;
  /** A node is killed: until its peers are told gone, beyond its lease, where one node sweeps; seconds. */
  readonly sweepSeconds: number;
  /** It is drained: until all its sessions are elsewhere, at the pace of one core; seconds. */
  readonly drainSeconds: number;
  /** All lines of one balancer come anew: seconds of all nodes' cores, TLS and resume; the same with TLS at the balancer. */
  readonly balancerStormSeconds: number;
  /** Everybody comes anew: seconds that all nodes and all masters need, the slower of the two. */
  readonly stormSeconds: number;
}

const million = 1e6;
const gigabyte = 2 ** 30;

export const needsOf = (load: Load, ground: Ground, costs: MeasuredCosts): Needs => {
  const rates = ratesOf(load);
  const sum = (names: readonly Counted[], value: (cost: PerTime) => number): number =>
    names.reduce((total, name) => total + rates[name] * value(costs.each[name]), 0);
  const nodeCores = sum(counted, ({ nodeMicros }) => nodeMicros) / million;
  const rooms = counted.filter((name) => !registered.includes(name));
  const registryCores = sum(registered, ({ redisMicros }) => redisMicros) / million;
  const roomCores = sum(rooms, ({ redisMicros }) => redisMicros) / million;
  const nodes = Math.max(
    2,
    Math.ceil(load.peers / ground.linesPerNode),
    Math.ceil(nodeCores / ground.busyShare),
  );
  const renewals = (nodes * 4) / (ground.leaseMs / 1000);
  const leaseCores = (renewals * costs.renewal.redisMicros) / million;
  const redisCores = roomCores + registryCores + leaseCores;
  const isOneEnough = redisCores <= ground.busyShare;
  /** PeerNet's slot has one of its own beside them: no more than one can have it. */
  const roomMasters = isOneEnough ? 1 : Math.ceil((roomCores + leaseCores) / ground.busyShare);
  const masters = isOneEnough ? 1 : roomMasters + 1;
  const balancers = Math.max(1, Math.ceil(load.peers / ground.linesPerBalancer));
  const bytes = sum(counted, ({ inBytes, outBytes }) => inBytes + outBytes);
  const perNode = load.peers / nodes;
  const resume = costs.each["resume elsewhere"];
  const nodeStorm = (lines: number) => (lines * (costs.tlsMicros + resume.nodeMicros)) / million / nodes;
  return {
    rates,
    nodeCores,
    redisCores,
    registryCores,
    leaseCores,
    nodes,
    masters,
    balancers,
    nodeGigabytes: (load.peers * costs.lineBytes) / gigabyte,
    redisGigabytes:
      (load.peers * costs.seatBytes + load.peers * load.devicesPerPeer * costs.deviceBytes) / gigabyte,
    registryGigabytes: (load.peers * load.devicesPerPeer * costs.deviceBytes) / gigabyte,
    redisMegabits: (bytes * 8) / million,
    linesPerNode: perNode,
    connectionsPerMaster: nodes * (1 + 2 / masters),
    portsPerPair: load.peers / balancers / nodes,
    sweepSeconds: perNode * costs.sweptSeconds,
    drainSeconds: perNode * costs.drainedSeconds,
    balancerStormSeconds: nodeStorm(load.peers / balancers),
    stormSeconds: Math.max(nodeStorm(load.peers), (load.peers * resume.redisMicros) / million / roomMasters),
  };
};
