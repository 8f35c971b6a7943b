// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { abandon, earlyMs, foldMs, mismatch } from "./bridge.ts";
import type { MediaKind } from "./member.ts";
import { explain } from "./refusal.ts";
import { answer, bye, candidate, end, offer, receiver, traits } from "./testing/bridge-receiver.ts";
import { chromeAnswer, chromeOffer, completeOffer } from "./testing/descriptions.ts";

describe("a repeated description", () => {
  for (const takes of ["trickle", "complete"] as const) {
    test(`is told once to a receiver that takes ${takes}, whether the first is on its way or not`, () => {
      const bob = receiver(takes);
      bob.send(offer(), "first");
      bob.send(offer(), "retry");
      bob.advance(foldMs);
      bob.send(offer(), "late");
      assert.equal(bob.told.length, 1);
      bob.send(answer(), "answer");
      bob.send(answer(), "answer again");
      bob.advance(foldMs);
      bob.send(answer(), "answer late");
      assert.equal(bob.told.length, 2);
      assert.equal(bob.stopped.get("late"), undefined);
    });
  }

  test("shares the fate of the first one while that waits", () => {
    const bob = receiver("complete");
    bob.send(offer(), "first");
    bob.send(offer(), "retry");
    bob.advance(foldMs);
    assert.deepEqual(bob.passed, ["first+retry"]);
    assert.deepEqual([...bob.stopped], []);
  });
});

describe("a call with a shared id", () => {
  test("is answered by whoever answers first; the others are told so, and only they", () => {
    const bob = receiver("trickle");
    bob.send(candidate(9, "jRg9"), "early", "cid");
    bob.send(answer(), "answer", "ann");
    bob.send(answer(`${chromeAnswer}a=other\r\n`), "other", "cid");
    bob.send(candidate(1, "jRg9"), "c1", "cid");
    bob.send(end, "end", "cid");
    bob.send(bye, "bye", "cid");
    bob.send(candidate(2, "jRg9"), "c2", "ann");
    assert.deepEqual(bob.passed, ["answer", "c2"]);
    for (const tag of ["other", "c1", "end", "bye"]) assert.equal(bob.stopped.get(tag), "answered-elsewhere");
  });

  test("may be renegotiated by an offer from anyone that has it", () => {
    const bob = receiver("trickle");
    bob.send(answer(), "answer", "ann");
    bob.send(offer(), "offer", "cid");
    assert.deepEqual(bob.passed, ["answer", "offer"]);
  });

  test("goes on when one of them declines, and is over when the one that answered leaves it", () => {
    const bob = receiver("trickle");
    bob.send(candidate(1, "jRg9"), "early", "cid");
    bob.send(candidate(2, "jRg9"), "early too", "dan");
    bob.send(bye, "no", "ann");
    assert.equal(bob.over, false);
    bob.send(answer(), "answer", "cid");
    assert.deepEqual(bob.passed, ["no", "answer", "early"]);
    bob.send(bye, "bye", "cid");
    assert.equal(bob.over, true);
    assert.equal(bob.stopped.get("early too"), "answered-elsewhere");
  });
});

describe("the end of a call", () => {
  test("is told after what was held back for it", () => {
    const bob = receiver("complete");
    bob.send(offer(), "offer");
    bob.send(candidate(1), "c1");
    bob.send(bye, "bye");
    assert.deepEqual(bob.passed, ["c1+offer", "bye"]);
    assert.equal(bob.over, true);
    assert.equal(bob.dueIn, undefined);
  });

  test("leaves candidates without a description untold, and loses nothing by that", () => {
    const bob = receiver("trickle");
    bob.send(candidate(1), "c1");
    bob.send(bye, "bye");
    assert.deepEqual(bob.passed, ["bye"]);
    assert.deepEqual([...bob.stopped], [["c1", undefined]]);
  });

  test("is told even where nothing came before it", () => {
    const bob = receiver("complete");
    bob.send(bye, "bye");
    assert.deepEqual(bob.told, [bye]);
    assert.equal(bob.over, true);
  });

  test("may be forced: whatever waits is handed out with the reason", () => {
    const bob = receiver("complete");
    bob.send(offer(), "offer", "ann");
    bob.send(candidate(1), "c1", "ann");
    bob.send(candidate(2), "c2", "cid");
    bob.send(end, "end", "cid");
    const left = abandon(bob.state, { code: "expired" });
    assert.deepEqual(left.map(({ tag }) => tag).sort(), ["c1", "c2", "end", "offer"]);
    assert.ok(left.every(({ why }) => why?.code === "expired"));
  });
});

