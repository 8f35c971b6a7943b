// SPDX-License-Identifier: MIT
/** Which signal belongs to which call, with connections that only tell what is done to them. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { handClock, settled } from "@signalbox/core/testing";
import type { Call } from "./call.ts";
import { createCalls } from "./calls.ts";
import { failure, SignalboxError } from "./failure.ts";
import { member } from "./testing/scripted-server.ts";
import { type ToldConnection, toldConnection } from "./testing/told-connection.ts";
import type { Peer, Receipt, SignalBody } from "./wire.ts";

interface Sent {
  readonly to: string;
  readonly session: string | undefined;
  readonly body: SignalBody;
  told(receipt: Receipt): void;
  fail(error: unknown): void;
}

const calling = (
  given: { readonly peers?: readonly Peer[]; readonly webrtc?: boolean; readonly id?: string } = {},
) => {
  const clock = handClock();
  const peers = [...(given.peers ?? [member("bob", 2)])];
  const servers = { urls: ["stun:old"] };
  const sent: Sent[] = [];
  const connections: ToldConnection[] = [];
  const rang: Call[] = [];
  const line = { state: "open" as "open" | "away" | "closed" };
  let count = 0;
  const calls = createCalls({
    clock,
    chance: {
      random: () => 0,
      id: () => {
        count += 1;
        return given.id ?? `call ${count}`;
      },
    },
    webrtc: given.webrtc ?? true,
    self: member("ann", 1),
    get line() {
      return line.state;
    },
    lineOpenAt: clock.now(),
    joinedAt: clock.now(),
    configuration: (own) => ({ iceServers: [{ ...servers }], ...own }),
    connection() {
      const told = toldConnection();
      connections.push(told);
      return told.connection;
    },
    peer: (id) => peers.find((peer) => peer.id === id),
    stay: (session) => peers.find((peer) => peer.session === session),
    holders: (id) => peers.filter((peer) => peer.id === id).length,
    incoming: (call) => rang.push(call),
    signal: (to, session, body, told) =>
      new Promise((_, fail) => {
        sent.push({ to, session, body, told: (receipt) => told?.(receipt), fail });
      }),
  });
  const hear = (from: string, signal: SignalBody, session = `s-${from}`) =>
    calls.take({
      type: "signal",
      seq: 1,
      room: "hall",
      from,
      session,
      protocol: "native",
      trickle: true,
      signal,
    });
  /** A call to `bob` whose offer is out. */
  const offered = async (id = "bob") => {
    const call = calls.call(id, {});
    connections.at(-1)?.need();
    await settled();
    return call;
  };
  const said = () =>
    sent.splice(0).map(({ to, session, body }) => [to, session, body.kind, "call" in body && body.call]);
  /** A call to `bob` that is connected. */
  const connected = async () => {
    const call = await offered();
    hear("bob", { kind: "answer", call: call.id, sdp: "theirs" });
    await settled();
    connections.at(-1)?.turn("connected");
    assert.equal(call.state, "connected");
    said();
    return call;
  };
  return { clock, calls, sent, connections, rang, line, peers, servers, hear, offered, connected, said };
};

test("a call names the service that is meant in its offers, and only there", async () => {
  const { calls, connections, sent, hear } = calling({ id: "m" });
  const call = calls.call("bob", { service: "camera" });
  assert.equal(call.service, "camera");
  connections.at(-1)?.need();
  await settled();
  hear("bob", { kind: "answer", call: call.id, sdp: "theirs" });
  await settled();
  call.hangUp();
  assert.deepEqual(
    sent.filter(({ body }) => body.kind === "offer" || "service" in body).map(({ body }) => body),
    [
      {
        kind: "offer",
        call: "m",
        sdp: sent[0]?.body.kind === "offer" ? sent[0].body.sdp : "",
        service: "camera",
      },
    ],
  );
  assert.ok(sent.length > 1);
});

test("a call that comes says which service it is for", () => {
  const { hear, rang } = calling({ id: "m" });
  hear("bob", { kind: "offer", call: "one", sdp: "theirs", service: "camera" });
  hear("cid", { kind: "offer", call: "two", sdp: "theirs" });
  assert.deepEqual(
    rang.map(({ service }) => service),
    ["camera", undefined],
  );
});

