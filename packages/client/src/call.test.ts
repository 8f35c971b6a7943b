// SPDX-License-Identifier: MIT
/** Calls between real WebRTC stacks, over the real hub. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call } from "./call.ts";
import { next, nextMessage } from "./testing/events.ts";
import { type Stack, videoTrack, weriftStack, wrtcStack } from "./testing/stacks.ts";
import { twoPeers } from "./testing/two-peers.ts";

const timeout = 30_000;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The channel with that label, once the peer has opened it. */
const channelOf = async (call: Call, label: string): Promise<RTCDataChannel> =>
  call.channel(label) ?? (await next(call, "channel", (channel) => channel.label === label))[0];

const pairs: readonly (readonly [Stack, Stack])[] = [
  [wrtcStack, wrtcStack],
  [weriftStack, weriftStack],
  [wrtcStack, weriftStack],
  [weriftStack, wrtcStack],
];

for (const [caller, callee] of pairs) {
  test(`${caller.name} calls ${callee.name}: a channel opens and carries messages both ways`, {
    timeout,
  }, async (context) => {
    const { ann, bob } = await twoPeers(context, { ann: { stack: caller }, bob: { stack: callee } });
    const incoming = next(bob, "call");
    const call = ann.call("bob", { channels: ["chat"] });
    const [answered] = await incoming;
    assert.equal(answered.peer.id, "ann");
    assert.equal(answered.state, "ringing");
    assert.equal(answered.id, call.id);
    await answered.accept();
    await call.opened();
    await answered.opened();
    const theirs = await channelOf(answered, "chat");
    const ours = await channelOf(call, "chat");
    const there = nextMessage(theirs);
    ours.send("hello");
    assert.equal(await there, "hello");
    const back = nextMessage(ours);
    theirs.send("and back");
    assert.equal(await back, "and back");
  });

  test(`${caller.name} and ${callee.name} call each other at the same moment: it is one call`, {
    timeout,
  }, async (context) => {
    const { ann, bob } = await twoPeers(context, { ann: { stack: caller }, bob: { stack: callee } });
    bob.on("call", () => assert.fail("what crossed is no further call"));
    ann.on("call", () => assert.fail("what crossed is no further call"));
    const chat = { label: "chat", negotiated: true, id: 0 };
    const fromAnn = ann.call("bob", { channels: [chat] });
    const fromBob = bob.call("ann", { channels: [chat] });
    await Promise.all([fromAnn.opened(), fromBob.opened()]);
    assert.equal(fromAnn.id, fromBob.id);
    assert.deepEqual([ann.calls.size, bob.calls.size], [1, 1]);
    const there = nextMessage(await channelOf(fromBob, "chat"));
    (await channelOf(fromAnn, "chat")).send("met in the middle");
    assert.equal(await there, "met in the middle");
    const merged = [await fromAnn.why(), await fromBob.why()].filter(({ stages }) =>
      stages.some(({ name }) => name === "merged"),
    );
    assert.equal(merged.length, 1);
  });
}

test("media and channels added later are negotiated without a new call, in both directions at once", {
  timeout,
}, async (context) => {
  const { ann, bob } = await twoPeers(context);
  bob.on("call", (call) => call.accept());
  const incoming = next(bob, "call");
  const call = ann.call("bob", { channels: ["chat"] });
  const [answered] = await incoming;
  await Promise.all([call.opened(), answered.opened()]);
  const atBob = next(answered, "track");
  const atAnn = next(call, "track");
  const [annTrack, bobTrack] = [videoTrack(), videoTrack()];
  context.after(() => {
    annTrack.stop();
    bobTrack.stop();
  });
  // Both offer in the same moment: the callee gives way, and both tracks arrive all the same.
  call.addTrack(annTrack);
  answered.addTrack(bobTrack);
  assert.equal((await atBob)[0].kind, "video");
  assert.equal((await atAnn)[0].kind, "video");
  assert.equal(bob.calls.size, 1);
});

test("an answerer's own tracks and channels come with its answer or right after it", {
  timeout,
}, async (context) => {
  for (const stack of [wrtcStack, weriftStack]) {
    const { ann, bob } = await twoPeers(context, { ann: { stack }, bob: { stack } });
    bob.on("call", (call) => call.accept({ channels: ["from bob"] }));
    const call = ann.call("bob", { receive: ["video"] });
    const [channel] = await next(call, "channel");
    assert.equal(channel.label, "from bob");
  }
});

