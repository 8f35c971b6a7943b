// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { handClock, settled } from "@signalbox/core/testing";
import { connect } from "./connect.ts";
import { joined, member, scriptedServer, welcome } from "./testing/scripted-server.ts";
import { chance, joinedSession, message, refusedWith } from "./testing/scripted-session.ts";

test("what comes with the join in one packet is not lost: messages wait for the first listener", async () => {
  const server = scriptedServer();
  const joining = connect({ url: "ws://x", WebSocket: server.WebSocket, clock: handClock(), chance });
  server.line.accept();
  server.line.tell(welcome(), joined({ members: [member("bob", 2)] }), message(3, "early"));
  const room = await joining;
  const heard: unknown[] = [];
  room.on("message", ({ from, body }) => heard.push([from.id, body]));
  server.line.tell(message(4, "late"));
  assert.deepEqual(heard, [
    ["bob", "early"],
    ["bob", "late"],
  ]);
  room.session.close();
});

test("a frame the server tells twice is taken once", async () => {
  const { server, room } = await joinedSession();
  const heard: unknown[] = [];
  room.on("message", ({ body }) => heard.push(body));
  server.line.tell(message(3, 1), message(3, 1), message(4, 2), message(2, 0));
  assert.deepEqual(heard, [1, 2]);
  room.session.close();
});

test("frames are acknowledged together within a second, after 32 of them, and at once where the sender waits", async () => {
  const { server, clock, room } = await joinedSession();
  clock.advance(1_000);
  assert.deepEqual(server.line.take(), [{ type: "ack", seen: 2 }]);
  for (let seq = 3; seq < 34; seq += 1) server.line.tell(message(seq, seq));
  assert.deepEqual(server.line.take(), []);
  server.line.tell(message(34, 34));
  assert.deepEqual(server.line.take(), [{ type: "ack", seen: 34 }]);
  server.line.tell({
    type: "signal",
    seq: 35,
    room: "hall",
    from: "bob",
    session: "s-bob",
    protocol: "native",
    trickle: true,
    signal: { kind: "bye", call: "none" },
    ack: true,
  });
  assert.deepEqual(server.line.take(), [{ type: "ack", seen: 35 }]);
  clock.advance(5_000);
  assert.deepEqual(server.line.take(), []);
  room.session.close();
});

test("what waits for the line is bounded in number and bytes, and refused beyond", async () => {
  const { server, room } = await joinedSession();
  server.line.close(1006);
  const sendings = Array.from({ length: 513 }, (_, index) => room.send(index));
  await assert.rejects(sendings[512] ?? Promise.resolve(), refusedWith("queue-full"));
  await assert.rejects(room.send("x".repeat(5_000)), refusedWith("too-large"));
  room.session.close();
  for (const sending of sendings.slice(0, 512)) await assert.rejects(sending, refusedWith("closed"));
});

test("a signal takes back what was not written yet, and stops waiting for what was", async () => {
  const { server, clock, room } = await joinedSession();
  const stop = new AbortController();
  const written = room.send("written", { signal: stop.signal });
  assert.equal(server.line.take().length, 1);
  server.line.close(1006);
  const waiting = room.send("waiting", { signal: stop.signal });
  stop.abort("enough");
  for (const sending of [written, waiting]) {
    await assert.rejects(sending, (reason) => reason === "enough");
  }
  clock.advance(250);
  server.line.accept();
  server.line.take();
  server.line.tell({
    type: "resumed",
    session: "s-ann",
    incarnation: 2,
    seen: 2,
    gap: false,
    iceServers: [],
  });
  assert.deepEqual(server.line.take(), []);
  room.session.close();
});

test("frames are paced to the server's rate, in order", async () => {
  const limits = { frameBytes: 4096, sdpBytes: 4096, messageBytes: 1024, framesPerSecond: 10, frameBurst: 3 };
  const { server, clock, room } = await joinedSession({ welcome: { limits } });
  for (let index = 0; index < 5; index += 1) room.send(index).catch(() => {});
  assert.equal(server.line.take().length, 3);
  clock.advance(99);
  assert.equal(server.line.take().length, 0);
  clock.advance(1);
  assert.deepEqual(server.line.take(), [{ seq: 5, type: "message", room: "hall", body: 3 }]);
  clock.advance(100);
  assert.deepEqual(server.line.take(), [{ seq: 6, type: "message", room: "hall", body: 4 }]);
  room.session.close();
  assert.equal(clock.pending, 0);
});

test("ICE servers are asked for anew before their credentials expire", async () => {
  const servers = [{ urls: ["turn:turn.example"], username: "1:ann", credential: "c" }];
  const { server, clock, room } = await joinedSession({ welcome: { iceServers: servers, iceTtlMs: 5_000 } });
  assert.deepEqual(room.session.iceServers, servers);
  clock.advance(3_999);
  server.line.take();
  clock.advance(1);
  assert.deepEqual(server.line.take(), [{ seq: 2, type: "ice" }]);
  server.line.tell({ type: "ice", seq: 3, of: 2, iceServers: [], iceTtlMs: 5_000 });
  assert.deepEqual(room.session.iceServers, []);
  clock.advance(4_000);
  assert.ok(server.line.take().some((frame) => frame.type === "ice"));
  room.session.close();
  assert.equal(clock.pending, 0);
});

test("frames that are none are ignored, and the line lives on", async () => {
  const { server, room } = await joinedSession();
  for (const text of [
    "",
    "{",
    "[]",
    "null",
    '"x"',
    '{"type":"new"}',
    '{"type":"message","seq":"3"}',
    '{"type":"__proto__"}',
  ]) {
    server.line.tellText(text);
  }
  server.line.tell({ type: "peer-joined", seq: 3, room: "hall", member: { id: "bob" } } as never);
  assert.equal(room.peers.size, 0);
  server.line.tell({ type: "peer-joined", seq: 4, room: "hall", member: member("bob", 2) });
  assert.equal(room.peers.size, 1);
  room.session.close();
});

test("a room whose joining was given up is left again, should the server let it in after all", async () => {
  const { server, room } = await joinedSession();
  const stop = new AbortController();
  const joining = room.session.join({ room: "attic", signal: stop.signal });
  assert.equal(server.line.take().length, 1);
  stop.abort("enough");
  await assert.rejects(joining, (reason) => reason === "enough");
  await settled();
  server.line.tell(joined({ seq: 3, of: 2, room: "attic" }));
  assert.deepEqual(server.line.take(), [{ seq: 3, type: "leave", room: "attic" }]);
  assert.equal(room.state, "open");
  room.session.close();
});
