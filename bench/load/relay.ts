// SPDX-License-Identifier: MIT
/** Relay rate: pairs of peers, each with so many messages under way; a message that arrives lets the next one go. */
import { cpuSeconds, quiet } from "./cpu.ts";
import { type Couple, couple, leave } from "./entrance.ts";
import { Ring, textFrame } from "./frames.ts";
import type { RawPeer } from "./raw-peer.ts";
import { messageOf, type Wire, type WireName, wires } from "./wires.ts";

export interface RelayServer {
  readonly wire: WireName;
  readonly port: number;
  readonly pid: number;
  /** Where the receivers are, if not with their senders. */
  readonly receiverPort?: number;
  /** Other processes that carry the same messages. */
  readonly helpers?: readonly number[];
}

export interface RelayJob {
  readonly servers: readonly RelayServer[];
  readonly pairs: number;
  readonly bytes: number;
  readonly inFlight: number;
  readonly rounds: number;
  readonly sliceMs: number;
}

/** What one server did in one slice of time. */
export interface RelaySlice {
  readonly wire: WireName;
  /** Which of the job's servers it was. */
  readonly server: number;
  readonly round: number;
  readonly messages: number;
  readonly seconds: number;
  /** Time on the core, of the server and of the load. */
  readonly serverSeconds: number | undefined;
  readonly loadSeconds: number | undefined;
  /** The same of its helpers. */
  readonly helperSeconds: readonly (number | undefined)[];
}

/** Before counting begins. Milliseconds. */
const rampMs = 100;

/** A slice in which nothing arrives is lengthened so many times. */
const slicesMax = 100;

export const measureRelay = async (job: RelayJob): Promise<readonly RelaySlice[]> => {
  const crowds: Crowd[] = [];
  for (const [index, server] of job.servers.entries()) crowds.push(await gather(server, index, job));
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
  readonly server: RelayServer;
  readonly index: number;
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
    server: cpuSeconds(crowd.server.pid),
    load: cpuSeconds(process.pid),
    helpers: (crowd.server.helpers ?? []).map(cpuSeconds),
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
    wire: crowd.server.wire,
    server: crowd.index,
    round,
    messages: now.messages - before.messages,
    seconds: (now.at - before.at) / 1000,
    serverSeconds: spent(before.server, now.server),
    loadSeconds: spent(before.load, now.load),
    helperSeconds: now.helpers.map((helper, index) => spent(before.helpers[index], helper)),
  };
};

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const gather = async (
  server: RelayServer,
  index: number,
  { pairs, bytes, inFlight }: RelayJob,
): Promise<Crowd> => {
  const { wire: wireName, port, receiverPort } = server;
  const wire = wires[wireName];
  const couples: Couple[] = [];
  while (couples.length < pairs) {
    const few = Array.from({ length: Math.min(32, pairs - couples.length) }, () =>
      couple(port, wireName, receiverPort),
    );
    couples.push(...(await Promise.all(few)));
  }
  // Some wires say nothing when a peer is in, and where that takes a question to others it is not in yet.
  await Promise.all([server.pid, ...(server.helpers ?? [])].map(quiet));
  let running = false;
  let sent = 0;
  let arrived = 0;
  let receipts = 0;
  let ended: (() => void) | undefined;
  const look = () => {
    if (!running && arrived === sent && (!wire.receipts || receipts === sent)) ended?.();
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
    server,
    index,
    arrived: () => arrived,
    start() {
      running = true;
      for (const send of senders) send();
    },
    stop: () =>
      new Promise((resolve) => {
        ended = resolve;
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
export const acknowledger = (wire: Wire, peer: RawPeer): ((count: number) => void) | undefined => {
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
