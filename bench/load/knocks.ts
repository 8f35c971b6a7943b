// SPDX-License-Identifier: MIT
/** Knock rate: so many callers, each of whom knocks, answers that knock itself, and knocks again. */
import { setTimeout as after } from "node:timers/promises";
import { cpuSeconds } from "./cpu.ts";
import { description } from "./frames.ts";
import { type KnockCaller, type KnockWire, knockWires } from "./knock-wires.ts";

/** What is measured: `bare` is a server without any rules, `disk` one that keeps its registry in a folder. */
export const knockCases = ["bare", "rest", "connect", "grpc", "disk"] as const;
export type KnockCase = (typeof knockCases)[number];

const wireOf: { readonly [Case in KnockCase]: KnockWire } = {
  bare: "rest",
  rest: "rest",
  connect: "connect",
  grpc: "grpc",
  disk: "rest",
};

export interface KnockJob {
  readonly servers: readonly { readonly name: KnockCase; readonly port: number; readonly pid: number }[];
  readonly bytes: number;
  readonly underWay: number;
  readonly rounds: number;
  readonly sliceMs: number;
}

export interface KnockSlice {
  readonly name: KnockCase;
  readonly round: number;
  readonly knocks: number;
  readonly seconds: number;
  /** Time on the core, of the server. */
  readonly serverSeconds: number | undefined;
}

/** Before counting begins. Milliseconds. */
const rampMs = 100;

/** A slice in which nothing is answered is lengthened so many times. */
const slicesMax = 100;

export const measureKnocks = async (job: KnockJob): Promise<readonly KnockSlice[]> => {
  const crowds: Crowd[] = [];
  for (const server of job.servers) crowds.push(await gather(server, job));
  const slices: KnockSlice[] = [];
  // Round 0 warms up.
  for (let round = 0; round <= job.rounds; round += 1) {
    for (const crowd of crowds) {
      const slice = await run(crowd, round, job);
      if (round > 0) slices.push(slice);
    }
  }
  for (const { caller } of crowds) caller.close();
  return slices;
};

interface Crowd {
  readonly name: KnockCase;
  readonly pid: number;
  readonly caller: KnockCaller;
}

const tokens = { client: "client-token-of-at-least-128-bits", device: "device-token-of-at-least-128-bits" };

const gather = async (
  { name, port, pid }: KnockJob["servers"][number],
  { bytes }: KnockJob,
): Promise<Crowd> => {
  if (name !== "bare") await register(port);
  const sdp = description(bytes);
  const caller = await knockWires[wireOf[name]]({
    port,
    tokens,
    service: "servers/cam/services/camera",
    offer: { type: "offer", sdp },
    answer: { type: "answer", sdp },
  });
  return { name, pid, caller };
};

const register = async (port: number): Promise<void> => {
  const { ok, status } = await fetch(`http://127.0.0.1:${port}/v1/servers`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokens.device}` },
    body: JSON.stringify({ uniqueId: "cam", services: [{ protocol: "camera" }], ttl: "3600s" }),
  });
  if (!ok) throw new Error(`registration: ${status}`);
};

const run = async (
  { name, pid, caller }: Crowd,
  round: number,
  { underWay, sliceMs }: KnockJob,
): Promise<KnockSlice> => {
  let knocks = 0;
  let running = true;
  const knockOn = async () => {
    while (running) {
      await caller.answer(await caller.knock());
      knocks += 1;
    }
  };
  const crowd = Promise.all(Array.from({ length: underWay }, knockOn));
  const look = () => ({ at: performance.now(), knocks, server: cpuSeconds(pid) });
  const slice = async () => {
    await after(rampMs);
    const before = look();
    await after(sliceMs);
    for (let longer = 0; knocks === before.knocks && longer < slicesMax; longer += 1) await after(sliceMs);
    const now = look();
    running = false;
    await crowd;
    const spent =
      before.server === undefined || now.server === undefined ? undefined : now.server - before.server;
    return { knocks: now.knocks - before.knocks, seconds: (now.at - before.at) / 1000, serverSeconds: spent };
  };
  // A refusal ends the crowd, and with it the run.
  const [told] = await Promise.all([slice(), crowd]);
  return { name, round, ...told };
};
