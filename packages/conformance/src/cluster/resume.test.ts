// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryDirectory, memoryNetwork } from "@signalbox/backplane/memory";
import { createHub, type Dialect, type Hub, type NodeId, withLimits } from "@signalbox/core";
import { handshakeAt, settled, type TestLine, testLine, testParts } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import fc from "fast-check";
import { witness } from "./witness.ts";

/** A peer whose line breaks now and then, with frames on it that never arrive. */
interface Traveller {
  readonly away: boolean;
  /** Numbers of the signals it took, each once for each time it was told. */
  readonly took: readonly number[];
  readonly gaps: number;
  readonly ended: boolean;
  /** Loses the line, and the last frames that were on it. */
  lose(frames: number): void;
  resume(): void;
  acknowledge(): void;
}

const traveller = async (hub: Hub, dialect: Dialect): Promise<Traveller> => {
  const took: number[] = [];
  let inbox: string[] = [];
  let seen = 0;
  let session = "";
  let token = "";
  let incarnation = 1;
  let gaps = 0;
  let away = false;
  let ended = false;
  let line: TestLine;
  const open = (): TestLine => {
    const fresh = testLine(hub, dialect, handshakeAt("/", { protocols: ["signalbox.v1"] }));
    fresh.onTold = (text) => inbox.push(text);
    return fresh;
  };
  const read = (keep: number) => {
    for (const text of inbox.slice(0, keep)) {
      const frame = JSON.parse(text);
      if (frame.type === "closing") ended = true;
      if (frame.type === "resumed" && frame.gap) gaps += 1;
      if (frame.seq === undefined || frame.seq <= seen) continue;
      seen = frame.seq;
      if (frame.type === "welcome") ({ session, token } = frame);
      if (frame.type === "signal") took.push(frame.signal.data);
    }
    inbox = [];
  };
  line = open();
  line.send({ type: "join", seq: 1, room: "r", id: "bob" });
  await settled();
  read(inbox.length);
  return {
    get away() {
      return away;
    },
    took,
    get gaps() {
      return gaps;
    },
    get ended() {
      return ended;
    },
    lose(frames) {
      read(Math.max(0, inbox.length - frames));
      line.onTold = undefined;
      line.drop();
      away = true;
    },
    resume() {
      incarnation += 1;
      line = open();
      line.send({ type: "resume", session, token, incarnation, seen });
      away = false;
    },
    acknowledge() {
      read(inbox.length);
      line.send({ type: "ack", seen });
    },
  };
};

const step = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ do: "signal" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("lose" as const), frames: fc.nat(12) }) },
  { weight: 3, arbitrary: fc.constant({ do: "resume" as const }) },
  { weight: 2, arbitrary: fc.constant({ do: "acknowledge" as const }) },
);

const journey = async (
  dialect: Dialect,
  steps: readonly { readonly do: string; readonly frames?: number }[],
) => {
  const parts = testParts("n1", memoryDirectory(), memoryNetwork().bus("n1" as NodeId));
  const hub = createHub(parts);
  const bob = await traveller(hub, dialect);
  const ann = witness(hub, dialect, "ann");
  ann.join("r");
  await settled();
  for (const one of steps) {
    if (one.do === "signal") ann.signal("bob");
    if (one.do === "lose" && !bob.away) bob.lose(one.frames ?? 0);
    if (one.do === "resume") {
      // A line that still seems open is taken over; one that is gone is come back to.
      if (!bob.away) bob.lose(0);
      bob.resume();
    }
    if (one.do === "acknowledge" && !bob.away) bob.acknowledge();
    await settled(10);
  }
  if (bob.away) bob.resume();
  await settled();
  bob.acknowledge();
  await settled();
  const accepted = [...ann.fates]
    .filter(([, fate]) => fate === "sent" || fate === "queued")
    .map(([number]) => number);
  hub.close();
  await settled();
  assert.equal(parts.clock.pending, 0);
  return { bob, ann, accepted };
};

describe("a line that breaks and comes back", () => {
  test("loses no accepted signal, doubles none and keeps their order, wherever it breaks", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: "max" }), async (steps) => {
        const { bob, ann, accepted } = await journey(native(), steps);
        assert.deepEqual(ann.complaints, []);
        assert.equal(bob.ended, false);
        assert.equal(bob.gaps, 0);
        assert.deepEqual(bob.took, accepted);
      }),
      { numRuns: 300 },
    );
  });

  test("with little room to keep things: what was accepted while it was away arrives, what else is missing is told as a gap", async () => {
    let gaps = 0;
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120, size: "max" }), async (steps) => {
        const { bob, ann, accepted } = await journey(
          native({ limits: withLimits({ replayFrames: 6 }) }),
          steps,
        );
        gaps += bob.gaps;
        refused += [...ann.fates.values()].filter((fate) => fate === "refused").length;
        assert.deepEqual(
          bob.took,
          [...new Set(bob.took)].sort((a, b) => a - b),
          "doubled or out of order",
        );
        assert.ok(
          bob.took.every((number) => accepted.includes(number)),
          "a refused signal arrived",
        );
        const missing = accepted.filter((number) => !bob.took.includes(number));
        if (bob.gaps === 0) assert.deepEqual(missing, []);
      }),
      { numRuns: 300 },
    );
    assert.ok(gaps > 0 && refused > 0, "the bound was never reached, so nothing was shown");
  });
});
