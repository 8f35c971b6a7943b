// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { handClock, settled } from "@signalbox/core/testing";
import { WebSocket as WsWebSocket } from "ws";
import { connect } from "./connect.ts";
import type { SocketConstructor } from "./socket.ts";
import { joined, member, scriptedServer, welcome } from "./testing/scripted-server.ts";
import { chance, joinedSession, refusedWith } from "./testing/scripted-session.ts";

test("the first frame carries everything, and an http address becomes a WebSocket's", async () => {
  const server = scriptedServer();
  const joining = connect({
    url: "http://box.example/base?x=1",
    room: "hall",
    id: "ann",
    displayName: "Ann",
    services: [{ name: "files", protocol: "webdav" }],
    credential: "open sesame",
    media: ["application"],
    WebSocket: server.WebSocket,
    clock: handClock(),
    chance,
  });
  assert.equal(server.line.url, "ws://box.example/base?x=1");
  server.line.accept();
  assert.deepEqual(server.line.take(), [
    {
      seq: 1,
      type: "join",
      room: "hall",
      id: "ann",
      displayName: "Ann",
      services: [{ name: "files", protocol: "webdav" }],
      media: ["application"],
      credential: "open sesame",
      features: ["resume", "delivery", "messages", "services"],
    },
  ]);
  server.line.tell(welcome(), joined({ members: [member("bob", 2)] }));
  const room = await joining;
  assert.deepEqual([...room.peers.keys()], ["bob"]);
  assert.equal(room.self.id, "ann");
  room.session.close();
});

test("a peer without RTCPeerConnection says that it can negotiate nothing", async () => {
  const { first, room } = await joinedSession();
  assert.deepEqual(
    first.map((frame) => (frame.type === "join" ? frame.media : undefined)),
    [[]],
  );
  assert.throws(() => room.call("bob"), refusedWith("no-webrtc"));
  room.session.close();
});

test("further pages of the roster are fetched before connect resolves, without those that left meanwhile", async () => {
  const server = scriptedServer();
  const joining = connect({ url: "ws://x", WebSocket: server.WebSocket, clock: handClock(), chance });
  server.line.accept();
  server.line.take();
  server.line.tell(welcome(), joined({ members: [member("bob", 2)], next: 2 }));
  assert.deepEqual(server.line.take(), [{ seq: 2, type: "roster", room: "hall", after: 2 }]);
  server.line.tell(
    { type: "peer-left", seq: 3, room: "hall", id: "cat", session: "s-cat", reason: "left" },
    { type: "roster", seq: 4, of: 2, room: "hall", members: [member("cat", 3), member("dan", 4)], next: 4 },
  );
  await settled();
  assert.deepEqual(server.line.take(), [{ seq: 3, type: "roster", room: "hall", after: 4 }]);
  server.line.tell({ type: "roster", seq: 5, of: 3, room: "hall", members: [member("eve", 5)] });
  const room = await joining;
  assert.deepEqual([...room.peers.keys()], ["bob", "dan", "eve"]);
  room.session.close();
});

test("a first connection that fails is told at once, or tried again for as long as was asked", async () => {
  const server = scriptedServer();
  const clock = handClock();
  const once = connect({ url: "ws://x", WebSocket: server.WebSocket, clock, chance });
  server.line.close(1006);
  await assert.rejects(once, refusedWith("server-unreachable"));
  const patient = connect({ url: "ws://x", WebSocket: server.WebSocket, clock, chance, patienceMs: 1_000 });
  server.line.close(1006);
  clock.advance(250);
  assert.equal(server.lines.length, 3);
  server.line.close(1006);
  clock.advance(750);
  server.line.close(1006);
  await assert.rejects(patient, refusedWith("server-unreachable"));
  assert.equal(clock.pending, 0);
});

test("a server that takes the connection and says nothing is given up", async () => {
  const server = scriptedServer();
  const clock = handClock();
  const joining = connect({ url: "ws://x", WebSocket: server.WebSocket, clock, chance });
  server.line.accept();
  clock.advance(10_000);
  await assert.rejects(joining, refusedWith("no-welcome"));
  assert.equal(server.line.closed, true);
  assert.equal(clock.pending, 0);
});

