// SPDX-License-Identifier: MIT
/** Lines that are open and say nothing. */
import { type Couple, couple, leave } from "./entrance.ts";
import { textFrame } from "./frames.ts";
import { type WireName, wires } from "./wires.ts";

export interface IdleJob {
  readonly wire: WireName;
  readonly port: number;
  readonly lines: number;
}

/** Couples that come in at a time. */
const underWay = 32;

/** Opens lines, two by two in rooms of their own where the wire has rooms. Gives back what ends them. */
export const holdLines = async ({ wire: wireName, port, lines }: IdleJob): Promise<() => void> => {
  const wire = wires[wireName];
  const couples: Couple[] = [];
  let begun = 0;
  const comeIn = async () => {
    while (begun < lines / 2) {
      begun += 1;
      couples.push(await couple(port, wireName));
    }
  };
  await Promise.all(Array.from({ length: underWay }, comeIn));
  const peers = couples.flatMap(({ sender, receiver }) => [sender, receiver]);
  for (const peer of peers)
    if (wire.acknowledges !== undefined) peer.send(textFrame(wire.acknowledges.frame(peer.frames)));
  return () => {
    for (const peer of peers) leave(peer, wire);
  };
};
