// SPDX-License-Identifier: MIT
/** Negotiation between real connections, over a wire that a test can disturb. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { handClock } from "@signalbox/core/testing";
import { createNegotiation, type Negotiation, type Outgoing } from "./negotiation.ts";
import { videoTrack, wrtcConnection } from "./testing/stacks.ts";
import { createTrace } from "./trace.ts";

const timeout = 20_000;

interface Side {
  readonly pc: RTCPeerConnection;
  readonly negotiation: Negotiation;
  readonly sent: Outgoing[];
  readonly broken: unknown[];
}

/** `carry` decides when and whether a signal of this side arrives; by default at once. */
const side = (
  context: TestContext,
  polite: boolean,
  other: () => Side,
  carry: (signal: Outgoing, deliver: (signal: Outgoing) => void) => void = (signal, deliver) =>
    deliver(signal),
  more: {
    readonly complete?: boolean;
    readonly once?: boolean;
    readonly clock?: ReturnType<typeof handClock>;
  } = {},
): Side => {
  const pc = wrtcConnection();
  context.after(() => pc.close());
  const sent: Outgoing[] = [];
  const broken: unknown[] = [];
  const deliver = (signal: Outgoing) => {
    const { negotiation } = other();
    if (signal.kind === "offer" || signal.kind === "answer") negotiation.remote(signal.kind, signal.sdp);
    else negotiation.candidate(signal.kind === "candidate" ? signal.candidate : undefined);
  };
  const negotiation = createNegotiation(pc, more.clock ?? handClock(), createTrace(handClock()), {
    send(signal) {
      sent.push(signal);
      carry(signal, deliver);
    },
    polite: () => polite,
    complete: more.complete ?? false,
    once: more.once ?? false,
    wantsChannel: () => false,
    broke: (error) => broken.push(error),
  });
  return { pc, negotiation, sent, broken };
};

const open = (channel: RTCDataChannel) =>
  channel.readyState === "open"
    ? undefined
    : new Promise((resolve) => channel.addEventListener("open", resolve));

const stable = async (pc: RTCPeerConnection) => {
  while (pc.signalingState !== "stable") await new Promise((resolve) => setImmediate(resolve));
};

const until = async (met: () => boolean) => {
  while (!met()) await new Promise((resolve) => setImmediate(resolve));
};

test("candidates that come before their description wait for it", { timeout }, async (context) => {
  const late: (() => void)[] = [];
  const left: Side = side(
    context,
    false,
    () => right,
    (signal, deliver) => {
      // Descriptions are held back until every candidate has passed.
      if (signal.kind === "offer")
        late.push(() => deliver({ ...signal, sdp: withoutCandidates(signal.sdp) }));
      else deliver(signal);
      if (signal.kind === "end-of-candidates") for (const send of late.splice(0)) send();
    },
  );
  const right: Side = side(
    context,
    true,
    () => left,
    // Only the early candidates can lead to a path.
    (signal, deliver) =>
      signal.kind === "answer" && deliver({ ...signal, sdp: withoutCandidates(signal.sdp) }),
  );
  right.negotiation.start();
  left.negotiation.start();
  await open(left.pc.createDataChannel("x"));
  assert.deepEqual([left.broken, right.broken], [[], []]);
});

const withoutCandidates = (sdp: string) => sdp.replace(/a=candidate:.*\r\n/g, "");

test("the impolite side passes over a colliding offer and its candidates; the polite one gives way", {
  timeout,
}, async (context) => {
  // What one side says first waits until the other has made its own offer.
  let held: (() => void)[] | undefined = [];
  const left: Side = side(
    context,
    false,
    () => right,
    (signal, deliver) => (held === undefined ? deliver(signal) : held.push(() => deliver(signal))),
  );
  const right: Side = side(
    context,
    true,
    () => left,
    (signal, deliver) => {
      deliver(signal);
      const waiting = held;
      if (signal.kind === "offer") held = undefined;
      if (held === undefined) for (const send of waiting ?? []) send();
    },
  );
  left.negotiation.start();
  right.negotiation.start();
  const channels = [left.pc.createDataChannel("left"), right.pc.createDataChannel("right")];
  for (const channel of channels) await open(channel);
  assert.ok(
    left.sent.some(({ kind }) => kind === "offer") && right.sent.some(({ kind }) => kind === "offer"),
  );
  assert.deepEqual([left.broken, right.broken], [[], []]);
});

test("a lost offer is withdrawn, and made again once that has a point", { timeout }, async (context) => {
  let lossy = false;
  const left: Side = side(
    context,
    false,
    () => right,
    (signal, deliver) => lossy || deliver(signal),
  );
  const right: Side = side(context, true, () => left);
  left.negotiation.start();
  right.negotiation.start();
  await open(left.pc.createDataChannel("x"));
  const offers = () => left.sent.filter(({ kind }) => kind === "offer").length;
  lossy = true;
  const track = videoTrack();
  context.after(() => track.stop());
  left.pc.addTrack(track);
  await until(() => offers() === 2);
  left.negotiation.withdraw();
  await stable(left.pc);
  lossy = false;
  const arrived = new Promise((resolve) => right.pc.addEventListener("track", resolve));
  left.negotiation.resume();
  await arrived;
});

test("a peer that takes complete descriptions gets them complete, however slowly they are gathered", {
  timeout,
}, async (context) => {
  const clock = handClock();
  const left: Side = side(context, false, () => right, undefined, { complete: true, clock });
  const right: Side = side(context, true, () => left, undefined, { complete: true, clock });
  left.negotiation.start();
  right.negotiation.start();
  await open(left.pc.createDataChannel("x"));
  assert.deepEqual(
    left.sent.map(({ kind }) => kind),
    ["offer", "end-of-candidates"],
  );
  assert.deepEqual(
    right.sent.map(({ kind }) => kind),
    ["answer", "end-of-candidates"],
  );
  for (const { sent } of [left, right]) {
    const [description] = sent;
    assert.match(
      description?.kind === "offer" || description?.kind === "answer" ? description.sdp : "",
      /^a=candidate:/m,
    );
  }
  assert.equal(clock.pending, 0);
});

test("an answer nobody waits for is passed over, and a description that is none breaks nothing else", {
  timeout,
}, async (context) => {
  const left: Side = side(context, false, () => right);
  const right: Side = side(context, true, () => left);
  left.negotiation.remote("answer", "v=0");
  left.negotiation.remote("offer", "nonsense");
  await until(() => left.broken.length === 1);
  left.negotiation.start();
  right.negotiation.start();
  await open(left.pc.createDataChannel("x"));
});
