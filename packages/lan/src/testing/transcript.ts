// SPDX-License-Identifier: MIT
/** Recordings of the original, and a LAN on which they are played; transcripts/ says how they were made. */
import { readFileSync } from "node:fs";
import { type FakeLan, fakeLan } from "./fake-lan.ts";

export interface Recorded {
  /** Milliseconds since the first packet. */
  readonly at: number;
  readonly unixS: number;
  readonly fromOriginal: boolean;
  readonly packet: Buffer;
}

export const transcript = (name: string): readonly Recorded[] =>
  readFileSync(new URL(`../../transcripts/${name}.txt`, import.meta.url), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const [seconds, unix, direction, hex = ""] = line.split(" ");
      return {
        at: Math.round(Number(seconds) * 1_000),
        unixS: Number(unix),
        fromOriginal: direction === ">",
        packet: Buffer.from(hex, "hex"),
      };
    });

/** A fake LAN whose clock stands where the recording begins. */
export const lanAt = (recorded: readonly Recorded[]): FakeLan =>
  fakeLan(() => ({ copies: [0] }), (recorded[0]?.unixS ?? 0) * 1_000);

/** Plays the original's packets at their times. */
export const play = async (
  lan: FakeLan,
  recorded: readonly Recorded[],
  send: (packet: Buffer) => void,
): Promise<void> => {
  let now = 0;
  for (const { at, packet, fromOriginal } of recorded) {
    if (!fromOriginal) continue;
    await lan.advance(at - now);
    now = at;
    send(packet);
  }
  await lan.advance(100);
};
