// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  abandon,
  type Bridged,
  bridge,
  type Call,
  earlyMs,
  foldMs,
  newCall,
  ripen,
  ripensAt,
} from "./bridge.ts";
import type { CallId, SessionId } from "./ids.ts";
import type { Traits } from "./member.ts";
import type { Meaning } from "./signal.ts";

const call = "call" as CallId;
const senders = ["ann", "cid", "dan"] as const;

const sdp = fc
  .record({ version: fc.nat(2), candidates: fc.boolean(), data: fc.boolean() })
  .map(({ version, candidates, data }) =>
    [
      "v=0",
      `o=- ${version} 0 IN IP4 0.0.0.0`,
      "a=group:BUNDLE 0",
      `m=${data ? "application" : "video"} 9 X 1`,
      "a=mid:0",
      `a=ice-ufrag:u${version}`,
      ...(candidates ? ["a=candidate:0 1 udp 1 192.0.2.0 9 typ host"] : []),
      "",
    ].join("\r\n"),
  );
const meaning: fc.Arbitrary<Exclude<Meaning, { readonly kind: "opaque" }>> = fc.oneof(
  { weight: 3, arbitrary: sdp.map((text) => ({ kind: "offer" as const, call, sdp: text })) },
  { weight: 3, arbitrary: sdp.map((text) => ({ kind: "answer" as const, call, sdp: text })) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("candidate" as const),
      call: fc.constant(call),
      candidate: fc.oneof(
        {
          weight: 9,
          arbitrary: fc.nat(5).map((number) => `candidate:${number} 1 udp 1 192.0.2.${number} 9 typ host`),
        },
        { weight: 1, arbitrary: fc.constant("") },
      ),
      usernameFragment: fc.constantFrom(null, "u0", "u1", "u2"),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "end-of-candidates" as const, call }) },
  { weight: 1, arbitrary: fc.constant({ kind: "bye" as const, call }) },
);

type Step =
  | {
      readonly do: "send";
      readonly from: (typeof senders)[number];
      readonly meaning: Exclude<Meaning, { readonly kind: "opaque" }>;
    }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "ring" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant("send" as const), from: fc.constantFrom(...senders), meaning }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat(2 * foldMs) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("ring" as const) }) },
);

const receiver: fc.Arbitrary<Traits> = fc.record({
  takes: fc.constantFrom("trickle", "complete"),
  gives: fc.constant("trickle" as const),
  media: fc.constantFrom(["video"], ["video", "application"]),
  messages: fc.constant(true),
});
const gives = fc.constantFrom<Traits["gives"]>("trickle", "complete", "after-answer");

interface Told {
  readonly meaning: Meaning;
  readonly from: string;
  readonly at: number;
}

interface Run {
  readonly told: readonly Told[];
  /** How often each signal was accounted for. */
  readonly accounts: ReadonlyMap<number, number>;
  readonly sent: readonly { readonly from: string; readonly at: number }[];
  readonly longestWait: number;
}

