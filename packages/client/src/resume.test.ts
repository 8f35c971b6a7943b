// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { settled } from "@signalbox/core/testing";
import { SignalboxError } from "./failure.ts";
import { joined, member, welcome } from "./testing/scripted-server.ts";
import { joinedSession, message, refusedWith } from "./testing/scripted-session.ts";

test("a lost line is resumed: incarnation, what was seen, and what was not taken again with its number", async () => {
  const { server, clock, room } = await joinedSession();
  const states: string[] = [];
  room.on("state", (state) => states.push(state));
  const first = room.send("one");
  const second = room.send("two");
  assert.equal(server.line.take().length, 2);
  server.line.tell(message(3, "hello"));
  server.line.close(1006);
  const third = room.send("three");
  assert.deepEqual(states, ["away"]);
  clock.advance(250);
  server.line.accept();
  assert.deepEqual(server.line.take(), [
    { type: "resume", session: "s-ann", token: "secret", incarnation: 2, seen: 3 },
  ]);
  server.line.tell({
    type: "resumed",
    session: "s-ann",
    incarnation: 2,
    seen: 2,
    gap: false,
    iceServers: [],
  });
  assert.deepEqual(states, ["away", "open"]);
  assert.deepEqual(server.line.take(), [
    { seq: 3, type: "message", room: "hall", body: "two" },
    { seq: 4, type: "message", room: "hall", body: "three" },
  ]);
  server.line.tell(
    { type: "receipt", seq: 4, of: 2, fate: "sent" },
    { type: "receipt", seq: 5, of: 3, fate: "unknown" },
    { type: "receipt", seq: 6, of: 4, fate: "queued", ttlMs: 9 },
  );
  assert.deepEqual(
    [(await first).fate, (await second).fate, (await third).fate],
    ["sent", "unknown", "queued"],
  );
  room.session.close();
});

test("every attempt at a resume has an incarnation of its own, and attempts are spaced out more and more", async () => {
  const { server, clock, room } = await joinedSession();
  server.line.close(1006);
  // Half of 500; then the middle of the upper half of 1, 2 and 4 seconds.
  for (const [attempt, wait] of [250, 750, 1_500, 3_000].entries()) {
    clock.advance(wait - 1);
    assert.equal(server.lines.length, attempt + 1);
    clock.advance(1);
    assert.equal(server.lines.length, attempt + 2);
    server.line.accept();
    const [resume] = server.line.take();
    assert.equal(resume?.type === "resume" && resume.incarnation, attempt + 2);
    server.line.close(1006);
  }
  room.session.close();
  assert.equal(clock.pending, 0);
});

test("after a gap the room is taken as it stands, and the difference is told", async () => {
  const { server, clock, room } = await joinedSession();
  const news: string[] = [];
  server.line.tell(
    { type: "peer-joined", seq: 3, room: "hall", member: member("bob", 2) },
    { type: "peer-joined", seq: 4, room: "hall", member: member("cat", 3) },
  );
  room.on("peer-joined", (peer) => news.push(`+${peer.id}`));
  room.on("peer-left", (peer, reason) => news.push(`-${peer.id} ${reason}`));
  room.on("peer-changed", (peer) => news.push(`~${peer.id} ${peer.displayName}`));
  server.line.close(1006);
  clock.advance(250);
  server.line.accept();
  server.line.tell(
    { type: "resumed", session: "s-ann", incarnation: 2, seen: 1, gap: true, iceServers: [] },
    joined({
      seq: 90,
      of: undefined,
      snapshot: true,
      members: [{ ...member("cat", 3), displayName: "Cat" }],
      next: 3,
    } as never),
  );
  assert.deepEqual(news, [], "an incomplete snapshot takes nobody away");
  server.line.tell({ type: "roster", seq: 91, of: 2, room: "hall", members: [member("dan", 4)] });
  await settled();
  assert.deepEqual(news, ["-bob gone", "~cat Cat", "+dan"]);
  room.session.close();
});

test("an answer that was lost in a gap fails what waited for it, after its time", async () => {
  const { server, clock, room } = await joinedSession();
  const sending = room.send("lost?");
  server.line.close(1006);
  clock.advance(250);
  server.line.accept();
  server.line.tell({ type: "resumed", session: "s-ann", incarnation: 2, seen: 2, gap: true, iceServers: [] });
  clock.advance(10_000);
  await assert.rejects(sending, refusedWith("receipt-lost"));
  room.session.close();
});

