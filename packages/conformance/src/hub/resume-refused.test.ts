// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { settled } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { assertEmpty, boxWith, type NativePeer, peerOn } from "./box.ts";
import { back, opaque, pair } from "./resuming.ts";

describe("a resume that is refused", () => {
  const closings = (peer: NativePeer) => peer.told().map(({ type, code }) => [type, code]);

  for (const [what, incarnation] of [
    ["a lower", 1],
    ["the same", 2],
  ] as const) {
    test(`comes with ${what} incarnation: it is stale, and the line that stands is not touched`, async () => {
      const { box, ann, bob, welcome, seen } = await pair();
      bob.line.drop();
      const again = back(box, welcome, { seen });
      again.told();
      // Two is the least the wire takes; one stands for whatever a peer without that check would send.
      const late =
        incarnation === 1
          ? back(box, welcome, { incarnation: 2, seen })
          : back(box, welcome, { incarnation, seen });
      assert.deepEqual(closings(late), [["closing", "stale-incarnation"]]);
      assert.equal(again.line.closing, undefined);
      ann.ask(opaque("bob", 1));
      assert.equal(again.told("signal").length, 1);
    });
  }

  test("says the same to a wrong token as to a session that never was", async () => {
    const { box, bob, welcome, seen } = await pair();
    bob.line.drop();
    const wrong = back(box, welcome, { seen, token: "guess" });
    const never = back(box, { session: "never", token: "guess" }, { seen });
    assert.deepEqual(wrong.line.told, never.line.told);
    assert.deepEqual(wrong.line.closing, never.line.closing);
    assert.deepEqual(closings(wrong), [["closing", "session-unknown"]]);
    assert.deepEqual(
      back(box, welcome, { seen }).told("resumed").length,
      1,
      "the session itself is still there",
    );
  });

  test("comes after the grace time, or after the end", async () => {
    for (const end of [true, false]) {
      const { box, bob, welcome, seen } = await pair();
      if (end) bob.line.send({ type: "end" });
      bob.line.drop();
      box.parts.clock.advance(box.dialect.limits.graceMs);
      await settled();
      assert.deepEqual(closings(back(box, welcome, { seen })), [["closing", "session-unknown"]]);
    }
  });

  test("claims to have seen what was never told", async () => {
    const { box, bob, welcome, seen } = await pair();
    bob.line.drop();
    assert.deepEqual(closings(back(box, welcome, { seen: seen + 1 })), [["closing", "malformed"]]);
    assert.equal(back(box, welcome, { seen }).told("resumed").length, 1);
  });

  test("belongs to another mount of the protocol", async () => {
    const { box, bob, welcome, seen } = await pair();
    bob.line.drop();
    const other = peerOn(box.hub, native());
    other.line.send({
      type: "resume",
      session: welcome?.session,
      token: welcome?.token,
      incarnation: 2,
      seen,
    });
    assert.deepEqual(closings(other), [["closing", "session-unknown"]]);
  });

  test("is not a line's first frame: it is answered, and the line lives on", async () => {
    const { box, ann, bob, welcome, seen } = await pair();
    bob.line.drop();
    ann.line.send({ type: "resume", session: welcome?.session, token: welcome?.token, incarnation: 2, seen });
    assert.deepEqual(
      ann.told().map(({ type, code }) => [type, code]),
      [["refused", "malformed"]],
    );
    const again = back(box, welcome, { seen });
    again.told();
    again.line.send({
      type: "resume",
      session: welcome?.session,
      token: welcome?.token,
      incarnation: 3,
      seen,
    });
    assert.deepEqual(
      again.told().map(({ type, code }) => [type, code]),
      [["refused", "malformed"]],
    );
  });

  test("leaves nothing behind", async () => {
    const box = boxWith();
    for (let count = 0; count < 10; count += 1) back(box, { session: "s", token: "t" });
    await assertEmpty(box);
  });
});
