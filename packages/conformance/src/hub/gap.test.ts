// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryDirectory } from "@signalbox/backplane/memory";
import { settled } from "@signalbox/core/testing";
import { shuffled } from "../cluster/shuffled.ts";
import { boxWith, dataOf, idsOf, list, nodeName, part } from "./box.ts";
import { back, last, opaque, pair } from "./resuming.ts";

describe("a gap", () => {
  const crowded = async () => {
    const given = await pair({ limits: { replayFrames: 4 } });
    return given;
  };

  test("is told first; what is left follows, and then the room as it stands", async () => {
    const { box, ann, bob, welcome, seen } = await crowded();
    for (let number = 1; number <= 6; number += 1) ann.ask(opaque("bob", number));
    bob.line.drop();
    const again = back(box, welcome, { seen });
    const [resumed, ...rest] = again.told();
    assert.equal(resumed?.gap, true);
    assert.deepEqual(
      rest.map((frame) => [frame.type, dataOf(frame)]),
      [
        ["signal", 3],
        ["signal", 4],
        ["signal", 5],
        ["signal", 6],
        ["joined", undefined],
      ],
    );
    const snapshot = rest.at(-1);
    assert.deepEqual(
      [snapshot?.snapshot, snapshot?.of, snapshot?.room, snapshot?.size],
      [true, undefined, "r", 1],
    );
    assert.deepEqual(idsOf(snapshot), ["ann"]);
  });

  test("is told again where the answer was lost with another line", async () => {
    const { box, ann, bob, welcome, seen } = await crowded();
    for (let number = 1; number <= 6; number += 1) ann.ask(opaque("bob", number));
    bob.line.drop();
    back(box, welcome, { seen }).line.drop();
    assert.equal(back(box, welcome, { incarnation: 3, seen }).told("resumed")[0]?.gap, true);
  });

  test("is none where the missing frames had been seen", async () => {
    const { box, ann, bob, welcome } = await crowded();
    for (let number = 1; number <= 6; number += 1) ann.ask(opaque("bob", number));
    const seen = last(bob.told());
    bob.line.drop();
    assert.deepEqual(
      back(box, welcome, { seen })
        .told()
        .map(({ type, gap }) => [type, gap]),
      [["resumed", false]],
    );
  });

  test("shows who came, went and changed while news was dropped for a session that was away", async () => {
    const { box, ann, bob, welcome, seen } = await crowded();
    bob.ask({ type: "update", displayName: "Bob" });
    await settled();
    bob.line.drop();
    for (const id of ["p1", "p2", "p3", "p4", "p5"]) {
      const peer = await box.peer(id);
      if (id !== "p5") peer.line.send({ type: "end" });
      await settled();
    }
    ann.ask({ type: "update", displayName: "Ann" });
    await settled();
    const told = back(box, welcome, { seen }).told();
    const snapshot = told.at(-1);
    assert.equal(part(snapshot, "self").displayName, "Bob");
    assert.deepEqual([told[0]?.gap, snapshot?.type, snapshot?.snapshot], [true, "joined", true]);
    const members = list(snapshot);
    assert.deepEqual(
      members.map(({ id, displayName }) => [id, displayName]),
      [
        ["ann", "Ann"],
        ["p5", undefined],
      ],
    );
  });

  test("brings a snapshot of every room the session is in, and of no other", async () => {
    const { box, ann, bob, welcome } = await crowded();
    bob.ask({ type: "join", room: "s", id: "bob" });
    bob.ask({ type: "join", room: "t", id: "bob" });
    await settled();
    bob.ask({ type: "leave", room: "s" });
    await settled();
    const seen = last(bob.told());
    for (let number = 1; number <= 6; number += 1) ann.ask(opaque("bob", number));
    bob.line.drop();
    const snapshots = back(box, welcome, { seen }).told("joined");
    assert.deepEqual(
      snapshots.map(({ room, snapshot }) => [room, snapshot]),
      [
        ["r", true],
        ["t", true],
      ],
    );
  });

  test("brings no snapshot of a room that is still being entered: that room is told when it is", async () => {
    const network = shuffled(memoryDirectory());
    const box = boxWith({ directory: network.directory(nodeName), limits: { replayFrames: 4 } });
    const rest = async () => {
      for (await settled(); network.ready > 0; await settled()) network.step(0);
    };
    const bob = box.line();
    bob.ask({ type: "join", room: "r", id: "bob" });
    await rest();
    const frames = bob.told();
    for (let number = 0; number < 4; number += 1) bob.ask({ ...opaque("bob", number), room: "r" });
    const join = bob.ask({ type: "join", room: "s", id: "bob" });
    await settled();
    network.step(0);
    await settled();
    bob.line.drop();
    const again = back(box, frames[0], { seen: last(frames) });
    assert.deepEqual(
      again.told("joined").map(({ room }) => room),
      ["r"],
    );
    await rest();
    assert.deepEqual(
      again.told("joined").map(({ room, of, snapshot }) => [room, of, snapshot]),
      [["s", join, false]],
    );
  });

  test("does not reorder pages: a snapshot's next page is of that snapshot", async () => {
    const box = boxWith({ limits: { replayFrames: 4, rosterPage: 2 } });
    const peers = [await box.peer("p0"), await box.peer("p1"), await box.peer("p2")];
    const bob = await box.peer("bob");
    const frames = bob.told();
    bob.line.drop();
    for (const id of ["p3", "p4", "p5", "p6", "p7"]) await box.peer(id);
    peers[0]?.line.send({ type: "end" });
    await settled();
    const again = back(box, frames[0], { seen: last(frames) });
    const snapshot = again.told().at(-1);
    assert.deepEqual([idsOf(snapshot), snapshot?.size], [["p1", "p2"], 7]);
    const page = again.answer(again.ask({ type: "roster", after: snapshot?.next }));
    assert.deepEqual(idsOf(page), ["p3", "p4"]);
  });
});
