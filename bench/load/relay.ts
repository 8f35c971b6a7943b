// SPDX-License-Identifier: MIT
/** Relay rate: pairs of peers, each with so many messages under way; a message that arrives lets the next one go. */
import { cpuSeconds } from "./cpu.ts";
import { type Couple, couple, leave } from "./entrance.ts";
import { Ring, textFrame } from "./frames.ts";
import type { RawPeer } from "./raw-peer.ts";
import { messageOf, type Wire, type WireName, wires } from "./wires.ts";

export interface RelayJob {
  readonly servers: readonly { readonly wire: WireName; readonly port: number; readonly pid: number }[];
  readonly pairs: number;
  readonly bytes: number;
  readonly inFlight: number;
  readonly rounds: number;
  readonly sliceMs: number;
}

/** What one server did in one slice of time. */
export interface RelaySlice {
  readonly wire: WireName;
  readonly round: number;
  readonly messages: number;
  readonly seconds: number;
  /** Time on the core, of the server and of the load. */
  readonly serverSeconds: number | undefined;
  readonly loadSeconds: number | undefined;
}

/** Before counting begins. Milliseconds. */
const rampMs = 100;

/** A slice in which nothing arrives is lengthened so many times. */
const slicesMax = 100;

export const measureRelay = async (job: RelayJob): Promise<readonly RelaySlice[]> => {
  const crowds: Crowd[] = [];
  for (const server of job.servers) crowds.push(await gather(server, job));
  const slices: RelaySlice[] = [];
  // Round 0 warms up.
  for (let round = 0; round <= job.rounds; round += 1) {
    for (const crowd of crowds) {
      const slice = await run(crowd, round, job.sliceMs);
      if (round > 0) slices.push(slice);
    }
  }
  for (const crowd of crowds) crowd.disperse();
  return slices;
};

interface Crowd {
  readonly wire: WireName;
  readonly pid: number;
  readonly arrived: () => number;
  start(): void;
  /** Settles when everything that was sent has arrived, receipts included. */
  stop(): Promise<void>;
  disperse(): void;
}

const run = async (crowd: Crowd, round: number, sliceMs: number): Promise<RelaySlice> => {
  crowd.start();
  await after(rampMs);
  const look = () => ({
    at: performance.now(),
    messages: crowd.arrived(),
    server: cpuSeconds(crowd.pid),
    load: cpuSeconds(process.pid),
  });
  const before = look();
  await after(sliceMs);
  // On a machine that is busy with other things a short slice may see nothing at all.
  for (let longer = 0; crowd.arrived() === before.messages && longer < slicesMax; longer += 1)
    await after(sliceMs);
  const now = look();
  await crowd.stop();
  const spent = (from: number | undefined, to: number | undefined) =>
    from === undefined || to === undefined ? undefined : to - from;
  return {
    wire: crowd.wire,
    round,
    messages: now.messages - before.messages,
    seconds: (now.at - before.at) / 1000,
    serverSeconds: spent(before.server, now.server),
    loadSeconds: spent(before.load, now.load),
  };
};

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const gather = async (
  { wire: wireName, port, pid }: RelayJob["servers"][number],
  { pairs, bytes, inFlight }: RelayJob,
): Promise<Crowd> => {
  const wire = wires[wireName];
  const couples: Couple[] = [];
  while (couples.length < pairs) {
    const few = Array.from({ length: Math.min(32, pairs - couples.length) }, () => couple(port, wireName));
    couples.push(...(await Promise.all(few)));
  }
  let running = false;
  let sent = 0;
  let arrived = 0;
  let receipts = 0;
  let quiet: (() => void) | undefined;
  const look = () => {
    if (!running && arrived === sent && (!wire.receipts || receipts === sent)) quiet?.();
  };
  const senders = couples.map(({ names, sender, receiver }) => {
    // The number 1 was the join's.
    const ring = new Ring(messageOf(wire, names, bytes), inFlight, 2);
    const go = (count: number) => {
      sent += count;
      sender.send(ring.take(count));
    };
    const takenByReceiver = acknowledger(wire, receiver);
    const takenBySender = acknowledger(wire, sender);
    receiver.onFrames = (count) => {
      arrived += count;
      takenByReceiver?.(count);
      if (running) go(count);
      else look();
    };
    sender.onFrames = (count) => {
      receipts += count;
      takenBySender?.(count);
      if (!running) look();
    };
    return () => go(inFlight);
  });
  return {
    wire: wireName,
    pid,
    arrived: () => arrived,
    start() {
      running = true;
      for (const send of senders) send();
    },
    stop: () =>
      new Promise((resolve) => {
        quiet = resolve;
        running = false;
        look();
      }),
    disperse() {
      for (const { sender, receiver } of couples) {
        leave(sender, wire);
        leave(receiver, wire);
      }
    },
  };
};

/** Acknowledges as seldom as the protocol allows. */
const acknowledger = (wire: Wire, peer: RawPeer): ((count: number) => void) | undefined => {
  const { acknowledges } = wire;
  if (acknowledges === undefined) return undefined;
  const acknowledge = () => peer.send(textFrame(acknowledges.frame(peer.frames)));
  let open = 0;
  acknowledge();
  return (count) => {
    open += count;
    if (open < acknowledges.every) return;
    open = 0;
    acknowledge();
  };
};
