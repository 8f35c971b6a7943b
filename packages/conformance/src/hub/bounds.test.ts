// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryDirectory } from "@signalbox/backplane/memory";
import { settled } from "@signalbox/core/testing";
import { shuffled } from "../cluster/shuffled.ts";
import { assertEmpty, boxWith, dataOf, type NativePeer, nodeName } from "./box.ts";

const opaque = (to: string, data: unknown) => ({ type: "signal", to, signal: { kind: "opaque", data } });

const endOf = (peer: NativePeer): string | undefined => peer.line.closing?.reason;

describe("the frame rate of a line", () => {
  test("admits a burst, then refuses each frame over it with its number and the time to wait", async () => {
    const box = boxWith({ limits: { frameBurst: 10, framesPerSecond: 2 } });
    const bob = await box.peer("bob");
    const ann = await box.peer("ann");
    ann.told();
    for (let number = 2; number <= 12; number += 1) ann.ask(opaque("bob", number));
    const answers = ann.told();
    assert.deepEqual(
      answers.slice(0, 9).map(({ fate }) => fate),
      Array(9).fill("sent"),
    );
    const over = answers
      .slice(9)
      .map(({ type, of, code, retry, retryAfterMs }) => [type, of, code, retry, retryAfterMs]);
    assert.deepEqual(over, [
      ["refused", 11, "rate-limited", true, 1_000],
      ["refused", 12, "rate-limited", true, 1_500],
    ]);
    assert.equal(bob.told("signal").length, 9);
  });

  test("lets a frame through again when the stated time has passed", async () => {
    const box = boxWith({ limits: { frameBurst: 3, framesPerSecond: 2 } });
    const ann = await box.peer("ann");
    ann.ask({ type: "ice" });
    ann.ask({ type: "ice" });
    const { retryAfterMs } = ann.answer(ann.ask({ type: "ice" }));
    box.parts.clock.advance(Number(retryAfterMs) - 1);
    assert.equal(ann.answer(ann.ask({ type: "ice" })).code, "rate-limited", "a refused frame counts too");
    box.parts.clock.advance(1_000);
    assert.equal(ann.answer(ann.ask({ type: "ice" })).type, "ice");
  });

  test("ends the line of who goes on regardless for another burst; nobody else notices", async () => {
    const box = boxWith({ limits: { frameBurst: 10, framesPerSecond: 1 } });
    const bob = await box.peer("bob");
    const ann = await box.peer("ann");
    bob.told();
    for (let number = 0; number < 60; number += 1) ann.ask({ type: "ice" });
    const told = ann.told();
    assert.equal(told.filter(({ type }) => type === "refused").length, 9);
    assert.deepEqual(
      told.slice(-1).map(({ type, code }) => [type, code]),
      [["closing", "rate-limited"]],
    );
    assert.ok((ann.line.closing?.code ?? 0) < 4500, "it may come back");
    await settled();
    assert.deepEqual(bob.told(), []);
    assert.equal(bob.answer(bob.ask({ type: "ice" })).type, "ice");
  });

  test("still takes an acknowledgement and the end of the session: both only free memory", async () => {
    const box = boxWith({ limits: { frameBurst: 5, framesPerSecond: 1 } });
    const bob = await box.peer("bob");
    const ann = await box.peer("ann");
    bob.ask({ ...opaque("ann", 1), receipt: "delivered" });
    const seen = ann.told("signal")[0]?.seq;
    for (let number = 0; number < 5; number += 1) ann.ask({ type: "ice" });
    assert.equal(ann.told().at(-1)?.code, "rate-limited");
    ann.line.send({ type: "ack", seen });
    assert.deepEqual(
      bob.told("receipt").map(({ fate }) => fate),
      ["sent", "delivered"],
    );
    ann.line.send({ type: "end" });
    assert.equal(ann.line.closing?.reason, "ended-by-peer");
    bob.line.send({ type: "end" });
    await assertEmpty(box);
  });

  test("ends a line that floods before it has a session", async () => {
    const box = boxWith({
      limits: { frameBurst: 5, framesPerSecond: 1 },
      guard: { admit: () => new Promise(() => {}), allows: () => undefined },
    });
    const ann = box.line();
    ann.ask({ type: "join" });
    for (let number = 0; number < 100; number += 1) ann.ask({ type: "ice" });
    assert.equal(ann.line.paused, true, "and until then it is not read beyond the queue");
    ann.line.drop();
    await assertEmpty(box);
  });
});

