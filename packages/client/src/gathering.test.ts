// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { handClock, settled } from "@signalbox/core/testing";
import { createAlarm } from "./alarm.ts";
import { gathered } from "./gathering.ts";

/** As much of a connection as is looked at, gathering as slowly as a test wants. */
const gathering = () => {
  const target = new EventTarget();
  const state = {
    iceGatheringState: "gathering",

    localDescription: { sdp: "v=0\r\n" },
  };
  const connection = Object.assign(target, state) as unknown as RTCPeerConnection & typeof state;
  const turn = (change: Partial<typeof state>, event: string) => {
    Object.assign(connection, change);
    target.dispatchEvent(new Event(event));
  };
  return { connection, turn };
};

const withCandidate = { localDescription: { sdp: "v=0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n" } };

/** Has it resolved by now? */
const watch = (promise: Promise<void>) => {
  const seen = { done: false };
  promise.then(() => {
    seen.done = true;
  });
  return seen;
};

test("gathering is over when the stack says so, or was before", async () => {
  const clock = handClock();
  const { connection, turn } = gathering();
  const seen = watch(gathered(connection, createAlarm(clock)));
  turn({ iceGatheringState: "complete" }, "icegatheringstatechange");
  await settled();
  assert.equal(seen.done, true);
  await gathered(connection, createAlarm(clock));
  assert.equal(clock.pending, 0);
});

test("with a candidate at hand two seconds are enough", async () => {
  const clock = handClock();
  const { connection, turn } = gathering();
  turn(withCandidate, "icecandidate");
  const seen = watch(gathered(connection, createAlarm(clock)));
  clock.advance(1_999);
  await settled();
  assert.equal(seen.done, false);
  clock.advance(1);
  await settled();
  assert.equal(seen.done, true);
  assert.equal(clock.pending, 0);
});

test("without a candidate it waits for the first", async () => {
  const clock = handClock();
  const { connection, turn } = gathering();
  const seen = watch(gathered(connection, createAlarm(clock)));
  clock.advance(3_000);
  await settled();
  assert.equal(seen.done, false);
  turn(withCandidate, "icecandidate");
  await settled();
  assert.equal(seen.done, true);
  assert.equal(clock.pending, 0);
});
