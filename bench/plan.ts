// SPDX-License-Identifier: MIT
/** How much is measured. Every run is bounded by these numbers and ends by itself. */
import type { WaitingWay } from "./calls/device.ts";
import type { StackName } from "./dtls/stacks.ts";
import type { WireName } from "./load/wires.ts";

export const stages = [
  "relay",
  "handshakes",
  "memory",
  "receipts",
  "joins",
  "calls",
  "knocks",
  "dtls",
  "cluster",
] as const;
export type Stage = (typeof stages)[number];

export interface ClusterPlan {
  readonly relay: {
    readonly pairs: number;
    readonly bytes: number;
    readonly inFlight: readonly number[];
    readonly rounds: number;
    readonly sliceMs: number;
    /** Round trips in each round. */
    readonly samples: number;
  };
  readonly rounds: number;
  /** Does a round that is not counted come before them? */
  readonly warmUp: boolean;
  /** How often each thing is done in a round, and how many at a time. */
  readonly operations: number;
  readonly underWay: number;
  readonly bytes: number;
  /** Of the room that is visited. */
  readonly members: number;
  /** What is around and not concerned: other leases, and peers in the unannounced room. */
  readonly leases: number;
  readonly crowd: number;
  readonly lines: number;
  readonly servers: number;
  /** With TLS and without. */
  readonly secureLines: number;
  /** Sets of leases to renew in, and for how long. */
  readonly leaseSets: readonly number[];
  readonly leaseWatchMs: number;
  /** Of a node that is killed, and of one that is drained. */
  readonly sessions: number;
}

export interface Plan {
  readonly stages: readonly Stage[];
  readonly relay: {
    readonly pairs: number;
    readonly bytes: readonly number[];
    readonly inFlight: readonly number[];
    readonly rounds: number;
    readonly sliceMs: number;
  };
  readonly handshakes: { readonly burst: number; readonly underWay: number; readonly rounds: number };
  readonly memory: { readonly wires: readonly WireName[]; readonly lines: number; readonly rounds: number };
  readonly receipts: { readonly bytes: number; readonly samples: number; readonly rounds: number };
  readonly joins: { readonly peers: readonly number[]; readonly rounds: number };
  readonly calls: {
    readonly ways: readonly WaitingWay[];
    readonly oneWayMs: readonly number[];
    readonly rounds: number;
  };
  readonly knocks: {
    readonly bytes: number;
    readonly underWay: number;
    readonly rounds: number;
    readonly sliceMs: number;
  };
  readonly dtls: {
    readonly stacks: readonly StackName[];
    readonly oneWayMs: readonly number[];
    readonly rounds: number;
  };
  readonly cluster: ClusterPlan;
}

export const relayWires: readonly WireName[] = [
  "forward",
  "parse-to",
  "unrupt",
  "flitter",
  "peer",
  "receipt",
  "native",
];
/** The wires whose peers come in: of the bare relays one will do, they all come in alike. */
export const entranceWires: readonly WireName[] = ["parse-to", "unrupt", "flitter", "peer", "native"];

/** Peers that come in between two looks at the clock where joins are timed. */
export const joinBatch = 1_000;

/** How often the polling device asks. Milliseconds. */
export const pollMs = 1_000;

export const fullPlan: Plan = {
  stages,
  relay: { pairs: 150, bytes: [600, 3072], inFlight: [1, 16], rounds: 7, sliceMs: 700 },
  handshakes: { burst: 1_500, underWay: 64, rounds: 7 },
  memory: { wires: entranceWires, lines: 10_000, rounds: 3 },
  receipts: { bytes: 600, samples: 2_000, rounds: 7 },
  joins: { peers: [1_000, 10_000, 100_000], rounds: 7 },
  calls: { ways: ["poll", "long poll", "exchange", "stream"], oneWayMs: [0, 25, 100], rounds: 7 },
  knocks: { bytes: 600, underWay: 16, rounds: 7, sliceMs: 500 },
  dtls: { stacks: ["wrtc", "chromium"], oneWayMs: [0, 25], rounds: 5 },
  cluster: {
    relay: { pairs: 50, bytes: 600, inFlight: [1, 16], rounds: 5, sliceMs: 500, samples: 1_000 },
    rounds: 3,
    warmUp: true,
    operations: 1_000,
    underWay: 16,
    bytes: 600,
    members: 20,
    leases: 1_000,
    crowd: 100_000,
    lines: 5_000,
    servers: 5_000,
    secureLines: 2_000,
    leaseSets: [0, 1_000, 10_000],
    leaseWatchMs: 5_000,
    sessions: 10_000,
  },
};

/** Tells whether everything works, and nothing about speed. */
export const quickPlan: Plan = {
  stages,
  relay: { pairs: 4, bytes: [600], inFlight: [1, 4], rounds: 1, sliceMs: 50 },
  handshakes: { burst: 20, underWay: 4, rounds: 1 },
  memory: { wires: ["parse-to", "native"], lines: 40, rounds: 1 },
  receipts: { bytes: 600, samples: 20, rounds: 1 },
  joins: { peers: [1_000, 2_000], rounds: 1 },
  calls: { ways: ["poll", "long poll", "exchange", "stream"], oneWayMs: [0, 2], rounds: 1 },
  knocks: { bytes: 600, underWay: 4, rounds: 1, sliceMs: 50 },
  dtls: { stacks: ["wrtc", "chromium"], oneWayMs: [2], rounds: 1 },
  cluster: {
    relay: { pairs: 2, bytes: 600, inFlight: [1, 4], rounds: 1, sliceMs: 50, samples: 10 },
    rounds: 1,
    warmUp: false,
    operations: 4,
    underWay: 2,
    bytes: 600,
    members: 3,
    leases: 10,
    crowd: 20,
    lines: 4,
    servers: 4,
    secureLines: 4,
    leaseSets: [0, 10],
    leaseWatchMs: 100,
    sessions: 8,
  },
};
