// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { settled } from "@signalbox/core/testing";
import { assertEmpty, boxWith, idsOf, list, type NativePeer, part, type Told } from "./box.ts";

const orderOf = (frame: Told | undefined) => Number(part(frame, "self").order);

const answerTo = async (peer: NativePeer, frame: object) => {
  peer.told();
  const asked = peer.ask(frame);
  await settled();
  return peer.answer(asked);
};

describe("a room", () => {
  test("tells a newcomer who is there, and those who is new, each once", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const bob = await box.peer("bob");
    const cid = await box.peer("cid");
    assert.deepEqual(idsOf(ann.told("joined")[0]), []);
    assert.deepEqual(idsOf(bob.told("joined")[0]), ["ann"]);
    assert.deepEqual(idsOf(cid.told("joined")[0]), ["ann", "bob"]);
    assert.deepEqual(ann.told(), []);
    const dan = await box.peer("dan");
    for (const peer of [ann, bob, cid]) {
      const told = peer.told();
      assert.deepEqual(
        told.map((frame) => [frame.type, part(frame, "member").id]),
        [["peer-joined", "dan"]],
      );
    }
    assert.deepEqual(
      dan.told().map(({ type }) => type),
      ["welcome", "joined"],
    );
  });

  test("gives of two members the later one the higher order, known to both", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const first = orderOf(ann.told("joined")[0]);
    const bob = await box.peer("bob");
    const [joined] = bob.told("joined");
    assert.ok(orderOf(joined) > first);
    assert.equal(list(joined)[0]?.order, first);
    assert.equal(part(ann.told("peer-joined")[0], "member").order, orderOf(joined));
  });

  const goings: readonly (readonly [string, string, (peer: NativePeer) => void])[] = [
    ["leave", "left", (peer) => peer.ask({ type: "leave" })],
    ["end of the session", "left", (peer) => peer.line.send({ type: "end" })],
  ];
  for (const [what, reason, go] of goings) {
    test(`tells the others of a ${what} at once, with the reason ${reason}`, async () => {
      const box = boxWith();
      const ann = await box.peer("ann");
      const bob = await box.peer("bob");
      const session = bob.told("welcome")[0]?.session;
      ann.told();
      go(bob);
      await settled();
      assert.deepEqual(ann.told(), [{ type: "peer-left", seq: 4, room: "r", id: "bob", session, reason }]);
    });
  }

  test("sees no change while a session is away, and `lost` when its grace time ends", async () => {
    const box = boxWith({ limits: { graceMs: 5_000 } });
    const ann = await box.peer("ann");
    const bob = await box.peer("bob");
    ann.told();
    bob.line.drop();
    await settled();
    box.parts.clock.advance(4_999);
    await settled();
    assert.deepEqual(ann.told(), []);
    box.parts.clock.advance(1);
    await settled();
    assert.deepEqual(
      ann.told().map(({ type, id, reason }) => [type, id, reason]),
      [["peer-left", "bob", "lost"]],
    );
  });

  test("tells nothing more to who has left it", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const bob = await box.peer("bob");
    bob.ask({ type: "leave" });
    await settled();
    bob.told();
    await box.peer("cid");
    ann.ask({ type: "message", body: 1 });
    ann.ask({ type: "update", displayName: "A" });
    ann.ask({ type: "leave" });
    await settled();
    assert.deepEqual(bob.told(), []);
  });

  test("may be left and entered again by the same session: left, then joined, with a new order", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const bob = await box.peer("bob");
    const [before] = bob.told("joined");
    ann.told();
    bob.ask({ type: "leave" });
    bob.ask({ type: "join", room: "r", id: "bob" });
    await settled();
    const [left, joined] = bob.told();
    assert.deepEqual([left?.type, joined?.type], ["left", "joined"]);
    assert.ok(orderOf(joined) > orderOf(before));
    assert.deepEqual(
      ann.told().map(({ type }) => type),
      ["peer-left", "peer-joined"],
    );
  });

  test("refuses an id that is taken; the session stays open and may join under another", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    ann.told();
    const other = await box.peer("ann");
    const [, refused] = other.told();
    assert.deepEqual(
      [refused?.type, refused?.of, refused?.code, refused?.retry],
      ["refused", 1, "id-taken", true],
    );
    assert.equal((await answerTo(other, { type: "join", room: "r", id: "ann2" })).type, "joined");
    assert.deepEqual(idsOf({ members: ann.told("peer-joined").map(({ member }) => member) }), ["ann2"]);
  });

  test("gives an id free when its holder has gone", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    ann.line.send({ type: "end" });
    await settled();
    assert.equal((await box.peer("ann")).told("joined").length, 1);
  });

  test("that is full refuses, and takes the next one when somebody has gone", async () => {
    const box = boxWith({ limits: { roomMembers: 2 } });
    const ann = await box.peer("ann");
    await box.peer("bob");
    const cid = await box.peer("cid");
    assert.deepEqual(
      cid.told("refused").map(({ code }) => code),
      ["room-full"],
    );
    ann.ask({ type: "leave" });
    await settled();
    assert.equal((await answerTo(cid, { type: "join", room: "r", id: "cid" })).type, "joined");
  });

  test("is one of several for a session: its frames then name the room, and each room is told its own", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    assert.equal((await answerTo(ann, { type: "join", room: "s", id: "anna" })).type, "joined");
    const bob = await box.peer("bob", { room: "s" });
    assert.deepEqual(
      ann.told().map(({ type, room }) => [type, room]),
      [["peer-joined", "s"]],
    );
    bob.told();
    assert.equal(
      (await answerTo(ann, { type: "signal", to: "bob", signal: { kind: "opaque", data: 1 } })).code,
      "not-joined",
    );
    assert.equal(
      (await answerTo(ann, { type: "signal", room: "r", to: "bob", signal: { kind: "opaque", data: 1 } }))
        .fate,
      "unknown",
    );
    assert.equal(
      (await answerTo(ann, { type: "signal", room: "s", to: "bob", signal: { kind: "opaque", data: 1 } }))
        .fate,
      "sent",
    );
    assert.deepEqual(
      bob.told("signal").map(({ from, room }) => [from, room]),
      [["anna", "s"]],
    );
    assert.equal((await answerTo(ann, { type: "leave", room: "r" })).type, "left");
    assert.equal(
      (await answerTo(ann, { type: "signal", to: "bob", signal: { kind: "opaque", data: 1 } })).fate,
      "sent",
      "again only one room",
    );
  });

  test("counts towards the bound of rooms a session may be in", async () => {
    const box = boxWith({ limits: { roomsPerSession: 2 } });
    const ann = await box.peer("ann");
    assert.equal((await answerTo(ann, { type: "join", room: "s" })).type, "joined");
    assert.equal((await answerTo(ann, { type: "join", room: "t" })).code, "too-many-rooms");
    assert.equal((await answerTo(ann, { type: "leave", room: "s" })).type, "left");
    assert.equal((await answerTo(ann, { type: "join", room: "t" })).type, "joined");
  });

  const outside: readonly (readonly [string, object])[] = [
    ["leave", { type: "leave", room: "s" }],
    ["update", { type: "update", room: "s", displayName: "A" }],
    ["signal", { type: "signal", room: "s", to: "bob", signal: { kind: "opaque", data: 1 } }],
    ["message", { type: "message", room: "s", body: 1 }],
    ["message to one", { type: "message", room: "s", to: "bob", body: 1 }],
    ["roster", { type: "roster", room: "s" }],
  ];
  for (const [what, frame] of outside) {
    test(`the session is not in refuses its ${what} as not-joined, and says nothing of who is there`, async () => {
      const box = boxWith();
      const ann = await box.peer("ann");
      await box.peer("bob", { room: "s" });
      const answer = await answerTo(ann, frame);
      assert.deepEqual([answer.type, answer.code], ["refused", "not-joined"]);
      assert.equal(JSON.stringify(answer).includes("bob"), false);
    });
  }

  test("cannot be joined twice by one session", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    assert.equal((await answerTo(ann, { type: "join", room: "r", id: "other" })).code, "already-joined");
  });

  test("is forgotten with its last member", async () => {
    const box = boxWith();
    const peers = [await box.peer("ann"), await box.peer("bob"), await box.peer("cid", { room: "s" })];
    assert.equal(box.hub.stats.rooms, 2);
    for (const peer of peers) peer.line.send({ type: "end" });
    await assertEmpty(box, ["r", "s"]);
  });
});

