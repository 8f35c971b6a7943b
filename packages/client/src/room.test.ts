// SPDX-License-Identifier: MIT
/** Rooms at the real hub. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { withLimits } from "@signalbox/core";
import { settled } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { next } from "./testing/events.ts";
import { memoryServer } from "./testing/memory-server.ts";
import { joinAs } from "./testing/two-peers.ts";

const timeout = 10_000;

test("who comes, changes and goes is told, and messages reach one or all", { timeout }, async () => {
  const server = memoryServer();
  const { room: ann } = await joinAs(server, "ann");
  const log: string[] = [];
  ann.on("peer-joined", (peer) => log.push(`+${peer.id}`));
  ann.on("peer-changed", (peer) => log.push(`~${peer.id} ${peer.displayName}`));
  ann.on("peer-left", (peer, reason) => log.push(`-${peer.id} ${reason}`));
  const { room: bob } = await joinAs(server, "bob", { services: [{ name: "files", protocol: "webdav" }] });
  const { room: cat } = await joinAs(server, "cat");
  await bob.update({ displayName: "Bob" });
  assert.equal(bob.self.displayName, "Bob");
  const heard: unknown[] = [];
  for (const room of [ann, bob, cat])
    room.on("message", ({ from, body }) => heard.push([room.self.id, from.id, body]));
  assert.equal((await ann.send({ all: true })).fate, "sent");
  assert.equal((await ann.send("to bob", { to: "bob" })).fate, "sent");
  const [catAsSeen] = [...ann.peers.values()].filter(({ id }) => id === "cat");
  assert.equal(
    (await ann.send("to this cat", catAsSeen === undefined ? {} : { to: catAsSeen })).fate,
    "sent",
  );
  assert.equal((await ann.send("x", { to: "nobody" })).fate, "unknown");
  await settled();
  assert.deepEqual(heard, [
    ["bob", "ann", { all: true }],
    ["cat", "ann", { all: true }],
    ["bob", "ann", "to bob"],
    ["cat", "ann", "to this cat"],
  ]);
  assert.deepEqual(ann.peers.get("bob")?.services, [{ name: "files", protocol: "webdav" }]);
  const left = next(ann, "peer-left", ({ id }) => id === "cat");
  cat.session.close();
  await left;
  await bob.leave();
  await settled();
  assert.deepEqual(log, ["+bob", "+cat", "~bob Bob", "-cat left", "-bob left"]);
  assert.equal(bob.session.state, "closed");
  ann.session.close();
  assert.equal(server.clock.pending, 0);
});

test("one session may be in several rooms, and ends with the last", { timeout }, async () => {
  const server = memoryServer();
  const { room: hall } = await joinAs(server, "ann");
  const attic = await hall.session.join({ room: "attic", id: "ann" });
  const { room: bob } = await joinAs(server, "bob", { room: "attic" });
  assert.deepEqual([hall.peers.size, attic.peers.size], [0, 1]);
  const heard = next(attic, "message");
  await bob.send("up here");
  assert.equal((await heard)[0].body, "up here");
  await assert.rejects(hall.session.join({ room: "attic" }), { code: "already-joined" });
  await hall.leave();
  assert.equal(hall.state, "closed");
  await assert.rejects(hall.send("x"), { code: "left" });
  assert.equal((await attic.send("still here", { to: "bob" })).fate, "sent");
  await attic.leave();
  assert.equal(attic.session.state, "closed");
  bob.session.close();
  server.close();
  assert.equal(server.clock.pending, 0);
});

test("an id that is taken is told at once", { timeout }, async () => {
  const server = memoryServer();
  const { room } = await joinAs(server, "ann");
  await assert.rejects(joinAs(server, "ann"), { code: "id-taken" });
  room.session.close();
  server.close();
});

test("a roster of many pages is whole when connect resolves", { timeout }, async () => {
  const server = memoryServer({ dialect: native({ limits: withLimits({ rosterPage: 3 }) }) });
  const rooms = [];
  for (let index = 0; index < 11; index += 1) rooms.push((await joinAs(server, `peer ${index}`)).room);
  assert.equal(rooms.at(-1)?.peers.size, 10);
  for (const room of rooms) room.session.close();
  server.close();
});

test("after a gap the room is right again, and what was sent meanwhile is either there or told to be lost", {
  timeout,
}, async () => {
  const dialect = native({ limits: withLimits({ replayFrames: 4 }) });
  const server = memoryServer({ dialect });
  const { room: ann, plug } = await joinAs(server, "ann");
  const { room: bob } = await joinAs(server, "bob");
  await settled();
  const others = [];
  plug.cut();
  await settled();
  for (let index = 0; index < 8; index += 1) others.push((await joinAs(server, `late ${index}`)).room);
  bob.session.close();
  await settled();
  const back = next(ann, "state", (state) => state === "open");
  server.clock.advance(500);
  await back;
  await settled();
  assert.ok(plug.told.some((frame) => frame.type === "resumed" && frame.gap));
  assert.deepEqual([...ann.peers.keys()].sort(), others.map((room) => room.self.id).sort());
  for (const room of [ann, ...others]) room.session.close();
  server.close();
});

test("a server that drains tells everybody to come back, and they do", { timeout }, async () => {
  const server = memoryServer();
  const { room: ann, plug } = await joinAs(server, "ann");
  const away = next(ann, "state");
  plug.down = true;
  server.hub.drain();
  assert.deepEqual(await away, ["away"]);
  ann.session.close();
  server.close();
  assert.equal(server.clock.pending, 0);
});
