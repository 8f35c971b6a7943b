// SPDX-License-Identifier: MIT
/** How calls end, and what they outlive. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultLimits } from "@signalbox/core";
import { settled } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import type { Call } from "./call.ts";
import { next, nextMessage } from "./testing/events.ts";
import { videoTrack } from "./testing/stacks.ts";
import { joinAs, twoPeers } from "./testing/two-peers.ts";
import type { PeerFrame } from "./wire.ts";

const timeout = 30_000;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** The channel with that label, once the peer has opened it. */
const channelOf = async (call: Call, label: string): Promise<RTCDataChannel> =>
  call.channel(label) ?? (await next(call, "channel", (channel) => channel.label === label))[0];

test("a running call outlives the line: data flows on, and the session resumes under it", {
  timeout,
}, async (context) => {
  const { ann, bob, annPlug, server } = await twoPeers(context);
  bob.on("call", (call) => call.accept());
  const incoming = next(bob, "call");
  const call = ann.call("bob", { channels: ["chat"] });
  const [answered] = await incoming;
  await call.opened();
  const away = next(ann, "state");
  annPlug.cut();
  assert.deepEqual(await away, ["away"]);
  const there = nextMessage(await channelOf(answered, "chat"));
  (await channelOf(call, "chat")).send("over the peers' own path");
  assert.equal(await there, "over the peers' own path");
  assert.equal(call.verdict.code, "connected");
  const back = next(ann, "state");
  server.clock.advance(500);
  assert.deepEqual(await back, ["open"]);
  const track = videoTrack();
  context.after(() => track.stop());
  const heard = next(answered, "track");
  call.addTrack(track);
  await heard;
});

test("a running call outlives the session: under a new one it can still be renegotiated and ended", {
  timeout,
}, async (context) => {
  const { ann, bob, annPlug, pass } = await twoPeers(context);
  bob.on("call", (call) => call.accept());
  const incoming = next(bob, "call");
  const call = ann.call("bob", { channels: ["chat"] });
  const [answered] = await incoming;
  await Promise.all([call.opened(), answered.opened()]);
  const first = ann.self.session;
  annPlug.down = true;
  annPlug.cut();
  await pass(20_000);
  annPlug.down = false;
  const back = next(ann, "state", (state) => state === "open");
  await pass(60_000);
  await back;
  assert.notEqual(ann.self.session, first);
  assert.equal(call.state, "connected");
  const track = videoTrack();
  context.after(() => track.stop());
  const heard = next(answered, "track");
  call.addTrack(track);
  await heard;
  const over = next(answered, "ended");
  call.hangUp();
  assert.equal((await over)[0].code, "hung-up-by-peer");
});

test("leaving the room ends what is not connected and keeps what is", { timeout }, async (context) => {
  const { server, ann, bob } = await twoPeers(context);
  const { room: cat } = await joinAs(server, "cat");
  bob.on("call", (call) => call.accept());
  const incoming = next(bob, "call");
  const connected = ann.call("bob", { channels: ["chat"] });
  const [answered] = await incoming;
  await Promise.all([connected.opened(), answered.opened()]);
  const unanswered = ann.call("cat", { channels: ["chat"] });
  await next(cat, "call");
  await ann.leave();
  assert.equal(unanswered.verdict.code, "hung-up-here");
  assert.equal(connected.state, "connected");
  const there = nextMessage(await channelOf(answered, "chat"));
  (await channelOf(connected, "chat")).send("bye");
  assert.equal(await there, "bye");
  connected.hangUp();
  cat.session.close();
});

test("closing the session hangs up, and the peer is told", { timeout }, async (context) => {
  const { ann, bob } = await twoPeers(context);
  bob.on("call", (call) => call.accept());
  const incoming = next(bob, "call");
  const call = ann.call("bob", { channels: ["chat"] });
  const [answered] = await incoming;
  await call.opened();
  const over = next(answered, "ended");
  ann.session.close();
  assert.equal((await over)[0].code, "hung-up-by-peer");
  assert.throws(() => ann.call("bob"), { code: "left" });
});

