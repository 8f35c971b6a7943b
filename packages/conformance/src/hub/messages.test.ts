// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Dialect } from "@signalbox/core";
import { alteredCodec, settled } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { boxWith, dataOf, type NativePeer, peerOn } from "./box.ts";

const bodies = (peer: NativePeer) => peer.told("message").map(({ from, body }) => [from, body]);

const three = async () => {
  const box = boxWith();
  const [ann, bob, cid] = [await box.peer("ann"), await box.peer("bob"), await box.peer("cid")];
  for (const peer of [ann, bob, cid]) peer.told();
  return { box, ann, bob, cid };
};

describe("a message", () => {
  test("to one reaches that one, whatever JSON it is", async () => {
    const { ann, bob, cid } = await three();
    for (const body of [null, 0, "", "北京", [1, { a: null }], { __proto__: null, type: "join", seq: 1 }]) {
      const of = ann.ask({ type: "message", to: "bob", body });
      await settled();
      assert.equal(ann.answer(of).fate, "sent");
      assert.deepEqual(bodies(bob), [["ann", JSON.parse(JSON.stringify(body))]]);
    }
    assert.deepEqual(cid.told(), []);
  });

  test("to all reaches all others, and not its sender", async () => {
    const { ann, bob, cid } = await three();
    const of = ann.ask({ type: "message", body: { hello: 1 } });
    await settled();
    assert.deepEqual(
      ann.told().map((frame) => [frame.type, frame.of, frame.fate]),
      [["receipt", of, "sent"]],
    );
    assert.deepEqual([bodies(bob), bodies(cid)], [[["ann", { hello: 1 }]], [["ann", { hello: 1 }]]]);
  });

  test("to all stays in its room", async () => {
    const { box, ann } = await three();
    const dan = await box.peer("dan", { room: "s" });
    dan.told();
    ann.ask({ type: "message", body: 1 });
    await settled();
    assert.deepEqual(dan.told(), []);
  });

  test("to all of an otherwise empty room is `unknown`: nobody got it", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const of = ann.ask({ type: "message", body: 1 });
    await settled();
    assert.equal(ann.answer(of).fate, "unknown");
  });

  test("to nobody is `unknown`, also where the id is there and the stay another", async () => {
    const { ann, bob } = await three();
    for (const target of [{ to: "dan" }, { to: "bob", session: "another" }]) {
      const of = ann.ask({ type: "message", body: 1, ...target });
      await settled();
      assert.equal(ann.answer(of).fate, "unknown");
    }
    assert.deepEqual(bob.told(), []);
  });

  test("to one that is away is `queued`, and `sent` on its return", async () => {
    const { box, ann } = await three();
    const dan = await box.peer("dan");
    const [welcome, joined] = dan.told();
    ann.told();
    dan.line.drop();
    const of = ann.ask({ type: "message", to: "dan", body: 7 });
    await settled();
    assert.equal(ann.answer(of).fate, "queued");
    const back = box.line();
    back.line.send({
      type: "resume",
      session: welcome?.session,
      token: welcome?.token,
      incarnation: 2,
      seen: joined?.seq,
    });
    assert.deepEqual(bodies(back), [["ann", 7]]);
    assert.equal(ann.answer(of).fate, "sent");
  });

  test("keeps its place among the signals of its sender", async () => {
    const { ann, bob } = await three();
    for (let number = 0; number < 6; number += 1) {
      if (number % 2 === 0) ann.ask({ type: "message", to: "bob", body: number });
      else ann.ask({ type: "signal", to: "bob", signal: { kind: "opaque", data: number } });
    }
    await settled();
    assert.deepEqual(
      bob.told().map((frame) => frame.body ?? dataOf(frame)),
      [0, 1, 2, 3, 4, 5],
    );
  });

  test("is bounded in bytes, not in characters", async () => {
    const box = boxWith({ limits: { messageBytes: 100 } });
    const ann = await box.peer("ann");
    for (const [body, code] of [
      ["x".repeat(98), undefined],
      ["x".repeat(99), "too-large"],
      ["北".repeat(32), undefined],
      ["北".repeat(33), "too-large"],
    ] as const) {
      const of = ann.ask({ type: "message", to: "ann", body });
      await settled();
      assert.equal(ann.told().filter((frame) => frame.of === of)[0]?.code, code);
    }
  });
});

describe("two dialects in a room", () => {
  // The same codec under another name: what only one's own kind understands does not cross.
  const foreign = { ...native(), name: "other" };

  test("do not pass on what is opaque; the refusal says what the other speaks", async () => {
    const { box, ann } = await three();
    const eve = peerOn(box.hub, foreign);
    eve.ask({ type: "join", room: "r", id: "eve" });
    await settled();
    eve.told();
    ann.told();
    const of = ann.ask({ type: "signal", to: "eve", signal: { kind: "opaque", data: 1 } });
    const receipt = ann.answer(of);
    assert.deepEqual([receipt.fate, receipt.code, receipt.protocol], ["refused", "not-understood", "other"]);
    assert.deepEqual(eve.told(), []);
  });

  test("do not pass messages to a peer that cannot take them: one is refused, the room's go past it", async () => {
    const mute: Dialect = {
      ...foreign,
      open(handshake, mint) {
        const codec = foreign.open(handshake, mint);
        return alteredCodec(codec, {
          decode(frame, now) {
            const decoded = codec.decode(frame, now);
            const commands = decoded.commands.map((command) =>
              command.type === "join"
                ? {
                    ...command,
                    presence: {
                      ...command.presence,
                      traits: { ...command.presence.traits, messages: false },
                    },
                  }
                : command,
            );
            return { ...decoded, commands };
          },
        });
      },
    };
    const { box, ann, bob } = await three();
    const eve = peerOn(box.hub, mute);
    eve.ask({ type: "join", room: "r", id: "eve" });
    await settled();
    for (const peer of [eve, ann, bob]) peer.told();
    const one = ann.ask({ type: "message", to: "eve", body: 1 });
    await settled();
    const refused = ann.answer(one);
    assert.deepEqual([refused.fate, refused.code], ["refused", "not-understood"]);
    ann.ask({ type: "message", body: 2 });
    await settled();
    assert.deepEqual([bodies(bob), eve.told()], [[["ann", 2]], []]);
  });

  for (const resumable of [true, false]) {
    test(`refuse a signal the other has no word for, where that one can ${resumable ? "" : "not "}resume`, async () => {
      const terse: Dialect = {
        ...foreign,
        resumable,
        open(handshake, mint) {
          const codec = foreign.open(handshake, mint);
          return alteredCodec(codec, {
            encode: (event, seq, now) =>
              event.type === "signaled" ? [] : codec.encode(event, resumable ? seq : 1, now),
          });
        },
      };
      const { box, ann } = await three();
      const eve = peerOn(box.hub, terse);
      eve.ask({ type: "join", room: "r", id: "eve" });
      await settled();
      ann.told();
      const refused = ann.answer(ann.ask({ type: "signal", to: "eve", signal: { kind: "bye", call: "c" } }));
      assert.deepEqual([refused.fate, refused.code], ["refused", "not-understood"]);
    });
  }

  test("pass on messages where both take them", async () => {
    const { box, ann } = await three();
    const eve = peerOn(box.hub, foreign);
    eve.ask({ type: "join", room: "r", id: "eve" });
    await settled();
    eve.told();
    ann.ask({ type: "message", body: 1 });
    await settled();
    assert.deepEqual(bodies(eve), [["ann", 1]]);
  });
});
