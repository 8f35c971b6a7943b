// SPDX-License-Identifier: MIT
/** What somebody on the same network can do to the exchange, and what not. docs/lan.md states it in words. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { sealRate } from "./exchange.ts";
import { sendsMax } from "./machine.ts";
import { packetBytesMax, seal } from "./packet.ts";
import { type FakeLan, fakeLan } from "./testing/fake-lan.ts";
import { lanEnd, theKey } from "./testing/lan-end.ts";

const startS = 1_700_000_000;
const iv = Buffer.alloc(16, 7);
const sentBy = (lan: FakeLan, address: string) => lan.sent.filter(({ from }) => from.address === address);
const sentTo = (lan: FakeLan, address: string) =>
  lan.sent.filter(({ to }) => to !== "everyone" && to.address === address);

describe("an attacker on the LAN without the key", () => {
  test("who replays an offer draws at most five answers for it, however often", async () => {
    const lan = fakeLan((index) => ({ copies: [1 + (index % 3)] }));
    const answerer = await lanEnd(lan, "answerer", "ans");
    const packet = seal({ kind: "offer", sdp: "captured" }, await theKey(), startS, iv);
    const attacker = lan.socket("victim", false);
    for (let count = 0; count < 1_000; count += 1) attacker.send(packet, "everyone");
    await lan.advance(30_000);
    assert.equal(sentBy(lan, "ans").length, sendsMax);
    assert.equal(answerer.made.length, 1);
  });

  test("who replays a packet after its time to live is not heard at all", async () => {
    const lan = fakeLan();
    const answerer = await lanEnd(lan, "answerer", "ans");
    const packet = seal({ kind: "offer", sdp: "captured" }, await theKey(), startS, iv);
    await lan.advance(11_000);
    lan.socket("victim", false).send(packet, "everyone");
    await lan.advance(1_000);
    assert.equal(answerer.exchange.counts.stale, 1);
    assert.equal(sentBy(lan, "ans").length, 0);
  });

  test("who replays an offer from a forged address draws one answer there for each packet, and none by themselves", async () => {
    const lan = fakeLan((index) => ({ copies: index === 1 ? [] : [1] }));
    await lanEnd(lan, "answerer", "ans");
    await lanEnd(lan, "caller", "cal");
    await lan.advance(10);
    const [offer] = lan.sent;
    assert.ok(offer !== undefined);
    lan.socket("victim", false).send(offer.packet, "everyone");
    await lan.advance(4_000);
    assert.equal(sentTo(lan, "victim").length, 1);
    await lan.advance(30_000);
    // Everything that the answerer sends on its own goes to where the offer first came from.
    assert.equal(sentTo(lan, "victim").length, 1);
  });

  test("amplifies at most five times in packets, and five full packets in bytes", async () => {
    const lan = fakeLan();
    await lanEnd(lan, "answerer", "ans", { describe: () => "x".repeat(5_000) });
    const packet = seal({ kind: "offer", sdp: "captured elsewhere" }, await theKey(), startS, iv);
    lan.socket("victim", false).send(packet, "everyone");
    await lan.advance(60_000);
    const answers = sentTo(lan, "victim");
    assert.equal(answers.length, sendsMax);
    const bytes = answers.reduce((sum, { packet }) => sum + packet.length, 0);
    assert.ok(bytes <= sendsMax * packetBytesMax);
  });

  test("who replays an old answer to a new offer is not believed", async () => {
    // The second offer is kept from the answerer.
    const lan = fakeLan((index) => ({ copies: index === 2 ? [] : [1] }));
    await lanEnd(lan, "answerer", "ans");
    const caller = await lanEnd(lan, "caller", "cal");
    await lan.advance(10);
    assert.equal(caller.finished.length, 1);
    const answer = lan.sent[1]?.packet;
    assert.ok(answer !== undefined);
    caller.exchange.restart();
    await lan.advance(10);
    const { from } = lan.sent.at(-1) ?? {};
    assert.ok(from?.address === "cal");
    lan.socket("forged", false).send(answer, from);
    await lan.advance(10);
    assert.equal(caller.finished.length, 1);
    assert.equal(caller.exchange.counts.unexpected, 1);
  });

  test("who floods with junk makes nothing but counts", async () => {
    const lan = fakeLan();
    const answerer = await lanEnd(lan, "answerer", "ans");
    const stranger = lan.socket("far", false);
    for (let count = 0; count < 500; count += 1) stranger.send(Buffer.alloc(200, count), "everyone");
    await lan.advance(1_000);
    assert.equal(sentBy(lan, "ans").length, 0);
    const { counts } = answerer.exchange;
    assert.equal(counts.version + counts["too-short"] + counts.stale, 500);
    assert.equal(counts.taken + counts["wrong-key"], 0);
  });

  test("who floods with packets that look right has only so many of them tried in a second, and calls still come through", async () => {
    const lan = fakeLan();
    const answerer = await lanEnd(lan, "answerer", "ans");
    const stranger = lan.socket("far", false);
    const forged = seal({ kind: "offer", sdp: "?" }, await theKey(), startS, iv);
    forged[30] = (forged[30] ?? 0) ^ 1;
    const flood = 5_000;
    for (let count = 0; count < flood; count += 1) stranger.send(forged, "everyone");
    await lan.advance(10);
    const { counts } = answerer.exchange;
    const tried = counts["wrong-key"];
    assert.ok(tried <= sealRate.burst + sealRate.perSecond / 10, `${tried} seals were tried`);
    assert.equal(tried + counts.flood, flood);
    const caller = await lanEnd(lan, "caller", "cal");
    await lan.advance(100);
    assert.equal(caller.finished.length, 1);
  });
});

describe("an attacker on the LAN with the key", () => {
  test("who sends ever new offers gets five peer connections, and then one in five seconds", async () => {
    const lan = fakeLan();
    const answerer = await lanEnd(lan, "answerer", "ans");
    const key = await theKey();
    const attacker = lan.socket("victim", false);
    for (let second = 0; second < 60; second += 1) {
      for (let count = 0; count < 10; count += 1) {
        const sdp = `offer ${second} ${count}`;
        attacker.send(seal({ kind: "offer", sdp }, key, startS + second, iv), "everyone");
      }
      await lan.advance(1_000);
    }
    assert.ok(answerer.made.length <= 5 + 60 / 5, `${answerer.made.length} connections were made`);
    assert.ok(answerer.exchange.counts["too-often"] > 500);
    assert.ok(sentTo(lan, "victim").length <= sendsMax * answerer.made.length);
  });

  test("who repeats two offers in turn starts each of them once", async () => {
    const lan = fakeLan();
    const answerer = await lanEnd(lan, "answerer", "ans");
    const key = await theKey();
    const attacker = lan.socket("victim", false);
    for (let count = 0; count < 100; count += 1) {
      attacker.send(seal({ kind: "offer", sdp: `captured ${count % 2}` }, key, startS, iv), "everyone");
    }
    await lan.advance(1_000);
    answerer.exchange.restart();
    attacker.send(seal({ kind: "offer", sdp: "captured 1" }, key, startS, iv), "everyone");
    await lan.advance(1_000);
    assert.equal(answerer.made.length, 2);
  });
});