test("a session the server forgot is begun anew at once: the room stays, its peers are compared", async () => {
  const { server, clock, room } = await joinedSession();
  const told: string[] = [];
  room.on("peer-left", (peer) => told.push(`-${peer.id}`));
  room.on("state", (state) => told.push(state));
  server.line.tell({ type: "peer-joined", seq: 3, room: "hall", member: member("bob", 2) });
  const sending = room.send("one");
  server.line.close(1006);
  clock.advance(250);
  server.line.accept();
  server.line.take();
  server.line.tell({ type: "closing", code: "session-unknown", sentence: "Gone.", retry: false });
  server.line.close(4412);
  await assert.rejects(sending, refusedWith("session-lost"));
  clock.advance(250);
  server.line.accept();
  const [rejoin] = server.line.take();
  assert.deepEqual(rejoin?.type === "join" && [rejoin.seq, rejoin.room, rejoin.id], [1, "hall", "ann"]);
  server.line.tell(
    welcome({ session: "s-ann2", token: "other" }),
    joined({ self: { ...member("ann", 9), session: "s-ann2" } }),
  );
  assert.deepEqual(told, ["away", "-bob", "open"]);
  assert.equal(room.self.session, "s-ann2");
  server.line.close(1006);
  clock.advance(250);
  server.line.accept();
  assert.deepEqual(server.line.take(), [
    { type: "resume", session: "s-ann2", token: "other", incarnation: 2, seen: 2 },
  ]);
  room.session.close();
});

test("a rejoin whose chosen id is still held by the old session tries again; a minted id is given up", async () => {
  for (const id of ["ann", undefined]) {
    const { server, clock, room } = await joinedSession(id === undefined ? {} : { id });
    server.line.tell({ type: "closing", code: "session-unknown", sentence: "Gone.", retry: false });
    server.line.close(4412);
    clock.advance(250);
    server.line.accept();
    server.line.take();
    server.line.tell(welcome({ session: "s-new" }));
    server.line.tell({ type: "refused", seq: 2, of: 1, code: "id-taken", sentence: "Taken.", retry: true });
    await settled();
    clock.advance(250);
    const [again] = server.line.take();
    assert.deepEqual(again?.type === "join" && [again.seq, again.id], [2, id]);
    assert.equal(room.state, "away");
    room.session.close();
    assert.equal(clock.pending, 0);
  }
});

test("4500 to 4999 end the session for good; everything else comes back", async () => {
  for (const code of [4500, 4510, 4999]) {
    const { server, clock, room } = await joinedSession();
    const sending = room.send("one");
    const left: unknown[] = [];
    room.on("left", (reason, error) => left.push(reason, error instanceof SignalboxError && error.code));
    server.line.tell({ type: "closing", code: "unauthorized", sentence: "No.", retry: false });
    server.line.close(code);
    await assert.rejects(sending, refusedWith("unauthorized"));
    assert.deepEqual(left, ["closed", "unauthorized"]);
    assert.equal(room.session.state, "closed");
    await assert.rejects(room.send("two"), refusedWith("left"));
    assert.equal(clock.pending, 0);
  }
  for (const code of [1000, 1001, 1006, 1011, 4000, 4400, 4499, 5000]) {
    const { server, clock, room } = await joinedSession();
    server.line.close(code);
    clock.advance(500);
    assert.equal(server.lines.length, 2, `${code}`);
    room.session.close();
  }
});

test("a closing frame says when to come back", async () => {
  const { server, clock, room } = await joinedSession();
  server.line.tell({
    type: "closing",
    code: "draining",
    sentence: "Soon.",
    retry: true,
    retryAfterMs: 7_000,
  });
  server.line.close(4400);
  clock.advance(6_999);
  assert.equal(server.lines.length, 1);
  clock.advance(1);
  assert.equal(server.lines.length, 2);
  room.session.close();
});

test("a silent line is probed, and given up when it says nothing", async () => {
  const { server, clock, room } = await joinedSession();
  clock.advance(1_000);
  server.line.take();
  clock.advance(19_000);
  assert.deepEqual(server.line.take(), [{ type: "ping", seen: 2 }]);
  server.line.tell({ type: "pong" });
  clock.advance(20_000);
  assert.deepEqual(server.line.take(), [{ type: "ping", seen: 2 }]);
  const [line] = server.lines;
  clock.advance(10_000);
  assert.equal(line?.closed, true);
  assert.equal(room.state, "away");
  clock.advance(250);
  assert.equal(server.lines.length, 2);
  room.session.close();
  assert.equal(clock.pending, 0);
});

test("while the line is away for longer than the server waits, what was asked fails and more is refused", async () => {
  const { server, clock, room } = await joinedSession();
  const sending = room.send("one");
  server.line.close(1006);
  const queued = room.send("two");
  clock.advance(15_000);
  await assert.rejects(sending, refusedWith("signaling-lost"));
  await assert.rejects(queued, refusedWith("signaling-lost"));
  await assert.rejects(room.send("three"), refusedWith("signaling-lost"));
  room.session.close();
});

test("a rejoin that was given up while the line was away for long is made again after a late resume", async () => {
  const { server, clock, room } = await joinedSession({ id: "ann" });
  server.line.tell({ type: "closing", code: "session-unknown", sentence: "Gone.", retry: false });
  server.line.close(4412);
  clock.advance(250);
  server.line.accept();
  server.line.tell(welcome({ session: "s-new" }));
  server.line.close(1006);
  clock.advance(15_000);
  server.line.accept();
  server.line.take();
  server.line.tell({
    type: "resumed",
    session: "s-new",
    incarnation: 2,
    seen: 0,
    gap: false,
    iceServers: [],
  });
  const [again] = server.line.take();
  assert.deepEqual(again?.type === "join" && [again.room, again.id], ["hall", "ann"]);
  room.session.close();
  assert.equal(clock.pending, 0);
});