describe("what a member tells of itself", () => {
  const printer = { name: "printer", protocol: "ipp" };

  test("may change: the others are told, newcomers find it, the member gets its answer", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const bob = await box.peer("bob");
    ann.told();
    const answer = await answerTo(bob, { type: "update", services: [printer], displayName: "Bob" });
    assert.deepEqual([answer.type, answer.room], ["updated", "r"]);
    const [changed] = ann.told();
    const member = part(changed, "member");
    assert.deepEqual(
      [changed?.type, member.id, member.displayName, member.services],
      ["peer-changed", "bob", "Bob", [printer]],
    );
    const cid = await box.peer("cid");
    assert.deepEqual(list(cid.told("joined")[0])[1], member);
  });

  test("stays as it was where an update leaves it out", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const bob = await box.peer("bob", { services: [printer], displayName: "Bob" });
    ann.told();
    await answerTo(bob, { type: "update", displayName: "Bobby" });
    await answerTo(bob, { type: "update", services: [] });
    assert.deepEqual(
      ann
        .told()
        .map((frame) => part(frame, "member"))
        .map(({ displayName, services }) => [displayName, services]),
      [
        ["Bobby", [printer]],
        ["Bobby", []],
      ],
    );
  });

  test("is bounded in number and size, when joining and when updating", async () => {
    const box = boxWith({ limits: { servicesPerPeer: 2, serviceBytes: 200 } });
    const many = [printer, printer, printer];
    const large = [{ ...printer, attributes: { note: "x".repeat(200) } }];
    const ann = box.line();
    const refusedJoin = ann.ask({ type: "join", room: "r", id: "ann", services: many });
    await settled();
    assert.equal(ann.answer(refusedJoin).code, "too-many-services");
    assert.equal(
      (await answerTo(ann, { type: "join", room: "r", id: "ann", services: large })).code,
      "too-large",
    );
    assert.equal(
      (await answerTo(ann, { type: "join", room: "r", id: "ann", services: [printer, printer] })).type,
      "joined",
    );
    assert.equal((await answerTo(ann, { type: "update", services: many })).code, "too-many-services");
    assert.equal((await answerTo(ann, { type: "update", services: large })).code, "too-large");
  });

  test("is measured in bytes, not in characters", async () => {
    const box = boxWith({ limits: { serviceBytes: 200 } });
    const answer = await answerTo(await box.peer("ann"), {
      type: "update",
      services: [{ ...printer, attributes: { note: "北".repeat(60) } }],
    });
    assert.equal(answer.code, "too-large");
  });
});

