// SPDX-License-Identifier: MIT
/** Two peers that call each other at the same moment. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settled } from "@signalbox/core/testing";
import type { Call } from "./call.ts";
import { next } from "./testing/events.ts";
import type { Plug } from "./testing/memory-server.ts";
import { weriftStack, wrtcStack } from "./testing/stacks.ts";
import { twoPeers } from "./testing/two-peers.ts";

const timeout = 30_000;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The channel with that label, once the peer has opened it. */
const channelOf = async (call: Call, label: string): Promise<RTCDataChannel> =>
  call.channel(label) ?? (await next(call, "channel", (channel) => channel.label === label))[0];

for (const stack of [wrtcStack, weriftStack]) {
  test(`what both sides of crossing calls brought in is there (${stack.name})`, {
    timeout,
  }, async (context) => {
    // Between different stacks a channel of the yielding side may share its number with one of the other's: werift
    // numbers them by its ICE role, which libwebrtc keeps through a rollback.
    const { ann, bob } = await twoPeers(context, { ann: { stack }, bob: { stack } });
    const fromAnn = ann.call("bob", { channels: ["ann's"] });
    const fromBob = bob.call("ann", { channels: ["bob's"] });
    await Promise.all([fromAnn.opened(), fromBob.opened()]);
    assert.equal((await channelOf(fromAnn, "bob's")).label, "bob's");
    assert.equal((await channelOf(fromBob, "ann's")).label, "ann's");
  });
}

test("crossing calls become one however their frames interleave", { timeout }, async (context) => {
  const { ann, bob, annPlug, bobPlug } = await twoPeers(context);
  const offers = ({ sent }: Plug) =>
    sent.filter((frame) => frame.type === "signal" && frame.signal.kind === "offer").length;
  for (let turns = 0; turns < 40; turns += 4) {
    const fromAnn = ann.call("bob", { channels: ["x"] });
    await settled(turns);
    const fromBob = bob.call("ann", { channels: ["x"] });
    await Promise.all([fromAnn.opened(), fromBob.opened()]);
    assert.equal(fromAnn.id, fromBob.id, `${turns} turns apart`);
    assert.deepEqual([ann.calls.size, bob.calls.size], [1, 1]);
    const over = next(fromBob, "ended");
    fromAnn.hangUp();
    await over;
  }
  // Both offers are out before either side hears anything; whose is heard first makes no difference.
  for (const [first, second] of [
    [annPlug, bobPlug],
    [bobPlug, annPlug],
  ] as const) {
    for (const plug of [first, second]) plug.hold();
    const before = [offers(first), offers(second)] as const;
    const fromAnn = ann.call("bob", { channels: ["x"] });
    const fromBob = bob.call("ann", { channels: ["x"] });
    while (offers(first) === before[0] || offers(second) === before[1]) await turn();
    first.release();
    await settled();
    second.release();
    await Promise.all([fromAnn.opened(), fromBob.opened()]);
    assert.equal(fromAnn.id, fromBob.id);
    assert.deepEqual([ann.calls.size, bob.calls.size], [1, 1]);
    const over = next(fromBob, "ended");
    fromAnn.hangUp();
    await over;
  }
});

test("a call that yielded to one which came to nothing is ended, not left waiting", {
  timeout,
}, async (context) => {
  const { ann, bob, annPlug, bobPlug } = await twoPeers(context);
  for (const plug of [annPlug, bobPlug]) plug.hold();
  const fromAnn = ann.call("bob", { channels: ["x"] });
  const fromBob = bob.call("ann", { channels: ["x"] });
  const offered = ({ sent }: Plug) =>
    sent.some((frame) => frame.type === "signal" && frame.signal.kind === "offer");
  while (!offered(annPlug) || !offered(bobPlug)) await turn();
  // The one with the smaller id stands. Its caller hears of the other, and gives up.
  const [standing, plug, yielding] =
    fromAnn.id < fromBob.id ? [fromAnn, annPlug, fromBob] : [fromBob, bobPlug, fromAnn];
  plug.release();
  await settled();
  standing.hangUp();
  const other = plug === annPlug ? bobPlug : annPlug;
  const over = next(yielding, "ended");
  other.release();
  await over;
  await settled(200);
  assert.deepEqual([ann.calls.size, bob.calls.size], [0, 0]);
});

test("a call to a peer that is ringing here takes that call", { timeout }, async (context) => {
  const { ann, bob } = await twoPeers(context);
  const incoming = next(bob, "call");
  const call = ann.call("bob", { channels: ["a"] });
  const [ringing] = await incoming;
  const back = bob.call("ann", { channels: ["b"] });
  assert.equal(back, ringing);
  await Promise.all([call.opened(), back.opened()]);
  assert.equal((await channelOf(call, "b")).label, "b");
});
