// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { completeOffer } from "@signalbox/core/testing";
import fc from "fast-check";
import { runExchange } from "./exchange.ts";
import { open, seal } from "./packet.ts";
import { fakeLan } from "./testing/fake-lan.ts";
import { lanEnd, theKey, told } from "./testing/lan-end.ts";

describe("the broadcast exchange", () => {
  test("needs one offer and one answer where nothing is lost", async () => {
    const lan = fakeLan();
    const answerer = await lanEnd(lan, "answerer", "ans");
    const caller = await lanEnd(lan, "caller", "cal");
    await lan.advance(100);
    assert.deepEqual(caller.finished, [
      { offer: "offer 1 of cal", answer: "answer of ans to offer 1 of cal" },
    ]);
    assert.deepEqual(await told(lan), [
      [0, "offer 1 of cal"],
      [1, "answer of ans to offer 1 of cal"],
    ]);
    assert.equal(answerer.exchange.counts.taken, 1);
  });

  test("a caller that nobody hears offers five times, five seconds and a moment apart, and then anew", async () => {
    const lan = fakeLan();
    await lanEnd(lan, "caller", "cal");
    await lan.advance(26_000);
    assert.deepEqual(await told(lan), [
      [0, "offer 1 of cal"],
      [5_050, "offer 1 of cal"],
      [10_100, "offer 1 of cal"],
      [15_150, "offer 1 of cal"],
      [20_200, "offer 1 of cal"],
      [25_250, "offer 2 of cal"],
    ]);
  });

  test("an answerer that is not heard answers five times in all, and then waits for whoever calls next", async () => {
    const lan = fakeLan((index) => ({ copies: index === 0 ? [1] : [] }));
    await lanEnd(lan, "answerer", "ans");
    const stranger = lan.socket("far", false);
    stranger.send(
      seal({ kind: "offer", sdp: "hello" }, await theKey(), 1_700_000_000, Buffer.alloc(16)),
      "everyone",
    );
    await lan.advance(60_000);
    assert.deepEqual(
      (await told(lan)).slice(1).map(([at]) => at),
      [1, 5_101, 10_201, 15_301, 20_401],
    );
  });

  test("a repeated offer gets the stored answer at once, so a lost answer is mended at the caller's next send", async () => {
    const lan = fakeLan((index) => ({ copies: index === 1 ? [] : [1] }));
    const answerer = await lanEnd(lan, "answerer", "ans");
    const caller = await lanEnd(lan, "caller", "cal");
    await lan.advance(4_999);
    assert.deepEqual(caller.finished, []);
    await lan.advance(100);
    assert.equal(caller.finished.length, 1);
    assert.equal(answerer.made.length, 1);
  });

  test("a new offer takes the place of an old one", async () => {
    const lan = fakeLan();
    const answerer = await lanEnd(lan, "answerer", "ans");
    const first = await lanEnd(lan, "caller", "one");
    await lan.advance(100);
    const second = await lanEnd(lan, "caller", "two");
    await lan.advance(100);
    assert.equal(first.finished.length, 1);
    assert.deepEqual(second.finished, [
      { offer: "offer 1 of two", answer: "answer of ans to offer 1 of two" },
    ]);
    assert.equal(answerer.made.length, 2);
  });

  test("an answer that takes long to make is not sent once a newer offer came", async () => {
    const lan = fakeLan();
    let finishFirst = () => {};
    await lanEnd(lan, "answerer", "ans", {
      describe: (count, offer) =>
        count > 1 || finishFirst !== noop
          ? `answer to ${offer}`
          : new Promise((resolve) => {
              finishFirst = () => resolve(`late answer to ${offer}`);
            }),
    });
    finishFirst = noop;
    await lanEnd(lan, "caller", "one");
    await lan.advance(10);
    const second = await lanEnd(lan, "caller", "two");
    await lan.advance(10);
    finishFirst();
    await lan.advance(10);
    assert.equal(second.finished[0]?.answer, "answer to offer 1 of two");
    assert.ok((await told(lan)).every(([, sdp]) => !sdp.startsWith("late")));
  });

  test("several answerers share a port, and each takes only what is for it", async () => {
    const lan = fakeLan();
    const left = await lanEnd(lan, "answerer", "left");
    const right = await lanEnd(lan, "answerer", "right", { id: "studio-8" });
    const caller = await lanEnd(lan, "caller", "cal", { id: "studio-8" });
    await lan.advance(100);
    assert.equal(caller.finished[0]?.answer, "answer of right to offer 1 of cal");
    assert.equal(left.exchange.counts["wrong-key"], 1);
    assert.equal(left.made.length, 0);
    assert.equal(right.made.length, 1);
  });

  test("of several answerers with one id the first to answer gets the call", async () => {
    const lan = fakeLan((index) => ({ copies: [index === 1 ? 50 : 10] }));
    await lanEnd(lan, "answerer", "left");
    await lanEnd(lan, "answerer", "right");
    const caller = await lanEnd(lan, "caller", "cal");
    await lan.advance(1_000);
    assert.deepEqual(
      caller.finished.map(({ answer }) => answer),
      ["answer of right to offer 1 of cal"],
    );
    assert.equal(caller.exchange.counts.unexpected, 1);
  });

  test("an answer to an earlier offer finds nobody: every offer goes out from a port of its own", async () => {
    // The first offer arrives, its answer only after the caller has begun anew.
    const lan = fakeLan((index) => ({ copies: index === 0 ? [1] : index === 1 ? [25_260] : [] }));
    await lanEnd(lan, "answerer", "ans");
    const caller = await lanEnd(lan, "caller", "cal");
    await lan.advance(26_000);
    assert.deepEqual(caller.made, ["offer 1 of cal", "offer 2 of cal"]);
    assert.deepEqual(caller.finished, []);
    const ports = new Set(lan.sent.filter(({ to }) => to === "everyone").map(({ from }) => from.port));
    assert.equal(ports.size, 2);
  });

  test("a caller that cannot make an offer, or apply an answer, says so and begins anew after five seconds", async () => {
    const lan = fakeLan();
    await lanEnd(lan, "answerer", "ans");
    const caller = await lanEnd(lan, "caller", "cal", {
      describe(count) {
        if (lan.now() < lan.start + 5_000) throw new Error("no camera");
        return `offer ${count}`;
      },
      apply() {
        if (lan.now() < lan.start + 10_000) throw new Error("not an answer");
      },
    });
    await lan.advance(20_000);
    assert.deepEqual(
      caller.problems.map((problem) => problem.code === "negotiation" && String(problem.error)),
      ["Error: no camera", "Error: not an answer"],
    );
    assert.deepEqual(
      caller.finished.map(({ answer }) => answer),
      ["answer of ans to offer 2"],
    );
  });

  test("a caller whose next socket cannot be opened says so and tries again", async () => {
    const lan = fakeLan();
    const made: string[] = [];
    const problems: string[] = [];
    let opened = 0;
    await runExchange({
      role: "caller",
      key: await theKey(),
      ground: lan,
      async openSocket() {
        opened += 1;
        if (opened === 2) throw new Error("no ports left");
        return lan.socket("cal", false);
      },
      onProblem: (problem) => problems.push(problem.code),
      negotiator: {
        async begin() {
          made.push("offer");
          return `offer ${made.length}`;
        },
        async finish() {},
      },
    });
    await lan.advance(31_000);
    assert.deepEqual(problems, ["network"]);
    assert.deepEqual((await told(lan)).slice(4), [
      [20_200, "offer 1"],
      [30_250, "offer 2"],
    ]);
  });

  test("a description too large for a datagram is told with its size and what to trim, once, and is not sent", async () => {
    const lan = fakeLan();
    const noise = Buffer.concat(
      Array.from({ length: 50 }, (_, index) => createHash("sha256").update(`${index}`).digest()),
    );
    const { problems } = await lanEnd(lan, "caller", "cal", {
      describe: () => `v=0\r\ns=${noise.toString("base64")}\r\n`,
    });
    await lan.advance(20_500);
    const [problem, ...more] = problems;
    assert.ok(problem?.code === "too-large");
    assert.ok(problem.bytes > problem.max && problem.advice.includes("candidates"));
    assert.equal(more.length, 0);
    assert.equal(lan.sent.length, 0);
  });

  test("a description that fits once something is left out of it is sent so, and told", async () => {
    const lan = fakeLan();
    const lines = Array.from({ length: 60 }, (_, index) => {
      const foundation = createHash("sha256").update(`${index}`).digest("hex");
      return `a=candidate:${foundation} 1 tcp 1 192.0.2.7 ${1_000 + index} typ host tcptype passive\r\n`;
    });
    const described = completeOffer.replace("a=end-of-candidates", `${lines.join("")}a=end-of-candidates`);
    const trimming = await lanEnd(lan, "caller", "cal", { describe: () => described });
    const plain = await lanEnd(lan, "caller", "plain", { describe: () => described, trims: false });
    await lan.advance(10);
    assert.deepEqual(
      trimming.problems.map((problem) => problem.code === "trimmed" && problem.leftOut),
      [["candidates over TCP"]],
    );
    assert.deepEqual(
      plain.problems.map(({ code }) => code),
      ["too-large"],
    );
    const [[, sdp] = []] = await told(lan);
    assert.match(sdp ?? "", /a=candidate:/);
    assert.doesNotMatch(sdp ?? "", / tcp /);
    assert.equal(lan.sent.length, 1);
  });

  test("ends in one finished call under any loss, doubling and delay that leaves a way, and never takes an answer for another offer", async () => {
    const fate = fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 2 });
    await fc.assert(
      fc.asyncProperty(fc.array(fate, { minLength: 1, maxLength: 12 }), async (fates) => {
        // What comes after the drawn fates arrives: the network recovers in the end.
        const lan = fakeLan((index) => ({ copies: fates[index] ?? [1] }));
        const answerer = await lanEnd(lan, "answerer", "ans");
        const caller = await lanEnd(lan, "caller", "cal");
        await lan.advance(200_000);
        assert.ok(caller.finished.length > 0, "no call came about");
        for (const { offer, answer } of caller.finished) assert.equal(answer, `answer of ans to ${offer}`);
        const offers = caller.finished.map(({ offer }) => offer);
        assert.equal(new Set(offers).size, offers.length, "an offer was finished twice");
        assert.deepEqual([...caller.problems, ...answerer.problems], []);
        caller.exchange.stop();
        answerer.exchange.stop();
        // A datagram on its way may still arrive.
        await lan.advance(40_000);
        assert.equal(lan.pending, 0, "a timer was left behind");
      }),
      { numRuns: 200 },
    );
  });

  test("once the call stands nobody can take its place, until it is in doubt or fails", async () => {
    for (const reopen of ["listen", "restart"] as const) {
      const lan = fakeLan();
      const answerer = await lanEnd(lan, "answerer", "ans");
      await lanEnd(lan, "caller", "one");
      await lan.advance(100);
      answerer.exchange.settle();
      const late = await lanEnd(lan, "caller", "two");
      await lan.advance(4_000);
      assert.equal(late.finished.length, 0);
      answerer.exchange[reopen]();
      await lan.advance(2_000);
      assert.equal(late.finished[0]?.answer, "answer of ans to offer 1 of two");
    }
  });

  test("a settled exchange sends nothing more and keeps no timer", async () => {
    const lan = fakeLan();
    const answerer = await lanEnd(lan, "answerer", "ans");
    const caller = await lanEnd(lan, "caller", "cal");
    await lan.advance(100);
    answerer.exchange.settle();
    caller.exchange.settle();
    const before = lan.sent.length;
    await lan.advance(60_000);
    assert.equal(lan.sent.length, before);
    assert.equal(lan.pending, 0);
  });

  test("every packet carries the time it was sent at", async () => {
    const lan = fakeLan();
    await lanEnd(lan, "caller", "cal");
    await lan.advance(21_000);
    const key = await theKey();
    for (const { at, packet } of lan.sent) {
      const nowS = Math.floor((lan.start + at) / 1000);
      assert.notEqual(open(packet, key, nowS), "stale");
      assert.equal(open(packet, key, nowS - 61), "stale");
      assert.equal(open(packet, key, nowS + 11), "stale");
    }
  });
});

const noop = () => {};