test("ICE restarts while data flows on", { timeout }, async (context) => {
  const { ann, bob, annPlug } = await twoPeers(context);
  bob.on("call", (call) => call.accept());
  const incoming = next(bob, "call");
  const call = ann.call("bob", { channels: ["chat"] });
  const [answered] = await incoming;
  await call.opened();
  const before = call.connection.localDescription?.sdp.match(/a=ice-ufrag:(\S+)/)?.[1];
  const stable = new Promise<void>((resolve) => {
    call.connection.addEventListener("signalingstatechange", () => {
      if (call.connection.signalingState === "stable") resolve();
    });
  });
  call.restartIce();
  await stable;
  const after = call.connection.localDescription?.sdp.match(/a=ice-ufrag:(\S+)/)?.[1];
  assert.notEqual(after, before);
  const offers = annPlug.sent.flatMap((frame) =>
    frame.type === "signal" && frame.signal.kind === "offer" ? [frame.signal] : [],
  );
  assert.deepEqual(
    offers.map(({ again, call: id }) => [again, id]),
    [
      [undefined, call.id],
      [true, call.id],
    ],
  );
  const there = nextMessage(await channelOf(answered, "chat"));
  (await channelOf(call, "chat")).send("still here");
  assert.equal(await there, "still here");
});

test("a peer that takes no trickled candidates gets one complete description and their end", {
  timeout,
}, async (context) => {
  const { ann, bob, annPlug } = await twoPeers(context, {
    bob: { wire: { toServer: (frame) => (frame.type === "join" ? { ...frame, trickle: false } : frame) } },
  });
  assert.equal(ann.peers.get("bob")?.traits.trickle, false);
  bob.on("call", (call) => call.accept());
  const call = ann.call("bob", { channels: ["chat"] });
  await call.opened();
  const kinds = annPlug.sent.flatMap((frame) => (frame.type === "signal" ? [frame.signal] : []));
  assert.deepEqual(
    kinds.map(({ kind }) => kind),
    ["offer", "end-of-candidates"],
  );
  assert.match(kinds[0]?.kind === "offer" ? kinds[0].sdp : "", /^a=candidate:/m);
});

test("the end of candidates is said, once, after the last of them", { timeout }, async (context) => {
  for (const stack of [wrtcStack, weriftStack]) {
    const { ann, bob, annPlug } = await twoPeers(context, { ann: { stack } });
    bob.on("call", (call) => call.accept());
    const call = ann.call("bob", { channels: ["chat"] });
    await call.opened();
    const kinds = () => annPlug.sent.flatMap((frame) => (frame.type === "signal" ? [frame.signal.kind] : []));
    while (!kinds().includes("end-of-candidates")) await turn();
    assert.equal(kinds().filter((kind) => kind === "end-of-candidates").length, 1);
    assert.equal(kinds().at(-1), "end-of-candidates");
  }
});

test("why() tells the stages, the candidates by type and the pair, and no address", {
  timeout,
}, async (context) => {
  const { ann, bob } = await twoPeers(context);
  bob.on("call", (call) => call.accept());
  const call = ann.call("bob", { channels: ["chat"] });
  await call.opened();
  const why = await call.why();
  assert.equal(why.verdict.code, "connected");
  const names = new Set(why.stages.map(({ name }) => name));
  for (const name of [
    "line-open",
    "joined",
    "offer-sent",
    "receipt",
    "delivered",
    "answer-received",
    "ice-connected",
    "dtls-connected",
    "channel-open",
  ] as const) {
    assert.ok(names.has(name), name);
  }
  assert.equal(why.pair?.protocol, "udp");
  // A check may come before the candidate it came from: then that is peer-reflexive.
  for (const type of [why.pair.local, why.pair.remote]) assert.ok(type === "host" || type === "prflx", type);
  assert.ok((why.candidates.local.host ?? 0) > 0 && (why.candidates.remote.host ?? 0) > 0);
  assert.doesNotMatch(JSON.stringify(why), /\d+\.\d+\.\d+\.\d+|::/);
});
