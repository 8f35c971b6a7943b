// SPDX-License-Identifier: MIT
/** Carries a plan out: starts the servers on one core and the load on the other, and collects what was measured. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CallTimes } from "./calls.ts";
import { type Child, type Core, start } from "./child.ts";
import { type ClusterResults, measureCluster } from "./cluster.ts";
import type { Opening } from "./dtls.ts";
import type { JoinTimes } from "./join-cost.ts";
import type { HandshakeBurst } from "./load/handshakes.ts";
import { type KnockSlice, knockCases } from "./load/knocks.ts";
import type { ReceiptTimes } from "./load/receipts.ts";
import type { RelaySlice } from "./load/relay.ts";
import { type WireName, wires } from "./load/wires.ts";
import type { Job } from "./load.ts";
import { entranceWires, type Plan, relayWires } from "./plan.ts";
import type { Memory, ServerKind } from "./servers.ts";

export interface RelayCell {
  readonly bytes: number;
  readonly inFlight: number;
  readonly slices: readonly RelaySlice[];
}

/** What the lines of one round have cost, each: see `Memory`. */
export interface MemoryRound {
  readonly wire: WireName;
  readonly round: number;
  readonly lines: number;
  readonly rssBytes: number;
  readonly settledBytes: number;
}

export interface Results {
  readonly relay: readonly RelayCell[];
  readonly handshakes: readonly HandshakeBurst[];
  readonly memory: readonly MemoryRound[];
  readonly receipts: readonly ReceiptTimes[];
  readonly joins: readonly JoinTimes[];
  readonly calls: readonly CallTimes[];
  readonly knocks: readonly KnockSlice[];
  readonly dtls: readonly Opening[];
  readonly cluster: ClusterResults | undefined;
}

export type Say = (line: string) => void;

const serverCore = 0;
const loadCore = 1;

interface Server {
  readonly child: Child;
  readonly port: number;
}

export const runPlan = async (plan: Plan, say: Say): Promise<Results> => {
  const load = start(loadCore, "./load.ts", []);
  const servers = new Map<string, Promise<Server>>();
  try {
    // Each dialect in a process of its own: what one compiles for its own habits does not slow another one down.
    return await measure(plan, say, load, (kind, name = kind) => {
      const server = servers.get(name) ?? serve(kind);
      servers.set(name, server);
      return server;
    });
  } finally {
    await load.stop();
    for (const started of await Promise.allSettled(servers.values()))
      if (started.status === "fulfilled") await started.value.child.stop();
  }
};

const serve = async (
  kind: ServerKind,
  nodeOptions: readonly string[] = [],
  args: readonly string[] = [],
): Promise<Server> => {
  const child = start(serverCore, "./serve.ts", [kind, ...args], nodeOptions);
  try {
    // The child says its port as a number.
    return { child, port: Number(await child.ask("port")) };
  } catch (error) {
    await child.stop();
    throw error;
  }
};

