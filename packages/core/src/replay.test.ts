// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { frameBytes, textFrame } from "./frame.ts";
import type { NodeId, SessionId } from "./ids.ts";
import {
  type Awaiter,
  acknowledge,
  awaitersOf,
  emptyReplay,
  hasGap,
  hasRoom,
  type Kept,
  keep,
  type Replay,
} from "./replay.ts";

const item = (seq: number, length = 1): Kept => ({
  seq,
  frame: textFrame("x".repeat(length)),
  queued: false,
  also: [],
  awaiter: undefined,
});
const seqs = (replay: Replay) => replay.kept.map(({ seq }) => seq);
const wide = { replayFrames: 1_000, replayBytes: 1_000_000 };

const filled = (count: number, bounds = wide, length = 1): Replay => {
  const replay = emptyReplay();
  for (let seq = 1; seq <= count; seq += 1) keep(replay, item(seq, length), bounds);
  return replay;
};

describe("what is kept for a resume", () => {
  test("is everything not acknowledged, in order", () => {
    const replay = filled(5);
    assert.deepEqual(
      acknowledge(replay, 2).map(({ seq }) => seq),
      [1, 2],
    );
    assert.deepEqual(seqs(replay), [3, 4, 5]);
    assert.deepEqual(acknowledge(replay, 2), []);
    assert.equal(hasGap(replay, 2), false);
  });

  test("is bounded in number: the oldest give way, and a peer that has not seen them is told of a gap", () => {
    const replay = filled(7, { ...wide, replayFrames: 4 });
    assert.deepEqual(seqs(replay), [4, 5, 6, 7]);
    assert.deepEqual(
      [0, 2, 3, 7].map((seen) => hasGap(replay, seen)),
      [true, true, false, false],
    );
  });

  test("is bounded in bytes: as many of the oldest give way as it takes", () => {
    const bounds = { ...wide, replayBytes: 100 };
    const replay = filled(10, bounds, 10);
    keep(replay, item(11, 35), bounds);
    assert.deepEqual(seqs(replay), [5, 6, 7, 8, 9, 10, 11]);
    assert.equal(replay.bytes, 95);
  });

  test("keeps at least the newest frame, also where that alone is beyond the bound", () => {
    const replay = filled(3, { ...wide, replayBytes: 5 }, 10);
    assert.deepEqual(seqs(replay), [3]);
    assert.equal(replay.bytes, 10);
  });

  test("says beforehand whether one more fits, for those who are away and for whom nothing gives way", () => {
    const bounds = { replayFrames: 3, replayBytes: 10 };
    const replay = filled(2, bounds, 3);
    assert.deepEqual(
      [4, 5].map((bytes) => hasRoom(replay, bytes, bounds)),
      [true, false],
    );
    keep(replay, item(3, 1), bounds);
    assert.equal(hasRoom(replay, 0, bounds), false);
  });

  test("counts the bytes of binary frames and of frames that came from a socket as they are", () => {
    const bytes = new Uint8Array(7);
    assert.equal(frameBytes({ kind: "binary", bytes }), 7);
    assert.equal(frameBytes({ kind: "text", text: "北", bytes: new Uint8Array(3) }), 3);
  });

  test("knows all who wait for a frame", () => {
    const awaiter = (ref: number): Awaiter => ({
      node: "n1" as NodeId,
      session: "s" as SessionId,
      ref,
      wantsDelivery: false,
    });
    assert.deepEqual(awaitersOf({ ...item(1), also: [awaiter(2)] }), [awaiter(2)]);
    assert.deepEqual(awaitersOf({ ...item(1), awaiter: awaiter(1), also: [awaiter(2)] }), [
      awaiter(1),
      awaiter(2),
    ]);
  });

  test("never grows beyond its bounds, never forgets more than it must, and tells every gap", () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ length: fc.nat(40) }) },
      { weight: 1, arbitrary: fc.record({ seen: fc.nat(60) }) },
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 40, max: 120 }),
        (steps, replayFrames, replayBytes) => {
          const bounds = { replayFrames, replayBytes };
          const replay = emptyReplay();
          let seq = 0;
          let acknowledged = 0;
          for (const one of steps) {
            if ("seen" in one) {
              const seen = Math.min(one.seen, seq);
              acknowledge(replay, seen);
              acknowledged = Math.max(acknowledged, seen);
            } else {
              seq += 1;
              keep(replay, item(seq, one.length), bounds);
            }
            assert.ok(replay.kept.length <= replayFrames && replay.bytes <= replayBytes);
            assert.equal(
              replay.bytes,
              replay.kept.reduce((sum, { frame }) => sum + frameBytes(frame), 0),
            );
            const [oldest] = replay.kept;
            if (oldest !== undefined)
              assert.deepEqual(
                seqs(replay),
                Array.from({ length: replay.kept.length }, (_, index) => oldest.seq + index),
              );
            for (let seen = acknowledged; seen <= seq; seen += 1) {
              assert.equal(
                hasGap(replay, seen),
                seen < seq && (oldest === undefined || oldest.seq > seen + 1),
                `seen ${seen} of ${seq}`,
              );
            }
          }
        },
      ),
    );
  });
});