test("of two calls that cross, the one with the smaller id stands", async () => {
  const smaller = calling({ id: "m" });
  const standing = await smaller.offered();
  smaller.said();
  smaller.hear("bob", { kind: "offer", call: "z", sdp: "theirs" });
  smaller.hear("bob", { kind: "candidate", call: "z", candidate: { candidate: "c" } });
  await settled();
  assert.deepEqual([smaller.said(), standing.id, standing.state], [[], "m", "calling"]);

  const greater = calling({ id: "m" });
  const yielding = await greater.offered();
  greater.said();
  greater.hear("bob", { kind: "offer", call: "a", sdp: "theirs" });
  await settled();
  assert.deepEqual(
    [yielding.id, yielding.state, [...greater.calls.running.keys()]],
    ["a", "connecting", ["a"]],
  );
  assert.deepEqual(greater.said(), [
    ["bob", undefined, "bye", "m"],
    ["bob", "s-bob", "answer", "a"],
  ]);
  assert.deepEqual(greater.rang, []);
});

test("a call that passed over the peer's ends that too when it comes to nothing itself", async () => {
  const { sent, hear, offered, said } = calling({ id: "m" });
  await offered();
  const [offer] = sent;
  hear("bob", { kind: "offer", call: "z", sdp: "theirs" });
  said();
  offer?.told({ fate: "refused", code: "mailbox-full", sentence: "Full.", retry: true });
  assert.deepEqual(said(), [["bob", undefined, "bye", "z"]]);
});

test("what was not offered yet yields to what was, and so does a call to a peer of another protocol", async () => {
  const early = calling({ id: "a" });
  const call = early.calls.call("bob", {});
  early.hear("bob", { kind: "offer", call: "z", sdp: "theirs" });
  await settled();
  assert.deepEqual([call.id, early.said()], ["z", [["bob", "s-bob", "answer", "z"]]]);

  const foreign = calling({ id: "a", peers: [{ ...member("bob", 2), protocol: "flitter" }] });
  const other = await foreign.offered();
  foreign.hear("bob", { kind: "offer", call: "z", sdp: "theirs" });
  assert.equal(other.id, "z");
});

test("a further call to a peer with which one stands is a call of its own, and rings", async () => {
  const { hear, offered, rang, calls } = calling();
  const first = await offered();
  hear("bob", { kind: "answer", call: first.id, sdp: "theirs" });
  hear("bob", { kind: "offer", call: "z", sdp: "theirs" });
  assert.deepEqual([rang.map(({ id }) => id), calls.running.size], [["z"], 2]);
});

test("an unanswered call is not ended by who has no part in it, nor by one of several that could answer", async () => {
  const alone = calling();
  const call = await alone.offered();
  alone.hear("eve", { kind: "bye", call: call.id });
  assert.equal(call.state, "calling");
  alone.hear("bob", { kind: "bye", call: call.id });
  assert.equal(call.verdict.code, "rejected-by-peer");

  const shared = calling({ peers: [member("bob", 2), { ...member("bob", 3), session: "s-bob2" }] });
  const fork = await shared.offered();
  shared.hear("bob", { kind: "bye", call: fork.id });
  assert.equal(fork.state, "calling");
  shared.hear("bob", { kind: "answer", call: fork.id, sdp: "theirs" }, "s-bob2");
  shared.hear("bob", { kind: "bye", call: fork.id }, "s-bob");
  assert.equal(fork.state, "connecting");
  shared.said();
  shared.hear("bob", { kind: "answer", call: fork.id, sdp: "late" }, "s-bob");
  assert.deepEqual(shared.said(), [["bob", "s-bob", "bye", fork.id]]);
});

test("a call means one stay of a peer where that is given, else whoever holds the id until one answers", async () => {
  const { calls, connections, hear, said } = calling();
  calls.call(member("bob", 2), {});
  connections.at(-1)?.need();
  await settled();
  assert.deepEqual(said(), [["bob", "s-bob", "offer", "call 1"]]);
  const call = calls.call("bob", {});
  connections.at(-1)?.need();
  await settled();
  assert.deepEqual(said(), [["bob", undefined, "offer", "call 2"]]);
  hear("bob", { kind: "answer", call: call.id, sdp: "theirs" });
  call.hangUp();
  assert.deepEqual(said(), [["bob", "s-bob", "bye", "call 2"]]);
});

test("who cannot negotiate turns calls down", async () => {
  const { hear, said, rang } = calling({ webrtc: false });
  hear("bob", { kind: "offer", call: "z", sdp: "theirs" });
  assert.deepEqual([rang, said()], [[], [["bob", "s-bob", "bye", "z"]]]);
});

test("what never got a receipt ends an unanswered call, and says why", async () => {
  for (const [error, code] of [
    [failure("signaling-lost"), "signaling-lost"],
    [failure("session-lost"), "signaling-lost"],
    [failure("closed"), "signaling-lost"],
    [failure("queue-full"), "refused"],
    [new SignalboxError({ code: "rate-limited", sentence: "Slow down.", retry: true }), "refused"],
  ] as const) {
    const { offered, sent } = calling();
    const call = await offered();
    sent[0]?.fail(error);
    await settled();
    assert.deepEqual([call.verdict.code, call.verdict.detail], [code, error.message]);
  }
});

