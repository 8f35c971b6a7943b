// SPDX-License-Identifier: MIT
/** A process that opens data channels between WebRTC stacks, with one end or the other beginning DTLS. */
import { setTimeout as after } from "node:timers/promises";
import { answering } from "./child.ts";
import type { Setup } from "./dtls/end.ts";
import { layPath } from "./dtls/path.ts";
import { isInstalled, type Stack, type StackName, startStack } from "./dtls/stacks.ts";

export interface DtlsJob {
  readonly stacks: readonly StackName[];
  readonly rounds: number;
  /** Lengths of the way between two ends. Milliseconds; the answer's way through a server is twice as long. */
  readonly oneWayMs: readonly number[];
}

export interface Opening {
  readonly offerer: StackName;
  readonly answerer: StackName;
  readonly oneWayMs: number;
  /** What the answer says. */
  readonly setup: Setup;
  readonly round: number;
  /** From the answer at the offerer until its channel is open. Milliseconds; as long as was waited, where it was not. */
  readonly ms: number;
}

const setups: readonly Setup[] = ["active", "passive"];

/** A lost ClientHello is sent again after 1 s, and after 2 s more (RFC 6347, section 4.2.4.1). Milliseconds. */
const withinMs = 5_000;

const open = async (from: Stack, to: Stack, setup: Setup, oneWayMs: number): Promise<number> => {
  const path = await layPath(oneWayMs);
  const [offerer, answerer] = [await from.end(), await to.end()];
  try {
    const offer = path.from.offerer(await offerer.offer());
    const answer = path.from.answerer(await answerer.answer(offer, setup));
    await after(2 * oneWayMs);
    return (await offerer.finish(answer, withinMs)) ?? withinMs;
  } finally {
    await Promise.all([offerer.close(), answerer.close()]);
    path.close();
  }
};

answering(async ({ stacks: wanted, rounds, oneWayMs }: DtlsJob): Promise<readonly Opening[]> => {
  const stacks = new Map<StackName, Stack>();
  const openings: Opening[] = [];
  try {
    for (const name of wanted) if (isInstalled(name)) stacks.set(name, await startStack[name]());
    // Round 0 warms up.
    for (let round = 0; round <= rounds; round += 1) {
      for (const [offerer, from] of stacks) {
        for (const [answerer, to] of stacks) {
          for (const oneWay of oneWayMs) {
            for (const setup of setups) {
              const ms = await open(from, to, setup, oneWay);
              if (round > 0) openings.push({ offerer, answerer, oneWayMs: oneWay, setup, round, ms });
            }
          }
        }
      }
    }
    return openings;
  } finally {
    for (const stack of stacks.values()) await stack.close();
  }
});