const measure = async (
  plan: Plan,
  say: Say,
  load: Child,
  server: (kind: ServerKind, name?: string) => Promise<Server>,
): Promise<Results> => {
  const wanted = (stage: Plan["stages"][number]) => plan.stages.includes(stage);
  // What comes over a process boundary is believed: both ends are this program.
  const ask = async <Answer>(job: Job) => (await load.ask(job)) as Answer;
  const at = async (wire: WireName) => {
    const { child, port } = await server(wires[wire].server, wire);
    return { wire, port, pid: child.pid };
  };
  const all = (names: readonly WireName[]) => Promise.all(names.map(at));

  const relay: RelayCell[] = [];
  if (wanted("relay")) {
    const { pairs, rounds, sliceMs } = plan.relay;
    for (const inFlight of plan.relay.inFlight) {
      for (const bytes of plan.relay.bytes) {
        say(`relay rate: ${bytes} bytes, ${inFlight} under way in each of ${pairs} pairs`);
        const job = {
          type: "relay",
          servers: await all(relayWires),
          pairs,
          bytes,
          inFlight,
          rounds,
          sliceMs,
        } as const;
        relay.push({ bytes, inFlight, slices: await ask(job) });
      }
    }
  }

  let handshakes: readonly HandshakeBurst[] = [];
  if (wanted("handshakes")) {
    say(`handshakes: bursts of ${plan.handshakes.burst}`);
    handshakes = await ask({ type: "handshakes", servers: await all(entranceWires), ...plan.handshakes });
  }

  let receipts: readonly ReceiptTimes[] = [];
  if (wanted("receipts")) {
    say("time to a receipt");
    const ports = {
      echo: (await server("echo")).port,
      receipt: (await server("receipt")).port,
      signalbox: (await server("signalbox", "native")).port,
    };
    receipts = await ask({ type: "receipts", ports, ...plan.receipts });
  }

  const memory: MemoryRound[] = [];
  if (wanted("memory")) {
    for (let round = 1; round <= plan.memory.rounds; round += 1) {
      for (const wire of plan.memory.wires) {
        say(`memory of ${plan.memory.lines} idle lines: ${wire}, round ${round}`);
        memory.push(await measureMemory(load, wire, plan.memory.lines, round));
      }
    }
  }

  let joins: readonly JoinTimes[] = [];
  if (wanted("joins")) {
    say("join cost");
    joins = await measureJoins(plan);
  }

  let calls: readonly CallTimes[] = [];
  if (wanted("calls")) {
    say("from the wish for a device to its answer and an open channel");
    const { port } = await server("signalbox", "calls");
    calls = await alone<readonly CallTimes[]>("./calls.ts", { port, ...plan.calls }, loadCore);
  }

  let knocks: readonly KnockSlice[] = [];
  if (wanted("knocks")) {
    say("knocks over each wire, in memory and on the disk");
    knocks = await measureAllKnocks(plan, ask, server);
  }

  let dtls: readonly Opening[] = [];
  if (wanted("dtls")) {
    say("who begins DTLS");
    dtls = await alone<readonly Opening[]>("./dtls.ts", plan.dtls);
  }
  const cluster = wanted("cluster") ? await measureCluster(plan.cluster, say) : undefined;
  return { relay, handshakes, memory, receipts, joins, calls, knocks, dtls, cluster };
};

/** A process with one job. */
const alone = async <Answer>(file: string, job: object, core?: Core): Promise<Answer> => {
  const child = start(core, file, []);
  try {
    return (await child.ask(job)) as Answer;
  } finally {
    await child.stop();
  }
};

const measureAllKnocks = async (
  { knocks }: Plan,
  ask: <Answer>(job: Job) => Promise<Answer>,
  server: (kind: ServerKind, name?: string) => Promise<Server>,
): Promise<readonly KnockSlice[]> => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-bench-"));
  const durable = await serve("signalbox", [], [folder]);
  try {
    const servers = knockCases.map(async (name) => {
      const { child, port } =
        name === "disk"
          ? durable
          : await server(name === "bare" ? "http" : "signalbox", name === "bare" ? "http" : `knocks ${name}`);
      return { name, port, pid: child.pid };
    });
    return await ask({ type: "knocks", servers: await Promise.all(servers), ...knocks });
  } finally {
    await durable.child.stop();
    await rm(folder, { recursive: true });
  }
};

/** Opened and closed before memory is looked at first: what is loaded and compiled for the first lines is not theirs. */
const warmUpLines = 400;

const measureMemory = async (
  load: Child,
  wire: WireName,
  lines: number,
  round: number,
): Promise<MemoryRound> => {
  const { child, port } = await serve(wires[wire].server, ["--expose-gc"]);
  const look = async () => (await child.ask("memory")) as Memory;
  try {
    await load.ask({ type: "hold", wire, port, lines: Math.min(warmUpLines, lines) } satisfies Job);
    await load.ask({ type: "release" } satisfies Job);
    const before = await look();
    await load.ask({ type: "hold", wire, port, lines } satisfies Job);
    const now = await look();
    await load.ask({ type: "release" } satisfies Job);
    return {
      wire,
      round,
      lines,
      rssBytes: (now.rss - before.rss) / lines,
      settledBytes: (now.settledRss - before.settledRss) / lines,
    };
  } finally {
    await child.stop();
  }
};

const measureJoins = async ({ joins: { peers, rounds } }: Plan): Promise<readonly JoinTimes[]> => {
  const child = start(serverCore, "./join-cost.ts", [], ["--expose-gc"]);
  try {
    return (await child.ask({ peers: Math.max(...peers), rounds })) as readonly JoinTimes[];
  } finally {
    await child.stop();
  }
};