test("an answer that cannot be delivered ends the call: its caller is gone, or took another's", async () => {
  for (const [receipt, code] of [
    [{ fate: "unknown" }, "peer-left"],
    [
      { fate: "refused", code: "answered-elsewhere", sentence: "Too late.", retry: false },
      "answered-elsewhere",
    ],
  ] as const) {
    const { hear, rang, sent } = calling();
    hear("bob", { kind: "offer", call: "z", sdp: "theirs" });
    await rang[0]?.accept();
    sent.find(({ body }) => body.kind === "answer")?.told(receipt);
    assert.equal(rang[0]?.verdict.code, code);
  }
});

test("when the session closes, calls that are not connected end; no timer is left", async () => {
  const { calls, hear, offered, rang, line, clock } = calling();
  const call = await offered();
  hear("bob", { kind: "answer", call: call.id, sdp: "theirs" });
  hear("bob", { kind: "offer", call: "z", sdp: "theirs" });
  line.state = "closed";
  calls.lineTurned(failure("closed"));
  assert.deepEqual([call.verdict.code, rang[0]?.verdict.code], ["signaling-lost", "signaling-lost"]);
  assert.equal(clock.pending, 0);
});

test("a peer that came back under a new session is addressed, and heard, under that", async () => {
  const { connected, hear, peers, said } = calling();
  const call = await connected();
  peers.splice(0, 1);
  hear("bob", { kind: "offer", call: call.id, sdp: "from nowhere", again: true }, "s-new");
  await settled();
  assert.deepEqual(said(), [], "nobody in the room speaks there");
  peers.push({ ...member("bob", 3), session: "s-new" });
  hear("bob", { kind: "offer", call: call.id, sdp: "theirs", again: true }, "s-new");
  await settled();
  assert.deepEqual(said(), [["bob", "s-new", "answer", call.id]]);
  peers.splice(0, 1);
  call.hangUp();
  assert.deepEqual(said(), [["bob", undefined, "bye", call.id]]);
});

test("a failed handshake is found within a second where the stack does not tell of it", async () => {
  const { offered, hear, connections, clock } = calling();
  const call = await offered();
  hear("bob", { kind: "answer", call: call.id, sdp: "theirs" });
  connections[0]?.turn("connecting");
  assert.equal(call.state, "connecting");
  connections[0]?.failHandshake();
  clock.advance(1_000);
  assert.equal(call.verdict.code, "dtls-failed");
  assert.equal(clock.pending, 0);
});

test("an ICE restart brings the ICE servers of the day", async () => {
  const { connected, connections, servers } = calling();
  const call = await connected();
  servers.urls = ["stun:new"];
  call.restartIce();
  assert.deepEqual(connections[0]?.configured, [{ iceServers: [{ urls: ["stun:new"] }] }]);
});

test("a renewed offer that is lost is withdrawn; the call goes on", async () => {
  const { connected, connections, sent } = calling();
  const call = await connected();
  for (const lose of [
    (offer: Sent) => offer.told({ fate: "unknown" }),
    (offer: Sent) => offer.told({ fate: "refused", code: "mailbox-full", sentence: "Full.", retry: true }),
    (offer: Sent) => offer.fail(failure("signaling-lost")),
  ]) {
    call.restartIce();
    await settled();
    const offer = sent.splice(0).find(({ body }) => body.kind === "offer");
    assert.ok(offer);
    lose(offer);
    await settled();
    assert.equal(connections[0]?.done.at(-1), "rollback");
    assert.equal(call.state, "connected");
  }
});

test("a path that broke while the line was away is restarted as soon as the line is back", async () => {
  const { connected, connections, line, calls, clock, said } = calling();
  const call = await connected();
  line.state = "away";
  calls.lineTurned();
  connections[0]?.turn("failed");
  assert.equal(call.state, "interrupted");
  clock.advance(3_500);
  await settled();
  assert.deepEqual(said(), []);
  line.state = "open";
  calls.lineTurned();
  clock.advance(0);
  await settled();
  assert.deepEqual(said(), [["bob", "s-bob", "offer", call.id]]);
  connections[0]?.turn("connected");
  assert.equal(call.state, "connected");
  assert.equal(clock.pending, 0);
});

test("a call that has ended listens to no signal any more", async () => {
  const { calls } = calling();
  const stop = new AbortController();
  const call = calls.call("bob", { signal: stop.signal });
  assert.equal(getEventListeners(stop.signal, "abort").length, 1);
  call.hangUp();
  assert.equal(getEventListeners(stop.signal, "abort").length, 0);
});