test("a signal ends a call, and one that is aborted begins none", { timeout }, async (context) => {
  const { ann } = await twoPeers(context);
  const stop = new AbortController();
  const call = ann.call("bob", { channels: ["chat"], signal: stop.signal });
  stop.abort(new Error("enough"));
  assert.equal(call.verdict.code, "hung-up-here");
  assert.throws(() => ann.call("bob", { signal: stop.signal }), /enough/);
  const waiting = new AbortController();
  const other = ann.call("bob", { channels: ["chat"] });
  const opened = other.opened(waiting.signal);
  waiting.abort(new Error("not that long"));
  await assert.rejects(opened, /not that long/);
  assert.equal(other.state, "calling");
});

test("who is not in a call cannot end it, answered or not", { timeout }, async (context) => {
  const { server, ann, bob } = await twoPeers(context);
  const incoming = next(bob, "call");
  const call = ann.call("bob", { channels: ["chat"] });
  const [theirs] = await incoming;
  const { room: mallory } = await joinAs(server, "mallory", {
    wire: {
      // Whatever it sends to ann is a `bye` for the call of others.
      toServer: (frame) =>
        frame.type === "message"
          ? { type: "signal", seq: frame.seq, to: "ann", signal: { kind: "bye", call: call.id } }
          : frame,
    },
  });
  assert.equal((await mallory.send("anything")).fate, "sent");
  await settled();
  assert.equal(call.state, "calling");
  await theirs.accept();
  await call.opened();
  assert.equal((await mallory.send("anything")).fate, "sent");
  await settled();
  assert.equal(call.state, "connected");
  mallory.session.close();
});

test("a renewed offer for a call nobody here knows rings nobody and is turned down", {
  timeout,
}, async (context) => {
  const { ann, bob } = await twoPeers(context, {
    ann: {
      wire: {
        toServer: (frame) =>
          frame.type === "signal" && frame.signal.kind === "offer"
            ? { ...frame, signal: { ...frame.signal, again: true } }
            : frame,
      },
    },
  });
  bob.on("call", () => assert.fail("it is no new call"));
  const call = ann.call("bob", { channels: ["chat"] });
  const [verdict] = await next(call, "ended");
  assert.deepEqual([verdict.code, verdict.detail], ["rejected-by-peer", "unknown-call"]);
});

test("what is still on its way for an ended call rings nobody", { timeout }, async (context) => {
  const { ann, bob, annPlug, bobPlug } = await twoPeers(context);
  const incoming = next(bob, "call");
  const call = ann.call("bob", { channels: ["chat"] });
  const [theirs] = await incoming;
  await theirs.accept();
  await Promise.all([call.opened(), theirs.opened()]);
  // A renewed offer, on its way while the call is ended here. As a new call's it would ring.
  bobPlug.hold();
  call.restartIce();
  const renewed = (frame: PeerFrame) =>
    frame.type === "signal" && frame.signal.kind === "offer" && frame.signal.again === true;
  while (!annPlug.sent.some(renewed)) await turn();
  await settled();
  theirs.hangUp();
  await settled();
  bob.on("call", () => assert.fail("it has ended"));
  const byes = () =>
    bobPlug.sent.filter((frame) => frame.type === "signal" && frame.signal.kind === "bye").length;
  const before = byes();
  bobPlug.release();
  await settled(200);
  assert.equal(byes(), before, "and is not turned down once more");
  assert.equal(bob.calls.size, 0);
});

test("sixteen may ring at once; who comes then is told that it is busy", { timeout }, async (context) => {
  // Where one description takes long, the candidates of the others may be more than a peer may send at once.
  const dialect = native({ limits: { ...defaultLimits, frameBurst: 10_000 } });
  const { ann, bob } = await twoPeers(context, { parts: { dialect } });
  const calls = Array.from({ length: 17 }, () => ann.call("bob", { channels: ["chat"] }));
  const [verdict] = await Promise.any(calls.map((call) => next(call, "ended")));
  assert.deepEqual([verdict.code, verdict.detail], ["rejected-by-peer", "busy"]);
  assert.equal(bob.calls.size, 16);
  for (const call of calls) call.hangUp();
});