describe("the roster of a large room", () => {
  const count = 231;

  test("comes in pages of a hundred; over all of them each member is introduced once", async () => {
    const box = boxWith();
    const before: string[] = [];
    for (let number = 0; number < count; number += 1) before.push(`p${number}`);
    for (const id of before) await box.peer(id);
    const ann = await box.peer("ann");
    const [joined] = ann.told("joined");
    assert.equal(joined?.size, count);
    const found = [...idsOf(joined)];
    assert.equal(found.length, 100);
    const later = await box.peer("later");
    let next = joined?.next;
    let pages = 1;
    while (next !== undefined) {
      const asked = ann.ask({ type: "roster", after: next });
      const page = ann.told().filter(({ of }) => of === asked)[0];
      found.push(...idsOf(page));
      next = page?.next;
      pages += 1;
    }
    assert.equal(pages, 3);
    assert.deepEqual(
      found,
      before,
      "in join order, none twice, and not who came later: that was told by an event",
    );
    assert.deepEqual(
      ann.line.told
        .map((text) => JSON.parse(text))
        .filter(({ type }) => type === "peer-joined")
        .map(({ member }) => member.id),
      ["later"],
    );
    assert.equal(idsOf(later.told("joined")[0]).length, 100);
  });

  test("may be asked for in smaller pages, never in larger ones", async () => {
    const box = boxWith({ limits: { rosterPage: 3 } });
    for (let number = 0; number < 8; number += 1) await box.peer(`p${number}`);
    const ann = await box.peer("ann");
    assert.equal(idsOf(ann.told("joined")[0]).length, 3);
    for (const [limit, length] of [
      [1, 1],
      [2, 2],
      [3, 3],
      [1000, 3],
    ] as const) {
      const page = await answerTo(ann, { type: "roster", limit });
      assert.equal(idsOf(page).length, length);
      assert.deepEqual(idsOf(page), ["p0", "p1", "p2"].slice(0, length));
    }
    const all = await answerTo(ann, { type: "roster", after: 5 });
    assert.deepEqual([idsOf(all), all.next], [["p5", "p6", "p7"], undefined]);
  });

  test("leaves out who has gone before the page was asked for", async () => {
    const box = boxWith({ limits: { rosterPage: 1 } });
    await box.peer("p0");
    const gone = await box.peer("p1");
    await box.peer("p2");
    const ann = await box.peer("ann");
    const [joined] = ann.told("joined");
    gone.line.send({ type: "end" });
    await settled();
    assert.deepEqual(idsOf(await answerTo(ann, { type: "roster", after: joined?.next })), ["p2"]);
  });
});
