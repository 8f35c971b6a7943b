// SPDX-License-Identifier: MIT
/** Time from a signal to its receipt, one at a time on a server that does nothing else, beside a bare echo. */
import { couple, enter, leave, strangers } from "./entrance.ts";
import { Ring, textFrame } from "./frames.ts";
import type { RawPeer } from "./raw-peer.ts";
import { messageOf, type Wire, wires } from "./wires.ts";

export interface ReceiptJob {
  readonly ports: { readonly echo: number; readonly receipt: number; readonly signalbox: number };
  readonly bytes: number;
  readonly samples: number;
  readonly rounds: number;
}

/** `echo` and `receipt relay` are bare servers; the others are fates the native dialect tells. */
export const receiptCases = ["echo", "receipt relay", "sent", "unknown", "delivered"] as const;
export type ReceiptCase = (typeof receiptCases)[number];

export interface ReceiptTimes {
  readonly name: ReceiptCase;
  readonly round: number;
  /** Microseconds, in ascending order. */
  readonly micros: readonly number[];
}

export const measureReceipts = async (job: ReceiptJob): Promise<readonly ReceiptTimes[]> => {
  const stages = await Promise.all([
    echoing(job),
    relayed(job),
    signalling(job, "sent", false),
    signalling(job, "unknown", false),
    signalling(job, "delivered", true),
  ]);
  const times: ReceiptTimes[] = [];
  // Round 0 warms up.
  for (let round = 0; round <= job.rounds; round += 1) {
    for (const { name, ask } of stages) {
      const micros: number[] = [];
      while (micros.length < job.samples) micros.push(await ask());
      if (round > 0) times.push({ name, round, micros: micros.sort((a, b) => a - b) });
    }
  }
  for (const { end } of stages) end();
  return times;
};

interface Stage {
  readonly name: ReceiptCase;
  /** Sends one message and gives back the microseconds until the answer was read. */
  ask(): Promise<number>;
  end(): void;
}

/** Asks on one line, where each question is answered by so many frames. */
const asker = (peer: RawPeer, ring: Ring, answers: number): (() => Promise<number>) => {
  let left = 0;
  let at = 0;
  let answered: (micros: number) => void = () => {};
  peer.onFrames = (count) => {
    left -= count;
    if (left === 0) answered((performance.now() - at) * 1000);
  };
  return () =>
    new Promise((resolve) => {
      answered = resolve;
      left = answers;
      at = performance.now();
      peer.send(ring.take(1));
    });
};

const echoing = async ({ ports, bytes }: ReceiptJob): Promise<Stage> => {
  const names = strangers();
  const peer = await enter(ports.echo, wires.forward, names);
  const ring = new Ring(messageOf(wires.native, names, bytes), 1, 2);
  return { name: "echo", ask: asker(peer, ring, 1), end: () => peer.drop() };
};

const relayed = async ({ ports, bytes }: ReceiptJob): Promise<Stage> => {
  const { names, sender, receiver } = await couple(ports.receipt, "receipt");
  const ring = new Ring(messageOf(wires.receipt, names, bytes), 1, 2);
  return {
    name: "receipt relay",
    ask: asker(sender, ring, 1),
    end() {
      sender.drop();
      receiver.drop();
    },
  };
};

const wire: Wire = wires.native;

const signalling = async (
  { ports, bytes }: ReceiptJob,
  name: ReceiptCase,
  delivered: boolean,
): Promise<Stage> => {
  const { names, sender, receiver } = await couple(ports.signalbox, "native");
  const to = name === "unknown" ? { ...names, other: "nobody" } : names;
  const plain = messageOf(wire, to, bytes);
  const text = delivered ? plain.replace('"signal",', '"signal","receipt":"delivered",') : plain;
  const ask = asker(sender, new Ring(text, 1, 2), delivered ? 2 : 1);
  const acknowledge = (peer: RawPeer) => peer.send(textFrame(wire.acknowledges?.frame(peer.frames) ?? ""));
  // At once where the sender waits for it, else as seldom as the protocol allows.
  const every = delivered ? 1 : (wire.acknowledges?.every ?? 1);
  let open = 0;
  receiver.onFrames = (count) => {
    open += count;
    if (open < every) return;
    open = 0;
    acknowledge(receiver);
  };
  let asked = 0;
  return {
    name,
    async ask() {
      const micros = await ask();
      asked += 1;
      if (asked % 16 === 0) acknowledge(sender);
      return micros;
    },
    end() {
      leave(sender, wire);
      leave(receiver, wire);
    },
  };
};
