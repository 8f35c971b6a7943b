// SPDX-License-Identifier: MIT
/** Every verdict there is, forced: with real stacks and the real hub wherever those can be made to fail that way. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { refusal } from "@signalbox/core";
import { openDoor, settled } from "@signalbox/core/testing";
import type { CallState } from "./call.ts";
import { breakable } from "./testing/breakable.ts";
import { candidatesChanged, withSdp } from "./testing/disturbances.ts";
import { next } from "./testing/events.ts";
import { ended, neverForced, says } from "./testing/forced.ts";
import { answerTo, scriptedCall } from "./testing/scripted-call.ts";
import { weriftStack } from "./testing/stacks.ts";
import { joinAs, twoPeers } from "./testing/two-peers.ts";
import { CallError } from "./verdict.ts";

const timeout = 10_000;
const chat = { channels: ["chat"] } as const;
test("connecting, connected, hung up here and by the peer", { timeout }, async (context) => {
  const { ann, bob } = await twoPeers(context);
  const incoming = next(bob, "call");
  const call = ann.call("bob", chat);
  const [theirs] = await incoming;
  await says(theirs, "ringing");
  const accepted = theirs.accept();
  await says(theirs, "connecting");
  await accepted;
  await call.opened();
  await says(call, "connected");
  const over = next(theirs, "ended");
  call.hangUp("done");
  await ended(call, "hung-up-here");
  assert.equal((await over)[0].detail, "done");
  await ended(theirs, "hung-up-by-peer");
});

test("a call nothing was added to says so, and ends so", { timeout }, async (context) => {
  const { ann, pass } = await twoPeers(context);
  const call = ann.call("bob");
  await says(call, "nothing-offered");
  await pass(45_000);
  await ended(call, "nothing-offered");
});

test("nobody holds that id", { timeout }, async (context) => {
  const { ann } = await twoPeers(context);
  await ended(ann.call("nobody", chat), "target-unknown");
});

test("delivered, but nobody there answers", { timeout }, async (context) => {
  const { ann, bob, pass } = await twoPeers(context);
  const call = ann.call("bob", chat);
  await next(bob, "call");
  await settled();
  await says(call, "waiting-for-answer");
  assert.ok((await call.why()).stages.some(({ name }) => name === "delivered"));
  const [theirs] = [...bob.calls.values()];
  await pass(45_000);
  await ended(call, "never-answered");
  await settled();
  assert.equal(theirs?.verdict.code, "hung-up-by-peer");
});

test("the peer turns the call down", { timeout }, async (context) => {
  const { ann, bob } = await twoPeers(context);
  bob.on("call", (call) => call.reject("busy"));
  const call = ann.call("bob", chat);
  await ended(call, "rejected-by-peer");
  assert.equal(call.verdict.detail, "busy");
});

test("the peer's line is broken: the offer waits, and reaches it when it returns", {
  timeout,
}, async (context) => {
  const { ann, bob, bobPlug, server } = await twoPeers(context);
  bob.on("call", (call) => call.accept());
  bobPlug.cut();
  await settled();
  const call = ann.call("bob", chat);
  while (call.verdict.code !== "target-offline-queued") await new Promise((resolve) => setImmediate(resolve));
  await says(call, "target-offline-queued");
  server.clock.advance(500);
  await call.opened();
});

test("the peer's line is broken, and it does not return", { timeout }, async (context) => {
  const { ann, bobPlug, pass } = await twoPeers(context);
  bobPlug.down = true;
  bobPlug.cut();
  await settled();
  const call = ann.call("bob", chat);
  while (call.verdict.code !== "target-offline-queued") await new Promise((resolve) => setImmediate(resolve));
  await pass(16_000);
  await ended(call, "target-offline");
});

test("the peer leaves before it answers, and the caller before it is answered", {
  timeout,
}, async (context) => {
  const { server, ann, bob } = await twoPeers(context);
  const { room: cat } = await joinAs(server, "cat");
  const call = ann.call("bob", chat);
  await next(bob, "call");
  await settled();
  bob.session.close();
  // The one who leaves says so in the call; who just vanishes is seen to leave.
  await ended(call, "rejected-by-peer");
  const { room: dan, plug } = await joinAs(server, "dan", {
    wire: { toServer: (frame) => (frame.type === "signal" ? undefined : frame) },
  });
  const toDan = ann.call("dan", chat);
  await next(dan, "call");
  await settled();
  dan.session.close();
  await ended(toDan, "peer-left");
  assert.ok(plug.told.length > 0);
  cat.session.close();
});

test("no kind of media in common, as the roster tells before anything is sent", {
  timeout,
}, async (context) => {
  const { ann, annPlug } = await twoPeers(context, { bob: { media: ["video"] } });
  const call = ann.call("bob", chat);
  await ended(call, "media-mismatch");
  assert.equal(call.verdict.detail, "offered: application; it takes: video");
  assert.ok(!annPlug.sent.some((frame) => frame.type === "signal"));
});

test("no kind of media in common, as the server tells", { timeout }, async () => {
  const { call, tell, room } = await scriptedCall();
  tell({
    type: "receipt",
    seq: 3,
    of: 2,
    fate: "refused",
    code: "media-mismatch",
    sentence: "Video only.",
    retry: false,
  });
  await ended(call, "media-mismatch");
  assert.equal(call.verdict.detail, "Video only.");
  room.session.close();
});

test("a description that was altered on its way is told to both", { timeout }, async (context) => {
  const { ann, bob } = await twoPeers(context, { ann: { wire: withSdp(() => "v=nonsense") } });
  const incoming = next(bob, "call");
  const call = ann.call("bob", chat);
  const [theirs] = await incoming;
  await assert.rejects(theirs.accept(), CallError);
  await ended(theirs, "description-refused");
  await ended(call, "description-refused");
});

test("this device has no address", { timeout }, async (context) => {
  const { ann, bob } = await twoPeers(context, { ann: { stack: weriftStack } });
  bob.on("call", (call) => call.accept());
  // What this stack understands beside the standard: not to look for addresses.
  const configuration: RTCConfiguration & { readonly [option: string]: unknown } = {
    iceUseIpv4: false,
    iceUseIpv6: false,
  };
  await ended(ann.call("bob", { ...chat, configuration }), "no-candidates-gathered");
});

test("relayed paths only, and no TURN server: told on both sides, each as it sees it", {
  timeout,
}, async (context) => {
  const { ann, bob } = await twoPeers(context, { ann: { configuration: { iceTransportPolicy: "relay" } } });
  const incoming = next(bob, "call");
  const call = ann.call("bob", chat);
  const [theirs] = await incoming;
  theirs.accept().catch(() => {});
  await ended(call, "turn-unusable");
  await ended(theirs, "peer-without-candidates");
});

test("neither side hears of any address of the other", { timeout }, async (context) => {
  const wire = candidatesChanged(() => undefined);
  const { ann, bob, pass } = await twoPeers(context, { ann: { wire }, bob: { wire } });
  bob.on("call", (call) => call.accept());
  const call = ann.call("bob", chat);
  await next(call, "state", (state) => state === "connecting");
  await pass(30_000);
  await ended(call, "peer-without-candidates");
});

test("addresses on both sides, and no path between them", { timeout }, async (context) => {
  // Discard: nothing answers there.
  const wire = candidatesChanged(() => "candidate:1 1 udp 2122260223 127.0.0.1 9 typ host");
  const { ann, bob, pass } = await twoPeers(context, { ann: { wire }, bob: { wire } });
  const incoming = next(bob, "call");
  const call = ann.call("bob", chat);
  const [theirs] = await incoming;
  await theirs.accept();
  for (const one of [call, theirs]) {
    while ((await one.why()).candidates.remote.host === undefined)
      await new Promise((resolve) => setImmediate(resolve));
  }
  await pass(30_000);
  await ended(call, "ice-failed");
  await ended(theirs, "ice-failed");
});

test("a path, but a fingerprint that does not fit its certificate", { timeout }, async (context) => {
  const other = (sdp: string) =>
    sdp.replace(
      /(a=fingerprint:sha-256 )(..)/g,
      (_, start, byte) => `${start}${byte === "00" ? "01" : "00"}`,
    );
  const { ann, bob, pass } = await twoPeers(context, { bob: { wire: withSdp(other) } });
  const incoming = next(bob, "call");
  const call = ann.call("bob", chat);
  const [theirs] = await incoming;
  await theirs.accept();
  const failed = () => [call, theirs].every(({ connection }) => connection.connectionState === "failed");
  while (call.state !== "ended" && !failed()) await new Promise((resolve) => setImmediate(resolve));
  // Not every stack tells.
  await pass(1_000);
  await ended(call, "dtls-failed");
  await ended(theirs, "dtls-failed");
});

test("a connected call is interrupted, mends, and is lost when nothing mends it", {
  timeout,
}, async (context) => {
  const { RTCPeerConnection, force } = breakable();
  const { ann, bob, annPlug, pass } = await twoPeers(context, { ann: { RTCPeerConnection } });
  bob.on("call", (call) => call.accept());
  const call = ann.call("bob", chat);
  await call.opened();
  const turned = async (state: CallState) => next(call, "state", (now) => now === state);
  const broken = turned("interrupted");
  force("disconnected");
  await broken;
  await says(call, "interrupted");
  const mended = turned("connected");
  force(undefined);
  await mended;
  await says(call, "connected");
  const restarts = () =>
    annPlug.sent.filter((frame) => frame.type === "signal" && frame.signal.kind === "offer").length - 1;
  const brokenAgain = turned("interrupted");
  force("failed");
  await brokenAgain;
  await pass(1_000);
  while (restarts() === 0) await new Promise((resolve) => setImmediate(resolve));
  annPlug.frozen = true;
  await pass(60_000);
  await ended(call, "path-lost");
});

test("the line is lost before the call is answered", { timeout }, async (context) => {
  const { ann, annPlug, pass } = await twoPeers(context);
  annPlug.down = true;
  annPlug.cut();
  await settled();
  const call = ann.call("bob", chat);
  while (call.verdict.code === "nothing-offered") await new Promise((resolve) => setImmediate(resolve));
  await says(call, "signaling-lost");
  assert.equal(call.state, "calling");
  await pass(16_000);
  await ended(call, "signaling-lost");
});

test("an unanswered call does not outlive its session", { timeout }, async (context) => {
  const { ann, bob, annPlug, pass } = await twoPeers(context);
  const call = ann.call("bob", { ...chat, answerWithinMs: 600_000 });
  await next(bob, "call");
  await settled();
  annPlug.down = true;
  annPlug.cut();
  await pass(20_000);
  assert.equal(call.state, "calling");
  annPlug.down = false;
  await pass(60_000);
  await ended(call, "signaling-lost");
});

test("the server does not let the session in again", { timeout }, async (context) => {
  let admitted = 0;
  const guard = {
    ...openDoor,
    async admit(...given: Parameters<typeof openDoor.admit>) {
      admitted += 1;
      return admitted > 2 ? refusal("unauthorized") : openDoor.admit(...given);
    },
  };
  const { ann, bob, annPlug, pass } = await twoPeers(context, { parts: { guard } });
  const call = ann.call("bob", { ...chat, answerWithinMs: 600_000 });
  await next(bob, "call");
  await settled();
  annPlug.down = true;
  annPlug.cut();
  await pass(20_000);
  annPlug.down = false;
  const left = next(ann, "left");
  await pass(60_000);
  await left;
  await ended(call, "credential-refused");
});

test("the server does not pass the offer on, as a refusal and as a receipt", { timeout }, async (context) => {
  const guard = {
    ...openDoor,
    allows: (...[, command]: Parameters<typeof openDoor.allows>) =>
      command.type === "signal" ? refusal("forbidden") : undefined,
  };
  const { ann } = await twoPeers(context, { parts: { guard } });
  const call = ann.call("bob", chat);
  await ended(call, "refused");
  assert.match(call.verdict.detail ?? "", /credential/);
  const scripted = await scriptedCall();
  scripted.tell({
    type: "receipt",
    seq: 3,
    of: 2,
    fate: "refused",
    code: "mailbox-full",
    sentence: "Full.",
    retry: true,
  });
  await ended(scripted.call, "refused");
  assert.equal(scripted.call.verdict.detail, "Full.");
  scripted.room.session.close();
});

test("of several with one id the first answer stands, and the others are told", { timeout }, async () => {
  const { call, tell, room, line, offer } = await scriptedCall();
  const { sdp, close } = await answerTo(offer);
  let seq = 3;
  for (const session of ["s-one", "s-two"]) {
    tell({
      type: "signal",
      seq,
      room: "hall",
      from: "bob",
      session,
      protocol: "native",
      trickle: true,
      signal: { kind: "answer", call: call.id, sdp },
    });
    seq += 1;
  }
  const byes = line.take().filter((frame) => frame.type === "signal" && frame.signal.kind === "bye");
  assert.deepEqual(
    byes.map(
      (frame) =>
        frame.type === "signal" && [
          frame.to,
          frame.session,
          frame.signal.kind === "bye" && frame.signal.reason,
        ],
    ),
    [["bob", "s-two", "answered-elsewhere"]],
  );
  await call.opened();
  room.session.close();
  close();
});

test("the caller took another's answer", { timeout }, async () => {
  const { tell, room, offer } = await scriptedCall();
  const incoming = next(room, "call");
  tell({
    type: "signal",
    seq: 3,
    room: "hall",
    from: "cat",
    session: "s-cat",
    protocol: "native",
    trickle: true,
    signal: { kind: "offer", call: "theirs", sdp: offer },
  });
  const [theirs] = await incoming;
  await theirs.accept();
  tell({
    type: "signal",
    seq: 4,
    room: "hall",
    from: "cat",
    session: "s-cat",
    protocol: "native",
    trickle: true,
    signal: { kind: "bye", call: "theirs", reason: "answered-elsewhere" },
  });
  await ended(theirs, "answered-elsewhere");
  room.session.close();
});

after(() => {
  assert.deepEqual(neverForced(), []);
});
