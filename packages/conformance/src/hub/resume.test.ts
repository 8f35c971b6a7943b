// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryDirectory } from "@signalbox/backplane/memory";
import { settled } from "@signalbox/core/testing";
import { shuffled } from "../cluster/shuffled.ts";
import { boxWith, dataOf, nodeName } from "./box.ts";
import { back, last, opaque, pair } from "./resuming.ts";

describe("a resume", () => {
  test("is answered first, then everything above the last frame seen follows byte for byte", async () => {
    const { box, ann, bob, welcome, seen } = await pair();
    ann.ask(opaque("bob", 1));
    const before = bob.line.told.slice(-1);
    bob.line.drop();
    ann.ask(opaque("bob", 2));
    await box.peer("cid");
    const again = back(box, welcome, { seen });
    const [resumed, ...rest] = again.line.told;
    const { type, session, incarnation, seen: taken, gap } = JSON.parse(resumed ?? "{}");
    assert.deepEqual([type, session, incarnation, taken, gap], ["resumed", welcome?.session, 2, 1, false]);
    assert.deepEqual(rest.slice(0, 1), before);
    assert.deepEqual(
      again
        .told()
        .slice(1)
        .map((frame) => [frame.seq, frame.type]),
      [
        [seen + 1, "signal"],
        [seen + 2, "signal"],
        [seen + 3, "peer-joined"],
      ],
    );
  });

  test("goes on counting where it was, both ways", async () => {
    const { box, ann, bob, welcome, seen } = await pair();
    bob.line.drop();
    const again = back(box, welcome, { seen });
    again.told();
    const of = again.ask(opaque("ann", 1));
    assert.equal(of, 2);
    assert.deepEqual([again.answer(of).seq, ann.told("signal").length], [seen + 1, 1]);
  });

  test("needs no room to be named where the session is in one only", async () => {
    const { box, bob, welcome, seen } = await pair();
    bob.line.drop();
    const again = back(box, welcome, { seen });
    again.told();
    assert.equal(again.answer(again.ask({ type: "roster" })).room, "r");
  });

  test("is unseen by the others, and keeps the session in its room beyond the old grace time", async () => {
    const { box, ann, bob, welcome, seen } = await pair();
    bob.line.drop();
    box.parts.clock.advance(box.dialect.limits.graceMs - 1);
    back(box, welcome, { seen });
    box.parts.clock.advance(box.dialect.limits.graceMs);
    await settled();
    assert.deepEqual(ann.told(), []);
    assert.equal(ann.answer(ann.ask(opaque("bob", 1))).fate, "sent");
  });

  test("hands out fresh ICE servers", async () => {
    let count = 0;
    const next = () => {
      count += 1;
      return count;
    };
    const ice = { issue: () => ({ servers: [{ urls: ["stun:192.0.2.1"], username: `u${next()}` }] }) };
    const { box, bob, welcome, seen } = await pair({ ice });
    bob.line.drop();
    assert.deepEqual(back(box, welcome, { seen }).told("resumed")[0]?.iceServers, [
      { urls: ["stun:192.0.2.1"], username: "u3" },
    ]);
  });

  test("takes over from a line that still seems open: that one is closed as replaced, and its frames count no more", async () => {
    const { box, ann, bob, welcome, seen } = await pair();
    const again = back(box, welcome, { seen });
    assert.deepEqual(
      bob.told().map(({ type, code }) => [type, code]),
      [["closing", "replaced"]],
    );
    assert.ok((bob.line.closing?.code ?? 0) >= 4500, "the old line must not come back for the session");
    bob.ask(opaque("ann", "ghost"));
    bob.line.drop();
    box.parts.clock.advance(box.dialect.limits.graceMs);
    await settled();
    assert.deepEqual(ann.told(), []);
    again.told();
    assert.equal(ann.answer(ann.ask(opaque("bob", 1))).fate, "sent");
    assert.equal(again.told("signal").length, 1);
    assert.equal(box.hub.stats.lines, 2);
  });

  test("acknowledges what the peer says it has seen: its senders hear of the delivery", async () => {
    const { box, ann, bob, welcome } = await pair();
    const of = ann.ask({ ...opaque("bob", 1), receipt: "delivered" });
    const unseen = ann.ask({ ...opaque("bob", 2), receipt: "delivered" });
    const [signal] = bob.told("signal");
    bob.line.drop();
    ann.told();
    back(box, welcome, { seen: Number(signal?.seq) });
    assert.deepEqual(
      ann.told().map((frame) => [frame.of, frame.fate]),
      [[of, "delivered"]],
    );
    assert.notEqual(of, unseen);
  });

  test("forgets what the peer says it has seen", async () => {
    const { box, ann, bob, welcome } = await pair();
    ann.ask(opaque("bob", 1));
    ann.ask(opaque("bob", 2));
    const seen = last(bob.told());
    bob.line.drop();
    back(box, welcome, { seen }).line.drop();
    // A peer that then claims to have seen less is told honestly what is left.
    const again = back(box, welcome, { incarnation: 3, seen: 2 });
    assert.deepEqual(
      again.told().map(({ type }) => type),
      ["resumed"],
    );
  });
});

