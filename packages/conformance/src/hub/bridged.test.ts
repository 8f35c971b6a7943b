// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { settled } from "@signalbox/core/testing";
import { assertEmpty, boxWith, dataOf, type NativePeer, part, type Told } from "./box.ts";

const opaque = (to: string, data: unknown, more: object = {}) => ({
  type: "signal",
  to,
  signal: { kind: "opaque", data },
  ...more,
});
const spell = ({ of, fate, code, ttlMs, protocol }: Told) => ({
  of,
  fate,
  ...(code !== undefined && { code }),
  ...(ttlMs !== undefined && { ttlMs }),
  ...(protocol !== undefined && { protocol }),
});
const receipts = (peer: NativePeer) => peer.told("receipt").map(spell);
const dataTo = (peer: NativePeer) => peer.told("signal").map(dataOf);

/** Returns with a session on a new line. */
const comeBack = (
  box: ReturnType<typeof boxWith>,
  welcome: Told | undefined,
  incarnation: number,
  seen: number,
): NativePeer => {
  const line = box.line();
  line.line.send({ type: "resume", session: welcome?.session, token: welcome?.token, incarnation, seen });
  return line;
};

describe("a signal to a peer that takes complete descriptions only", () => {
  const offer = {
    type: "signal",
    to: "bob",
    signal: { kind: "offer", call: "c", sdp: "v=0\r\nm=video 9 X 1\r\n" },
  };
  const candidate = (number: number) => ({
    type: "signal",
    to: "bob",
    signal: {
      kind: "candidate",
      call: "c",
      candidate: { candidate: `candidate:${number} 1 udp 1 192.0.2.${number} 9 typ host`, sdpMLineIndex: 0 },
    },
  });
  const complete = async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const bob = await box.peer("bob", { trickle: false });
    const [welcome] = bob.told("welcome");
    ann.told();
    return { box, ann, bob, welcome };
  };

  test("is `queued` while candidates are gathered, and `sent` with the description that holds it", async () => {
    const { box, ann, bob } = await complete();
    ann.ask(offer);
    ann.ask(candidate(1));
    assert.deepEqual(
      receipts(ann).map(({ fate, ttlMs }) => [fate, ttlMs]),
      [
        ["queued", 2_000],
        ["queued", 300],
      ],
    );
    box.parts.clock.advance(300);
    assert.deepEqual(
      receipts(ann).map(({ fate }) => fate),
      ["sent", "sent"],
    );
    const [signal] = bob.told("signal");
    assert.match(String(part(signal, "signal").sdp), /192\.0\.2\.1 9 typ host\r\na=end-of-candidates/);
  });

  test("has each part of it accounted for where the target is away, returns and acknowledges", async () => {
    const { box, ann, bob, welcome } = await complete();
    const first = ann.ask(offer);
    const second = ann.ask({ ...candidate(1), receipt: "delivered" });
    ann.told();
    bob.line.drop();
    box.parts.clock.advance(300);
    assert.deepEqual(
      receipts(ann).map(({ of, fate }) => [of, fate]),
      [
        [first, "queued"],
        [second, "queued"],
      ],
    );
    const back = comeBack(box, welcome, 2, 2);
    assert.deepEqual(
      receipts(ann).map(({ of, fate }) => [of, fate]),
      [
        [first, "sent"],
        [second, "sent"],
      ],
    );
    const [signal] = back.told("signal");
    assert.equal(signal?.ack, true);
    back.line.send({ type: "ack", seen: signal?.seq });
    assert.deepEqual(
      receipts(ann).map(({ of, fate }) => [of, fate]),
      [[second, "delivered"]],
    );
  });

  test("is `refused` as expired when the target's session ends while it waits", async () => {
    const { ann, bob } = await complete();
    ann.ask(offer);
    ann.told();
    bob.line.send({ type: "end" });
    await settled();
    assert.deepEqual(
      receipts(ann).map(({ fate, code }) => [fate, code]),
      [["refused", "expired"]],
    );
  });

  test("is passed on whole where nothing has to be folded in, fields that nobody knows included", async () => {
    const { ann, bob } = await complete();
    const signal = { kind: "bye", call: "c", reason: "done", signer: "k", extra: [1, { a: null }] };
    ann.ask({ ...offer, signal });
    assert.deepEqual(
      bob.told("signal").map((frame) => frame.signal),
      [signal],
    );
  });

  test("does not count against the bound of calls once its call is over", async () => {
    const box = boxWith({ limits: { callsPerSession: 2 } });
    const ann = await box.peer("ann");
    await box.peer("bob", { trickle: false });
    const first = ann.ask(offer);
    for (let number = 0; number < 5; number += 1) {
      ann.ask({ ...offer, signal: { ...offer.signal, call: `short ${number}` } });
      ann.ask({ ...offer, signal: { kind: "bye", call: `short ${number}` } });
    }
    ann.told();
    box.parts.clock.advance(2_000);
    assert.deepEqual(
      receipts(ann).map(({ of, fate }) => [of, fate]),
      [[first, "sent"]],
    );
  });

  test("gives way to newer calls at the bound, and its sender is told", async () => {
    const box = boxWith({ limits: { callsPerSession: 2 } });
    const ann = await box.peer("ann");
    await box.peer("bob", { trickle: false });
    ann.told();
    const asked = [1, 2, 3].map((call) =>
      ann.ask({ ...offer, signal: { ...offer.signal, call: `c${call}` } }),
    );
    const told = receipts(ann);
    assert.deepEqual(
      told.filter(({ fate }) => fate === "queued").map(({ of }) => of),
      asked,
    );
    assert.deepEqual(
      told.filter(({ code }) => code === "mailbox-full").map(({ of }) => of),
      [asked[0]],
    );
  });

  test("may be opaque: within one protocol it passes as it is", async () => {
    const { ann, bob } = await complete();
    ann.ask(opaque("bob", { any: "thing" }));
    assert.deepEqual(
      receipts(ann).map(({ fate }) => fate),
      ["sent"],
    );
    assert.deepEqual(dataTo(bob), [{ any: "thing" }]);
  });

  test("is refused with the reason where there is no kind of media in common", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    await box.peer("bob", { trickle: false, media: ["audio"] });
    ann.told();
    ann.ask(offer);
    const [receipt] = ann.told("receipt");
    assert.deepEqual([receipt?.fate, receipt?.code], ["refused", "media-mismatch"]);
    assert.match(String(receipt?.sentence), /takes audio only; this offer has video only\.$/);
  });

  test("is not touched by a third peer that knows the call: each pair has its own", async () => {
    const { box, ann, bob } = await complete();
    const eve = await box.peer("eve");
    ann.ask(offer);
    eve.ask({ ...offer, signal: { kind: "bye", call: "c" } });
    eve.ask({ ...offer, signal: { kind: "answer", call: "c", sdp: "v=0\r\n" } });
    ann.ask({ ...offer, signal: { kind: "end-of-candidates", call: "c" } });
    assert.deepEqual(
      bob.told("signal").map((frame) => [frame.from, part(frame, "signal").kind]),
      [
        ["eve", "bye"],
        ["ann", "offer"],
      ],
    );
  });

  test("leaves no timer behind when everybody has gone", async () => {
    const { box, ann, bob } = await complete();
    ann.ask(offer);
    ann.ask({ ...candidate(1), signal: { ...candidate(1).signal, call: "early" } });
    ann.line.send({ type: "end" });
    bob.line.send({ type: "end" });
    await assertEmpty(box);
  });
});