test("a refused first join rejects connect with the server's code, and closes the session", async () => {
  const server = scriptedServer();
  const clock = handClock();
  const joining = connect({ url: "ws://x", id: "ann", WebSocket: server.WebSocket, clock, chance });
  server.line.accept();
  server.line.take();
  server.line.tell(welcome(), {
    type: "refused",
    seq: 2,
    of: 1,
    code: "id-taken",
    sentence: "Taken.",
    retry: true,
  });
  await assert.rejects(joining, refusedWith("id-taken"));
  assert.deepEqual(server.line.take(), [{ type: "end" }]);
  assert.equal(server.line.closed, true);
  assert.equal(clock.pending, 0);
});

test("a signal ends an attempt to connect", async () => {
  const server = scriptedServer();
  const clock = handClock();
  const stop = new AbortController();
  const joining = connect({ url: "ws://x", WebSocket: server.WebSocket, clock, chance, signal: stop.signal });
  stop.abort("enough");
  await assert.rejects(joining, (reason) => reason === "enough");
  await settled();
  assert.equal(server.line.closed, true);
  assert.equal(clock.pending, 0);
});

test("a credential may be fetched, and is fetched anew for each session", async () => {
  const server = scriptedServer();
  const clock = handClock();
  let count = 0;
  const joining = connect({
    url: "ws://x",
    WebSocket: server.WebSocket,
    clock,
    chance,
    credential: async () => {
      count += 1;
      return `token ${count}`;
    },
  });
  server.line.accept();
  await settled();
  const [first] = server.line.take();
  assert.equal(first?.type === "join" && first.credential, "token 1");
  server.line.tell(welcome(), joined());
  const room = await joining;
  server.line.tell({ type: "closing", code: "session-unknown", sentence: "Gone.", retry: false });
  server.line.close(4412);
  clock.advance(250);
  server.line.accept();
  await settled();
  const [second] = server.line.take();
  assert.equal(second?.type === "join" && second.credential, "token 2");
  room.session.close();
});

test("a credential that cannot be fetched ends the session with that error", async () => {
  const server = scriptedServer();
  const clock = handClock();
  const gone = new Error("no token today");
  const credential = async () => {
    throw gone;
  };
  const joining = connect({ url: "ws://x", WebSocket: server.WebSocket, clock, chance, credential });
  server.line.accept();
  await assert.rejects(joining, (error) => error === gone);
  assert.equal(clock.pending, 0);
});

test("an address the runtime refuses is told as it says it", async () => {
  class Refusing {
    constructor() {
      throw new SyntaxError("not here");
    }
  }
  await assert.rejects(
    connect({ url: "ws://x", WebSocket: Refusing as never, clock: handClock(), chance }),
    SyntaxError,
  );
  await assert.rejects(connect({ url: "not a url", WebSocket: scriptedServer().WebSocket }), TypeError);
});

test("a line that is lost before the roster is whole, for longer than the server waits, ends the attempt", async () => {
  const server = scriptedServer();
  const clock = handClock();
  const joining = connect({ url: "ws://x", WebSocket: server.WebSocket, clock, chance });
  server.line.accept();
  server.line.tell(welcome(), joined({ members: [member("bob", 2)], next: 2 }));
  server.line.close(1006);
  clock.advance(15_000);
  await assert.rejects(joining, refusedWith("signaling-lost"));
  assert.equal(clock.pending, 0);
});

test("a patient first connection survives a line that breaks after the join was written", async () => {
  const server = scriptedServer();
  const clock = handClock();
  const joining = connect({ url: "ws://x", WebSocket: server.WebSocket, clock, chance, patienceMs: 5_000 });
  server.line.accept();
  assert.equal(server.line.take().length, 1);
  server.line.close(1006);
  clock.advance(250);
  server.line.accept();
  const [again] = server.line.take();
  assert.deepEqual(again?.type === "join" && again.seq, 1);
  server.line.tell(welcome(), joined());
  const room = await joining;
  assert.equal(room.state, "open");
  room.session.close();
});

test("the runtime's WebSocket and that of ws are taken as they are", async () => {
  const constructors: readonly SocketConstructor[] = [globalThis.WebSocket, WsWebSocket];
  for (const WebSocket of constructors) {
    // Nothing listens on the discard port of loopback.
    await assert.rejects(connect({ url: "ws://127.0.0.1:9", WebSocket }), refusedWith("server-unreachable"));
  }
});