describe("a slow peer", () => {
  test("loses its line with that reason; the others and its sender do not wait", async () => {
    const box = boxWith({ limits: { outboxBytes: 1_000 } });
    const [ann, bob, cid] = [await box.peer("ann"), await box.peer("bob"), await box.peer("cid")];
    for (const peer of [ann, bob, cid]) peer.told();
    bob.line.backlog = 1_000;
    ann.ask({ type: "message", body: 1 });
    await settled();
    assert.equal(endOf(bob), undefined, "at the bound it still stands");
    bob.line.backlog = 1_001;
    ann.ask({ type: "message", body: 2 });
    await settled();
    assert.equal(endOf(bob), "slow-peer");
    assert.ok((bob.line.closing?.code ?? 0) < 4500);
    assert.deepEqual(
      cid.told("message").map(({ body }) => body),
      [1, 2],
    );
    assert.deepEqual(
      ann.told().map(({ fate }) => fate),
      ["sent", "sent"],
    );
  });

  test("finds on its return what was written last: the line is lost, not the frames", async () => {
    const box = boxWith({ limits: { outboxBytes: 1_000 } });
    const [ann, bob] = [await box.peer("ann"), await box.peer("bob")];
    const frames = bob.told();
    bob.line.backlog = 1_001;
    ann.ask(opaque("bob", 1));
    ann.ask(opaque("bob", 2));
    const again = box.line();
    again.line.send({
      type: "resume",
      session: frames[0]?.session,
      token: frames[0]?.token,
      incarnation: 2,
      seen: frames.at(-1)?.seq,
    });
    const told = again.told();
    assert.equal(told[0]?.gap, false);
    assert.deepEqual(told.slice(1).map(dataOf), [1, 2]);
  });
});

describe("frames that wait while a command is decided", () => {
  const slow = () => {
    const network = shuffled(memoryDirectory());
    const box = boxWith({ directory: network.directory(nodeName), limits: { commandQueue: 4 } });
    const rest = async () => {
      for (await settled(); network.ready > 0; await settled()) network.step(0);
    };
    return { box, rest };
  };

  test("stop the reading of their line at the bound, and let it go on when they are through, in order", async () => {
    const { box, rest } = slow();
    const ann = box.line();
    ann.ask({ type: "join", room: "r", id: "ann" });
    await settled();
    for (let number = 0; number < 3; number += 1) ann.ask(opaque("ann", number));
    assert.equal(ann.line.paused, false);
    ann.ask(opaque("ann", 3));
    assert.equal(ann.line.paused, true);
    ann.ask(opaque("ann", 4));
    await rest();
    assert.equal(ann.line.paused, false);
    assert.deepEqual(ann.told("signal").map(dataOf), [0, 1, 2, 3, 4]);
  });

  const broken = async () => {
    const { box, rest } = slow();
    const ann = box.line();
    ann.ask({ type: "join", room: "r", id: "ann" });
    await settled();
    const [welcome] = ann.told();
    for (let number = 0; number < 4; number += 1) ann.ask(opaque("ann", number));
    ann.line.drop();
    const resumed = () => {
      const again = box.line();
      const { session, token } = welcome ?? {};
      again.line.send({ type: "resume", session, token, incarnation: 2, seen: 0 });
      return again;
    };
    return { box, rest, resumed };
  };

  test("are carried out when their line has closed, and the session is told that they were taken", async () => {
    const { box, rest, resumed } = await broken();
    assert.equal(box.hub.stats.lines, 1, "until then it is a line");
    await rest();
    assert.equal(box.hub.stats.lines, 0);
    const again = resumed().told();
    assert.equal(again.find(({ type }) => type === "resumed")?.seen, 5);
    assert.deepEqual(again.filter(({ type }) => type === "signal").map(dataOf), [0, 1, 2, 3]);
  });

  test("are dropped where the session has come back before, and is told that they were not taken", async () => {
    const { box, rest, resumed } = await broken();
    const again = resumed();
    assert.equal(again.told("resumed")[0]?.seen, 1);
    await rest();
    assert.deepEqual(again.told("signal"), []);
    assert.equal(box.hub.stats.lines, 1);
  });
});

describe("sizes", () => {
  const offer = (sdp: string) => ({ type: "signal", to: "ann", signal: { kind: "offer", call: "c", sdp } });

  test("of a description are bounded in bytes, told with the number, and the line lives on", async () => {
    const box = boxWith({ limits: { sdpBytes: 30 } });
    const ann = await box.peer("ann");
    for (const [sdp, code] of [
      ["x".repeat(30), undefined],
      ["x".repeat(31), "too-large"],
      ["北".repeat(10), undefined],
      ["北".repeat(11), "too-large"],
      ["😀".repeat(8), "too-large"],
      ["é".repeat(15), undefined],
    ] as const) {
      const of = ann.ask(offer(sdp));
      assert.equal(ann.told().filter((frame) => frame.of === of)[0]?.code, code, sdp);
    }
    assert.equal(ann.line.closing, undefined);
  });

  test("of an offer in a first frame are bounded alike, with the index of the offer", async () => {
    const box = boxWith({ limits: { sdpBytes: 30 } });
    const ann = box.line();
    ann.ask({
      type: "join",
      room: "r",
      id: "ann",
      signals: [
        { to: "ann", signal: { kind: "offer", call: "c", sdp: "x".repeat(31) } },
        { to: "ann", signal: { kind: "opaque", data: 1 } },
      ],
    });
    await settled();
    assert.deepEqual(
      ann.told("receipt").map(({ index, fate, code }) => [index, fate, code]),
      [
        [0, "refused", "too-large"],
        [1, "sent", undefined],
      ],
    );
  });
});
