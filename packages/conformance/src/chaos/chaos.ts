// SPDX-License-Identifier: MIT
/** A cluster of real processes, peers that never stop calling, and one fault after the other, drawn from a seed. */
import assert from "node:assert/strict";
import { bystander } from "./bystander.ts";
import { type Fault, faults, happen, twoOf } from "./faults.ts";
import { violations, waiting } from "./history.ts";
import { picture } from "./picture.ts";
import { proofs } from "./proofs.ts";
import { enough, eventually, rest, type Stage, stageFor } from "./stage.ts";

/** Length of a lease, and of the faults that are to outlast it. Milliseconds. */
const shortLeaseMs = 1_000;
/** Pause between two signals of one peer: well within its rate. Milliseconds. */
const callEveryMs = 20;

export interface ChaosRun {
  readonly signals: number;
  readonly accepted: number;
  readonly gaps: number;
  readonly stays: number;
  /** Longest time until the id of a peer of a killed node was somebody else's; absent where none was killed alone. Milliseconds. */
  readonly goneMs?: number;
}

/** One fault, with what is to be shown of it, or two at once. */
export type Happening = readonly [Fault] | readonly [Fault, Fault];

const letHappen = async (stage: Stage, [one, other]: Happening): Promise<void> => {
  const prove = proofs[one];
  if (other === undefined && prove !== undefined) return prove(stage);
  const [here, there] = twoOf(stage);
  await Promise.all([happen(one, stage, here), other && happen(other, stage, there)]);
};

/** Nothing was lost, doubled or disordered, and no server met a bug of its own. */
export const assertKept = async (stage: Stage, of: string): Promise<ChaosRun> => {
  const histories = stage.all.map(({ history }) => history);
  // A node that took a signal and says nothing of it is given up after 5 s.
  await eventually(stage, "every signal has a fate", () => !waiting(histories));
  assert.deepEqual(violations(histories), [], of);
  const logged = stage.nodes.flatMap((node) => node.log().split("\n"));
  const bugs = logged.filter((line) => line.includes("this is a bug"));
  assert.deepEqual(bugs, []);
  const sent = histories.flatMap((history) => history.sent);
  const stays = histories.flatMap((history) => history.stays);
  return {
    signals: sent.length,
    accepted: sent.filter(({ fate }) => fate === "sent" || fate === "queued").length,
    gaps: stays.reduce((sum, { gaps }) => sum + gaps, 0),
    stays: stays.length,
    ...(stage.goneMs.length === 0 ? {} : { goneMs: Math.max(...stage.goneMs) }),
  };
};

/** Lets these faults happen one after the other, waits until all is well again after each, and holds the histories against the promises. */
export const chaos = async (
  seed: number,
  what: readonly Happening[],
  { say = (_: string) => {}, leaseMs = shortLeaseMs } = {},
): Promise<ChaosRun> => {
  const stage = await stageFor(seed, { leaseMs });
  const { nodes, draw } = stage;
  const place = () => nodes[Math.floor(draw() * nodes.length)]?.url;
  const callers = ["ann", "bob", "cat", "dan", "eve", "fay"].map((id) => stage.guest(id, place));
  for (const caller of callers) stage.peers.add(caller);
  const flitters = ["flo", "finn"].map((id) => bystander(id, place));
  for (const one of flitters) stage.bystanders.add(one);
  const calling = setInterval(() => {
    for (const caller of callers) caller.signal(Math.floor(draw() * 100));
    for (const one of flitters) for (const { id } of flitters) if (id !== one.id) one.say(id);
  }, callEveryMs);
  try {
    await rest(stage);
    await enough(stage);
    for (const happening of what) {
      say(happening.join(", and "));
      await letHappen(stage, happening);
      await rest(stage);
      await enough(stage);
      const complaints = [...stage.all.map(({ history }) => history), ...flitters].flatMap(
        (one) => one.complaints,
      );
      // As soon as it can be seen: the journals are still about it.
      if (complaints.length > 0)
        assert.fail(`seed ${seed}: ${complaints.join("\n")}\n${await picture(stage)}`);
    }
    clearInterval(calling);
    for (const { id, took } of flitters) assert.ok(took > 0, `nothing was said to ${id}`);
    return await assertKept(stage, `seed ${seed}`);
  } finally {
    clearInterval(calling);
    await stage.stop();
  }
};

/** As many as are wanted, the same for the same seed: each third one is two at once. */
export const happenings = (count: number, draw: () => number): readonly Happening[] => {
  const fault = () => faults[Math.floor(draw() * faults.length)] ?? "lines break";
  return Array.from({ length: count }, () => {
    const [one, other] = [fault(), fault()];
    // Redis can be gone in one way at a time.
    const both = draw() < 1 / 3 && one !== other && !(one.startsWith("Redis") && other.startsWith("Redis"));
    return both ? [one, other] : [one];
  });
};