describe("commands around a resume", () => {
  test("that were taken are skipped when they are sent again: no second answer, no second effect", async () => {
    const { box, ann, bob, welcome, seen } = await pair();
    const of = bob.ask(opaque("ann", 1));
    bob.line.drop();
    const again = back(box, welcome, { seen, startAt: of - 1 });
    assert.equal(again.told("resumed")[0]?.seen, of);
    again.ask(opaque("ann", 1));
    assert.deepEqual(again.told(), []);
    again.ask(opaque("ann", 2));
    assert.deepEqual(ann.told("signal").map(dataOf), [1, 2]);
  });

  test("include the join that opened the session: sent again it is skipped", async () => {
    const { box, bob, welcome } = await pair();
    bob.line.drop();
    const again = back(box, welcome, { startAt: 0 });
    const [resumed, ...frames] = again.told();
    assert.equal(resumed?.seen, 1);
    assert.deepEqual(
      frames.map(({ type }) => type),
      ["welcome", "joined"],
    );
    again.ask({ type: "join", room: "r", id: "bob" });
    await settled();
    assert.deepEqual(again.told(), []);
  });

  test("are skipped when sent again too fast as well: what has its answer gets no second one", async () => {
    const { box, ann, bob, welcome, seen } = await pair({ limits: { frameBurst: 6, framesPerSecond: 1 } });
    for (let number = 0; number < 11; number += 1) {
      if (number === 5) box.parts.clock.advance(6_000);
      bob.ask(opaque("ann", number));
    }
    bob.line.drop();
    const again = back(box, welcome, { seen });
    assert.equal(again.told("receipt").length, 11);
    for (let number = 0; number < 10; number += 1) again.ask(opaque("ann", number));
    assert.deepEqual(again.told(), []);
    assert.equal(ann.told("signal").length, 11);
  });

  test("that were taken and not finished when the line broke are carried out to their end", async () => {
    const network = shuffled(memoryDirectory());
    const box = boxWith({ directory: network.directory(nodeName) });
    const rest = async () => {
      for (await settled(); network.ready > 0; await settled()) network.step(0);
    };
    const ann = box.line();
    ann.ask({ type: "join", room: "r", id: "ann" });
    await rest();
    ann.told();
    const bob = box.line();
    const join = bob.ask({
      type: "join",
      room: "r",
      id: "bob",
      signals: [
        { to: "ann", signal: { kind: "opaque", data: 1 } },
        { to: "cid", signal: { kind: "opaque", data: 2 } },
      ],
    });
    await settled();
    const [welcome] = bob.told();
    bob.line.drop();
    await rest();
    const again = back(box, welcome, { seen: Number(welcome?.seq) });
    const told = again.told();
    assert.equal(told[0]?.seen, join, "it is told that its frame was taken");
    assert.deepEqual(
      told.slice(1).map(({ type, of, index, fate }) => [type, of, index, fate]),
      [
        ["joined", join, undefined, undefined],
        ["receipt", join, 0, "sent"],
        ["receipt", join, 1, "unknown"],
      ],
    );
    assert.deepEqual(
      ann.told().map(({ type }) => type),
      ["peer-joined", "signal"],
    );
  });

  test("that had come when the line broke are carried out, and their answers are found", async () => {
    const network = shuffled(memoryDirectory());
    const box = boxWith({ directory: network.directory(nodeName) });
    const bob = box.line();
    bob.ask({ type: "join", room: "r", id: "bob" });
    await settled();
    const of = bob.ask(opaque("ann", 1));
    const [welcome] = bob.told();
    bob.line.drop();
    for (await settled(); network.ready > 0; await settled()) network.step(0);
    const told = back(box, welcome).told();
    assert.equal(told[0]?.seen, of);
    assert.equal(told.find(({ type }) => type === "receipt")?.fate, "unknown");
  });
});