/** Plays the steps, always ringing what is due first, as a hub's clock does; then lets all time pass. */
const play = (steps: readonly Step[], to: Traits, given: Traits["gives"], heldMax: number): Run => {
  let now = 0;
  let state: Call<number> = newCall();
  const told: Told[] = [];
  const accounts = new Map<number, number>();
  const sent: { from: string; at: number }[] = [];
  let longestWait = 0;
  const account = (tag: number) => {
    accounts.set(tag, (accounts.get(tag) ?? 0) + 1);
    longestWait = Math.max(longestWait, now - (sent[tag]?.at ?? 0));
  };
  const take = (bridged: Bridged<number>) => {
    for (const { meaning: one, tags } of bridged.passed) {
      assert.ok(tags.length > 0);
      const authors = new Set(tags.map((tag) => sent[tag]?.from));
      assert.equal(authors.size, 1, "what two senders said was told as one");
      told.push({ meaning: one, from: [...authors][0] ?? "", at: now });
      tags.forEach(account);
    }
    for (const { tag } of bridged.stopped) account(tag);
    state = bridged.over ? newCall() : bridged.call;
    if (bridged.over)
      assert.deepEqual(abandon(bridged.call, { code: "expired" }), [], "an ended call still holds something");
  };
  const ringUntil = (until: number) => {
    let rung = 0;
    for (let due = ripensAt(state); due !== undefined && due <= until; due = ripensAt(state)) {
      assert.ok(++rung <= senders.length, "what was due is still due after it was let go");
      now = Math.max(now, due);
      take(ripen(state, now));
    }
    now = until;
  };
  for (const one of steps) {
    if (one.do === "wait") ringUntil(now + one.ms);
    else if (one.do === "ring") ringUntil(ripensAt(state) ?? now);
    else {
      sent.push({ from: one.from, at: now });
      const from = { session: one.from as SessionId, protocol: "a", traits: { ...to, gives: given } };
      take(
        bridge(state, {
          meaning: one.meaning,
          tag: sent.length - 1,
          from,
          to: { protocol: "b", traits: to },
          heldMax,
          now,
        }),
      );
    }
  }
  ringUntil(now + earlyMs);
  assert.equal(ripensAt(state), undefined, "it never came to rest");
  return { told, accounts, sent, longestWait };
};

const anyRun = (check: (run: Run, to: Traits, given: Traits["gives"]) => void) =>
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40, size: "max" }),
      receiver,
      gives,
      fc.integer({ min: 2, max: 8 }),
      (steps, to, given, heldMax) => check(play(steps, to, given, heldMax), to, given),
    ),
    { numRuns: 1_500 },
  );

test("every signal is told, or stopped with a reason, exactly once", () => {
  anyRun(({ accounts, sent }) => {
    sent.forEach((_, tag) => {
      assert.equal(accounts.get(tag), 1, `signal ${tag}`);
    });
  });
});

test("from each sender a description comes before any candidate", () => {
  anyRun(({ told }) => {
    const described = new Set<string>();
    for (const { meaning: one, from } of told) {
      if (one.kind === "offer" || one.kind === "answer") described.add(from);
      if (one.kind === "candidate" || one.kind === "end-of-candidates")
        assert.ok(described.has(from), `${from} was not described`);
      if (one.kind === "bye") described.delete(from);
    }
  });
});

test("a receiver that takes complete descriptions only is never told a candidate", () => {
  anyRun(({ told }, to) => {
    if (to.takes === "trickle") return;
    for (const { meaning: one } of told)
      assert.ok(one.kind !== "candidate" && one.kind !== "end-of-candidates");
  });
});

test("no description that says its candidates ended is without one", () => {
  anyRun(({ told }) => {
    for (const { meaning: one } of told) {
      if ((one.kind === "offer" || one.kind === "answer") && one.sdp.includes("a=end-of-candidates"))
        assert.match(one.sdp, /^a=candidate:/m);
    }
  });
});

test("until the call is over only one session's answers are told", () => {
  anyRun(({ told }) => {
    let answerer: string | undefined;
    for (const { meaning: one, from } of told) {
      if (one.kind === "bye" && from === answerer) answerer = undefined;
      if (one.kind !== "answer") continue;
      answerer ??= from;
      assert.equal(from, answerer);
    }
  });
});

test("nothing waits longer than is stated", () => {
  anyRun(({ longestWait }) => assert.ok(longestWait <= earlyMs + foldMs, `${longestWait} ms`));
});

test("what may not wait is told in the moment it comes", () => {
  anyRun(({ told, sent }, to, given) => {
    if (to.takes === "complete" && given !== "complete" && given !== "after-answer") return;
    const moments = new Set(sent.map(({ at }) => at));
    for (const { meaning: one, at } of told) {
      if (one.kind === "offer" || (one.kind === "answer" && (to.takes === "trickle" || given === "complete")))
        assert.ok(moments.has(at));
    }
  });
});
