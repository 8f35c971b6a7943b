// SPDX-License-Identifier: MIT
/** Both roles against recordings of the original; transcripts/ says how they were made. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { completeDescription } from "./complete-description.ts";
import { offerSlackMs, resendMs, sendsMax } from "./machine.ts";
import { open, packetBytes, packetBytesMax, seal } from "./packet.ts";
import { systemGround } from "./system-ground.ts";
import { type FakeLan, fakeLan } from "./testing/fake-lan.ts";
import { lanEnd, theKey, told } from "./testing/lan-end.ts";
import { lanAt, play, type Recorded, transcript } from "./testing/transcript.ts";
import { makeConnection } from "./testing/wrtc.ts";

const messageOf = async ({ packet, unixS }: Recorded) => {
  const message = open(packet, await theKey(), unixS);
  assert.ok(typeof message !== "string", `a recorded packet is ${String(message)}`);
  return message;
};

describe("our answerer and the original's caller", () => {
  test("understand each other: each of its repeats gets the stored answer, its new offer a new one", async () => {
    const recorded = transcript("caller-alone");
    const lan = lanAt(recorded);
    const answerer = await lanEnd(lan, "answerer", "ans");
    const original = lan.socket("original", false);
    await play(lan, recorded, (packet) => original.send(packet, "everyone"));
    assert.equal(answerer.made.length, 2);
    assert.ok(answerer.made.every((answer) => answer.includes("m=video")));
    const { counts } = answerer.exchange;
    assert.equal(counts.taken + counts.unexpected, recorded.length);
    const answers = lan.sent.filter(({ from }) => from.address === "ans");
    // Five for the first offer; for the second one at once, and one for its repeat.
    assert.equal(answers.length, sendsMax + 2);
  });

  test("agree on media: a real peer connection answers the recorded offer in one datagram", async (context) => {
    const [offered] = transcript("caller-answered");
    assert.ok(offered !== undefined);
    const { kind, sdp } = await messageOf(offered);
    assert.equal(kind, "offer");
    const connection = makeConnection();
    context.after(() => connection.close());
    const answer = await completeDescription(connection, sdp, 5_000, systemGround);
    assert.match(answer, /m=video/);
    assert.ok(packetBytes({ kind: "answer", sdp: answer }) <= packetBytesMax);
  });
});

describe("our caller and the original's answerer", () => {
  test("understand each other: the first of its five answers is applied, the others change nothing", async () => {
    const recorded = transcript("answerer-unheard");
    const lan = lanAt(recorded);
    const caller = await lanEnd(lan, "caller", "cal");
    const original = lan.socket("original", true);
    await lan.advance(0);
    const callerAt = lan.sent[0]?.from;
    assert.ok(callerAt !== undefined);
    await play(lan, recorded, (packet) => original.send(packet, callerAt));
    assert.equal(caller.finished.length, 1);
    assert.match(caller.finished[0]?.answer ?? "", /m=video/);
    assert.deepEqual([caller.exchange.counts.taken, caller.exchange.counts.unexpected], [1, sendsMax - 1]);
  });

  test("write the same: what it was recorded to receive and to send both open, one description a datagram", async () => {
    for (const name of ["caller-answered", "answerer-unheard"]) {
      const kinds = await Promise.all(transcript(name).map(async (row) => (await messageOf(row)).kind));
      assert.deepEqual(kinds, ["offer", ...kinds.slice(1).map(() => "answer")]);
    }
  });
});

describe("our caller beside the original's", () => {
  test("sends as often and begins anew after as many, a moment later each time", async () => {
    const recorded = transcript("caller-alone");
    const offers = await Promise.all(recorded.map(messageOf));
    const lan = lanAt(recorded);
    await lanEnd(lan, "caller", "cal");
    await lan.advance((recorded.at(-1)?.at ?? 0) + recorded.length * offerSlackMs);
    const ours = await told(lan);
    const numbers = (texts: readonly string[]) => texts.map((text) => [...new Set(texts)].indexOf(text));
    assert.deepEqual(numbers(ours.map(([, sdp]) => sdp)), numbers(offers.map(({ sdp }) => sdp)));
    for (const [index, { at }] of recorded.entries()) {
      assert.ok(Math.abs((ours[index]?.[0] ?? Number.NaN) - at) <= 300, `packet ${index}`);
    }
  });

  test("is repeated to by an original answerer whose answer was lost, though that one speaks only after five seconds without a datagram", async () => {
    // The first answer is lost. Everything else takes up to 40 ms.
    const lan = fakeLan((index) => ({ copies: index === 1 ? [] : [index % 2 === 0 ? 1 : 40] }));
    const caller = await lanEnd(lan, "caller", "cal");
    await originalAnswerer(lan);
    await lan.advance(resendMs + 200);
    assert.equal(caller.finished.length, 1);
    assert.equal(lan.sent.filter(({ from }) => from.address === "cal").length, 1);
  });
});

/** The original's answerer as it was observed: it answers one offer, ignores repeats, and each datagram starts its wait anew. */
const originalAnswerer = async (lan: FakeLan) => {
  const key = await theKey();
  const socket = lan.socket("original", true);
  let answer: (() => void) | undefined;
  let cancel = () => {};
  const wait = () => {
    cancel();
    cancel = lan.after(resendMs, () => {
      answer?.();
      wait();
    });
  };
  socket.onDatagram = (packet, from) => {
    wait();
    const message = open(packet, key, Math.floor(lan.now() / 1000));
    if (answer !== undefined || typeof message === "string") return;
    const sdp = `answer to ${message.sdp}`;
    answer = () =>
      socket.send(seal({ kind: "answer", sdp }, key, Math.floor(lan.now() / 1000), lan.random(16)), from);
    answer();
  };
};
