// SPDX-License-Identifier: MIT
/** Handshakes: bursts of connections, so many under way at a time, each until others can reach its peer. */
import { cpuSeconds, quiet } from "./cpu.ts";
import { enter, leave, strangers } from "./entrance.ts";
import type { RawPeer } from "./raw-peer.ts";
import { type WireName, wires } from "./wires.ts";

export interface HandshakeJob {
  readonly servers: readonly { readonly wire: WireName; readonly port: number; readonly pid: number }[];
  readonly burst: number;
  readonly underWay: number;
  readonly rounds: number;
}

export interface HandshakeBurst {
  readonly wire: WireName;
  readonly round: number;
  readonly handshakes: number;
  readonly seconds: number;
  readonly serverSeconds: number | undefined;
}

export const measureHandshakes = async (job: HandshakeJob): Promise<readonly HandshakeBurst[]> => {
  const bursts: HandshakeBurst[] = [];
  // Round 0 warms up.
  for (let round = 0; round <= job.rounds; round += 1) {
    for (const server of job.servers) {
      const burst = await run(server, job, round);
      if (round > 0) bursts.push(burst);
    }
  }
  return bursts;
};

const run = async (
  { wire: wireName, port, pid }: HandshakeJob["servers"][number],
  { burst, underWay }: HandshakeJob,
  round: number,
): Promise<HandshakeBurst> => {
  const wire = wires[wireName];
  const peers: RawPeer[] = [];
  let begun = 0;
  const comeIn = async () => {
    while (begun < burst) {
      begun += 1;
      peers.push(await enter(port, wire, strangers()));
    }
  };
  const at = performance.now();
  const spent = cpuSeconds(pid);
  await Promise.all(Array.from({ length: underWay }, comeIn));
  const seconds = (performance.now() - at) / 1000;
  const now = cpuSeconds(pid);
  for (const peer of peers) leave(peer, wire);
  await quiet(pid);
  return {
    wire: wireName,
    round,
    handshakes: burst,
    seconds,
    serverSeconds: spent === undefined || now === undefined ? undefined : now - spent,
  };
};
