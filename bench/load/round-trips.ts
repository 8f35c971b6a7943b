// SPDX-License-Identifier: MIT
/** Round trips: one peer sends, the other sends back as soon as it has it, and the first one looks at the clock. */

import { quiet } from "./cpu.ts";
import { type Couple, couple, leave } from "./entrance.ts";
import { Ring } from "./frames.ts";
import { acknowledger } from "./relay.ts";
import { messageOf, type WireName, wires } from "./wires.ts";

export interface RoundTripJob {
  readonly places: readonly {
    readonly wire: WireName;
    readonly port: number;
    /** Where the second peer is. */
    readonly otherPort: number;
    /** Processes that have to be quiet before it begins. */
    readonly pids: readonly number[];
  }[];
  readonly bytes: number;
  readonly inFlight: number;
  readonly samples: number;
  readonly rounds: number;
}

export interface RoundTrips {
  /** Which of the places. */
  readonly place: number;
  readonly round: number;
  /** Microseconds, in ascending order. */
  readonly micros: readonly number[];
}

export const measureRoundTrips = async (job: RoundTripJob): Promise<readonly RoundTrips[]> => {
  const tables: Table[] = [];
  for (const place of job.places) tables.push(await sitDown(place, job));
  const trips: RoundTrips[] = [];
  // Round 0 warms up.
  for (let round = 0; round <= job.rounds; round += 1) {
    for (const [place, { play }] of tables.entries()) {
      const micros = await play(job.samples);
      if (round > 0) trips.push({ place, round, micros: micros.sort((a, b) => a - b) });
    }
  }
  for (const { end } of tables) end();
  return trips;
};

interface Table {
  play(samples: number): Promise<number[]>;
  end(): void;
}

/** A signal has the description in it, a receipt has not. */
const isSignal = (text: string): boolean => text.includes('"sdp":"v=0');

const sitDown = async (
  { wire: wireName, port, otherPort, pids }: RoundTripJob["places"][number],
  { bytes, inFlight }: RoundTripJob,
): Promise<Table> => {
  const wire = wires[wireName];
  const { names, sender, receiver }: Couple = await couple(port, wireName, otherPort);
  await Promise.all(pids.map(quiet));
  // The number 1 was the join's.
  const there = new Ring(messageOf(wire, names, bytes), inFlight, 2);
  const back = new Ring(
    messageOf(wire, { ...names, self: names.other, other: names.self }, bytes),
    inFlight,
    2,
  );
  for (const peer of [sender, receiver]) {
    const acknowledge = acknowledger(wire, peer);
    if (acknowledge !== undefined) peer.onFrames = acknowledge;
  }
  receiver.onText = (text) => {
    if (isSignal(text)) receiver.send(back.take(1));
  };
  return {
    play: (samples) =>
      new Promise((resolve) => {
        const micros: number[] = [];
        // What goes first comes back first: both ways keep their order.
        const begun: number[] = [];
        let sent = 0;
        const go = (count: number) => {
          for (let more = 0; more < count; more += 1) begun.push(performance.now());
          sent += count;
          sender.send(there.take(count));
        };
        sender.onText = (text) => {
          if (!isSignal(text)) return;
          micros.push((performance.now() - (begun.shift() ?? 0)) * 1000);
          if (micros.length === samples) resolve(micros);
          else if (sent < samples) go(1);
        };
        go(Math.min(inFlight, samples));
      }),
    end() {
      leave(sender, wire);
      leave(receiver, wire);
    },
  };
};