describe("the bounds of a call", () => {
  test("so many candidates wait, and no more", () => {
    for (const description of [undefined, offer()]) {
      const bob = receiver("complete", { heldMax: 3 });
      if (description !== undefined) bob.send(description, "offer");
      for (let number = 1; number <= 4; number += 1) bob.send(candidate(number), `c${number}`);
      assert.deepEqual([...bob.stopped], [["c4", "mailbox-full"]]);
    }
  });

  test("so many retries share one fate, and no more", () => {
    const bob = receiver("complete", { heldMax: 3 });
    for (let count = 1; count <= 5; count += 1) bob.send(offer(), `o${count}`);
    assert.deepEqual(
      [...bob.stopped],
      [
        ["o4", "mailbox-full"],
        ["o5", "mailbox-full"],
      ],
    );
    const cid = receiver("complete", { heldMax: 3 });
    for (let count = 1; count <= 5; count += 1)
      cid.send(offer(`${chromeOffer}a=x:${count}\r\n`), `o${count}`);
    assert.deepEqual(
      [...cid.stopped],
      [
        ["o1", "mailbox-full"],
        ["o2", "mailbox-full"],
      ],
    );
  });

  test("so many sessions speak in it, and no more", () => {
    const bob = receiver("trickle", { heldMax: 2 });
    for (const from of ["ann", "cid", "dan"]) bob.send(offer(), from, from);
    assert.deepEqual([...bob.stopped], [["dan", "mailbox-full"]]);
    bob.send(candidate(1), "c1", "ann");
    assert.deepEqual(bob.passed, ["ann", "cid", "c1"]);
  });

  test(`candidates whose description does not come are given up after ${earlyMs} ms, and with them the call`, () => {
    const bob = receiver("trickle");
    bob.send(candidate(1), "c1");
    bob.advance(1_000);
    bob.send(candidate(2), "c2");
    bob.send(end, "end");
    assert.equal(bob.dueIn, earlyMs - 1_000);
    bob.advance(earlyMs - 1_001);
    assert.deepEqual([...bob.stopped], []);
    bob.advance(1);
    assert.deepEqual(
      [...bob.stopped],
      [
        ["c1", "expired"],
        ["c2", "expired"],
        ["end", "expired"],
      ],
    );
    assert.equal(bob.over, true);
    assert.equal(bob.state.legs.size, 0);
  });
});

describe("kinds of media", () => {
  const to = (media: readonly MediaKind[]) => ({
    protocol: "flitter",
    traits: traits("complete", "complete", media),
  });

  test("an offer with one kind in common crosses", () => {
    assert.equal(mismatch(chromeOffer, to(["video"])), undefined);
    assert.equal(mismatch(completeOffer, to(["audio", "video"])), undefined);
  });

  test("an offer that states no kind crosses: who cannot read it refuses nothing", () => {
    assert.equal(mismatch("not a description", to(["video"])), undefined);
  });

  const data = "v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n";
  const sentences: readonly (readonly [string, readonly MediaKind[], string])[] = [
    [data, ["video"], "A flitter peer takes video only; this offer has a data channel only."],
    [
      data,
      ["audio", "video"],
      "A flitter peer takes audio and video only; this offer has a data channel only.",
    ],
    [completeOffer, ["application"], "A flitter peer takes a data channel only; this offer has video only."],
    [completeOffer, [], "A flitter peer takes nothing; this offer has video only."],
  ];
  for (const [sdp, media, sentence] of sentences) {
    test(`otherwise the refusal says why: ${sentence}`, () => {
      const why = mismatch(sdp, to(media));
      assert.equal(why?.code, "media-mismatch");
      assert.ok(explain(why).endsWith(sentence), explain(why));
    });
  }

  test("a refused offer leaves no trace: a better one in the same call crosses", () => {
    const bob = receiver("complete", { gives: "complete", media: ["video"] });
    bob.send(offer(data), "data");
    bob.send(offer(completeOffer), "video");
    assert.deepEqual([...bob.stopped], [["data", "media-mismatch"]]);
    assert.deepEqual(bob.passed, ["video"]);
  });
});
