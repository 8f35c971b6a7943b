// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { foldMs, quietMs } from "./bridge.ts";
import type { Traits } from "./member.ts";
import { fold } from "./sdp.ts";
import { answer, call, candidate, end, offer, receiver } from "./testing/bridge-receiver.ts";
import { chromeOffer, chromeOfferCandidates, completeOffer } from "./testing/descriptions.ts";

const complete: readonly Traits["gives"][] = ["complete"];
const waits: readonly Traits["gives"][] = ["trickle", "after-answer"];

describe("a receiver that takes trickled candidates", () => {
  for (const gives of [...complete, ...waits]) {
    test(`is told a description from a sender that gives ${gives} at once, as it is`, () => {
      const bob = receiver("trickle", { gives });
      bob.send(offer(), "offer");
      bob.send(answer(), "answer");
      assert.deepEqual(bob.told, [offer(), answer()]);
      assert.equal(bob.dueIn, undefined);
    });
  }

  test("is told candidates and their end as they come, once it has the description", () => {
    const bob = receiver("trickle");
    for (const [index, meaning] of [offer(), candidate(1), candidate(2), end].entries())
      bob.send(meaning, `${index}`);
    assert.deepEqual(bob.told, [offer(), candidate(1), candidate(2), end]);
  });

  test("is told candidates that came before their description after it, in their order, and their end last", () => {
    const bob = receiver("trickle");
    bob.send(candidate(1), "c1");
    bob.send(end, "end");
    bob.send(candidate(2), "c2");
    assert.deepEqual(bob.told, []);
    bob.send(offer(), "offer");
    assert.deepEqual(bob.told, [offer(), candidate(1), candidate(2), end]);
    assert.deepEqual(bob.passed, ["offer", "c1", "c2", "end"]);
  });

  test("is not told early candidates of another ICE generation", () => {
    const bob = receiver("trickle");
    bob.send(candidate(1, "old1"), "old");
    bob.send(candidate(2), "new");
    bob.send(offer(), "offer");
    assert.deepEqual(bob.told, [offer(), candidate(2)]);
    assert.deepEqual(bob.passed, ["offer+old", "new"]);
  });

  test("takes an empty candidate for the end of the candidates", () => {
    const bob = receiver("trickle");
    bob.send(offer(), "offer");
    bob.send({ kind: "candidate", call, candidate: "" }, "end");
    assert.deepEqual(bob.told, [offer(), end]);
  });
});

describe("a receiver that takes complete descriptions only", () => {
  test("is told a complete description at once, as it is", () => {
    const bob = receiver("complete", { gives: "complete" });
    bob.send(offer(completeOffer), "offer");
    assert.deepEqual(bob.told, [offer(completeOffer)]);
  });

  test(`is told a trickled description ${quietMs} ms after the last candidate, with all of them folded in`, () => {
    const bob = receiver("complete");
    bob.send(offer(), "offer");
    assert.equal(bob.dueIn, foldMs, "no candidate yet: nothing to be quiet after");
    bob.advance(1_000);
    chromeOfferCandidates.forEach((given, index) => {
      bob.send({ kind: "candidate", call, ...given }, `c${index}`);
      bob.advance(quietMs - 200);
    });
    assert.equal(bob.dueIn, 200);
    bob.advance(199);
    assert.deepEqual(bob.told, []);
    bob.advance(1);
    assert.deepEqual(bob.told, [offer(fold(chromeOffer, chromeOfferCandidates, true))]);
    assert.deepEqual(bob.passed, ["c0+c1+c2+c3+c4+c5+offer"]);
  });

  test(`is told a trickled description after ${foldMs} ms at most, however long candidates keep coming`, () => {
    const bob = receiver("complete");
    bob.send(offer(), "offer");
    for (let number = 1; number < 20; number += 1) {
      bob.advance(100);
      bob.send(candidate(number), `c${number}`);
    }
    bob.advance(99);
    assert.deepEqual(bob.told, []);
    bob.advance(1);
    assert.equal(bob.told.length, 1);
    assert.equal(bob.passed[0]?.split("+").length, 20);
  });

  test("is told a description for which no candidate ever came after the same time, without an end of candidates", () => {
    const bob = receiver("complete");
    bob.send(offer(), "offer");
    bob.advance(foldMs);
    assert.deepEqual(bob.told, [offer()]);
  });

  test("is told the description at once when the candidates have ended", () => {
    const bob = receiver("complete");
    bob.send(offer(), "offer");
    bob.send(candidate(1), "c1");
    bob.send(end, "end");
    assert.deepEqual(bob.passed, ["c1+end+offer"]);
    assert.match(
      bob.told[0]?.kind === "offer" ? bob.told[0].sdp : "",
      /192\.0\.2\.1 5000 typ host\r\na=end-of-candidates\r\n/,
    );
  });

  test("is told at once a description whose candidates came and ended before it", () => {
    const bob = receiver("complete");
    bob.send(candidate(1), "c1");
    bob.send(end, "end");
    bob.send(offer(), "offer");
    assert.deepEqual(bob.passed, ["c1+end+offer"]);
  });

  test("is told a description that brought candidates itself after the quiet time, without a first trickled one", () => {
    const bob = receiver("complete");
    bob.send(offer(completeOffer), "offer");
    assert.equal(bob.dueIn, quietMs);
  });

  test("never waits for candidates that cannot come before its answer", () => {
    const bob = receiver("complete", { gives: "after-answer" });
    bob.send(offer(), "offer");
    assert.deepEqual(bob.told, [offer()]);
    bob.send(candidate(1), "c1");
    assert.deepEqual([...bob.stopped], [["c1", "not-understood"]]);
  });

  test("waits for the candidates of an answer, also where they only come with it", () => {
    for (const gives of waits) {
      const bob = receiver("complete", { gives });
      bob.send(answer(), "answer");
      assert.deepEqual(bob.told, []);
      bob.send(candidate(1, "jRg9"), "c1");
      bob.advance(quietMs);
      assert.deepEqual(bob.passed, ["answer+c1"]);
    }
  });

  test("gets no candidate after its description: the sender is told so", () => {
    const bob = receiver("complete");
    bob.send(offer(), "offer");
    bob.send(end, "end");
    bob.send(candidate(1), "late");
    bob.send(end, "again");
    assert.equal(bob.told.length, 1);
    assert.deepEqual(
      [...bob.stopped],
      [
        ["late", "not-understood"],
        ["again", undefined],
      ],
    );
  });

  test("is told an offer that is renewed while it waits once, in its newest form, with candidates of that form only", () => {
    const bob = receiver("complete");
    const newer = chromeOffer.replaceAll("m7Np", "nEw2");
    bob.send(offer(), "first");
    bob.send(candidate(1), "old");
    bob.send(offer(newer), "second");
    bob.send(candidate(2, "nEw2"), "new");
    bob.advance(foldMs);
    assert.deepEqual(bob.passed, ["first+new+old+second"]);
    const [only] = bob.told;
    assert.deepEqual(
      only,
      offer(fold(newer, [{ candidate: "candidate:2 1 udp 2113937151 192.0.2.2 5000 typ host" }], true)),
    );
  });

  test("is told renegotiations like first offers: each with its own wait", () => {
    const bob = receiver("complete");
    bob.send(offer(), "first");
    bob.advance(foldMs);
    bob.send(offer(`${chromeOffer}a=again\r\n`), "second");
    assert.equal(bob.dueIn, foldMs);
    bob.send(candidate(1), "c1");
    bob.advance(quietMs);
    assert.deepEqual(bob.passed, ["first", "c1+second"]);
  });
});
