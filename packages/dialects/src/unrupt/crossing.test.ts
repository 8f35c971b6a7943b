// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type CallId,
  type Codec,
  type Command,
  type Decoded,
  type Event,
  type Frame,
  type Meaning,
  type PeerId,
  type RoomName,
  type Sender,
  type SessionId,
  textFrame,
} from "@signalbox/core";
import { handshakeAt } from "@signalbox/core/testing";
import fc from "fast-check";
import { type UnruptMount, unrupt } from "./index.ts";

const room = "hall" as RoomName;
const call = "call-1" as CallId;

const opened = (mount: UnruptMount = {}, target = "/websocket/?finger=ann"): Codec => {
  let minted = 0;
  return unrupt({ room, ...mount }).open(handshakeAt(target), () => `minted${++minted}`);
};

const say = (codec: Codec, frame: object | string): Decoded =>
  codec.decode(textFrame(typeof frame === "string" ? frame : JSON.stringify(frame)), 0);

const onlySignal = (decoded: Decoded): Extract<Command, { type: "signal" }> => {
  const [command, ...more] = decoded.commands;
  assert.equal(more.length, 0);
  assert.equal(command?.type, "signal");
  return command;
};

const meaningOf = (codec: Codec, frame: object): Meaning => onlySignal(say(codec, frame)).signal.meaning();

const texts = (frames: readonly Frame[] | undefined): readonly string[] =>
  (frames ?? []).map((frame) => (frame.kind === "text" ? frame.text : "<binary>"));

const nativePeer = (id: string): Sender => ({
  peer: id as PeerId,
  session: `${id}-stay` as SessionId,
  protocol: "native",
  traits: { takes: "trickle", gives: "trickle", media: ["audio", "video"], messages: true },
  announced: true,
});

const tellSignal = (codec: Codec, from: string, meaning: Meaning, now = 0): readonly string[] =>
  texts(
    codec.encode(
      {
        type: "signaled",
        room,
        from: nativePeer(from),
        signal: { origin: "native", verbatim: textFrame("{}"), meaning: () => meaning },
        wantsDelivery: false,
      },
      0,
      now,
    ),
  );

const candidate = (text: string, index: number | null = 0): Meaning => ({
  kind: "candidate",
  call,
  candidate: text,
  sdpMLineIndex: index,
});

const offered = (retry: number, session: number, sdp = "v=0"): string =>
  JSON.stringify({ to: "ann", retry, from: "web", type: "offer", sdp, session });

describe("unrupt: meanings for peers of other dialects", () => {
  const offer = { to: "web", retry: 5, from: "ann", type: "offer", sdp: "v=0", session: 17 };

  test("an offer and its repetitions are one call, a new session is a new one", () => {
    const codec = opened();
    const first = meaningOf(codec, offer);
    assert.ok(first.kind === "offer");
    assert.equal(first.sdp, "v=0");
    assert.deepEqual(meaningOf(codec, { ...offer, retry: 4 }), first);
    const next = meaningOf(codec, { ...offer, session: 18 });
    assert.ok(next.kind === "offer" && next.call !== first.call);
  });

  test("older pages name no session: the same description is the same call", () => {
    const codec = opened();
    const { session: _, retry: __, ...older } = offer;
    const first = meaningOf(codec, older);
    assert.ok(first.kind === "offer");
    assert.deepEqual(meaningOf(codec, older), first);
    const next = meaningOf(codec, { ...older, sdp: "v=0 other" });
    assert.ok(next.kind === "offer" && next.call !== first.call);
    assert.deepEqual(tellSignal(codec, "web", { kind: "answer", call: next.call, sdp: "v=1" }), [
      JSON.stringify({ to: "ann", retry: 0, from: "web", type: "answer", sdp: "v=1" }),
    ]);
  });

  test("two pages that chose the same session in the same millisecond have two calls", () => {
    let minted = 0;
    const mint = () => `m${++minted}`;
    const calls = ["ann", "eve"].map((finger) => {
      const meaning = meaningOf(
        unrupt({ room }).open(handshakeAt(`/websocket/?finger=${finger}`), mint),
        offer,
      );
      return meaning.kind === "offer" ? meaning.call : undefined;
    });
    assert.notEqual(calls[0], calls[1]);
  });

  test("the answer to the page's offer names its session as it did, once, with the candidates that came too early", () => {
    const codec = opened();
    const meaning = meaningOf(codec, offer);
    assert.ok(meaning.kind === "offer");
    const early: Meaning = {
      kind: "candidate",
      call: meaning.call,
      candidate: "candidate:1",
      sdpMLineIndex: 0,
    };
    assert.deepEqual(tellSignal(codec, "web", early), []);
    const answer: Meaning = { kind: "answer", call: meaning.call, sdp: "v=1" };
    const common = { to: "ann", retry: 0, from: "web" };
    assert.deepEqual(tellSignal(codec, "web", answer), [
      JSON.stringify({ ...common, type: "answer", sdp: "v=1", session: 17 }),
      JSON.stringify({ ...common, type: "candidate", sdp: "candidate:1", session: 17 }),
    ]);
    assert.deepEqual(tellSignal(codec, "web", answer), []);
    assert.deepEqual(tellSignal(codec, "web", early), [
      JSON.stringify({ ...common, type: "candidate", sdp: "candidate:1", session: 17 }),
    ]);
  });

  test("an answer to no offer of the page is not told: the page would stop and ask its user", () => {
    assert.deepEqual(tellSignal(opened(), "web", { kind: "answer", call, sdp: "v=1" }), []);
  });

  test("a candidate of the page is of the first section, an empty one is the last", () => {
    const codec = opened();
    const meaning = meaningOf(codec, offer);
    assert.ok(meaning.kind === "offer");
    const frame = { ...offer, type: "candidate", sdp: "candidate:2 1 udp" };
    assert.deepEqual(meaningOf(codec, frame), {
      kind: "candidate",
      call: meaning.call,
      candidate: "candidate:2 1 udp",
      sdpMLineIndex: 0,
    });
    assert.deepEqual(meaningOf(codec, { ...frame, sdp: "" }), {
      kind: "end-of-candidates",
      call: meaning.call,
    });
  });

  for (const [what, frame] of [
    ["a candidate of no call", { to: "web", type: "candidate", sdp: "candidate:1", session: 1 }],
    ["an answer to no call", { to: "web", type: "answer", sdp: "v=1", session: 1 }],
    ["a toggle", { to: "web", type: "cheatUnruptToggle", sdp: true, session: 1 }],
    ["a |pipe| offer", { to: "web", type: "offer", sdp: { contents: [] }, session: "A-B-1" }],
    [
      "a |pipe| candidate",
      { to: "web", type: "candidate", candidate: { ip: "127.0.0.1" }, session: "A-B-1" },
    ],
    ["a |pipe| introduction", { to: "web", type: "extra", extra: { id: "C" }, session: "A-B-1" }],
    ["an empty description", { to: "web", type: "offer", sdp: "", session: 1 }],
    ["an offer whose session is no name", { to: "web", type: "offer", sdp: "v=0", session: { a: 1 } }],
    ["an offer whose session is not finite", '{"to":"web","type":"offer","sdp":"v=0","session":1e999}'],
    ["a frame without a type", { to: "web" }],
  ] as const) {
    test(`${what} means nothing to others`, () => {
      assert.deepEqual(onlySignal(say(opened(), frame)).signal.meaning(), { kind: "opaque" });
    });
  }
});

describe("unrupt: calls of peers of other dialects", () => {
  const answerFrame = (session: unknown) => ({
    to: "web",
    retry: 0,
    from: "ann",
    type: "answer",
    sdp: "v=1",
    session,
  });

  test("an offer is told as the page itself would have sent it, six times in 10 s steps with a falling retry", () => {
    const codec = opened();
    assert.deepEqual(tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" }, 1_234.5), [
      offered(5, 1_234),
    ]);
    let now = codec.wakeAt?.();
    for (const retry of [4, 3, 2, 1, 0]) {
      assert.equal(now, 1_234.5 + (5 - retry) * 10_000);
      assert.deepEqual(texts(codec.wake?.(now).replies), [offered(retry, 1_234)]);
      now = codec.wakeAt?.();
    }
    assert.equal(now, undefined);
  });

  test("a wake that comes early repeats nothing", () => {
    const codec = opened();
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" });
    assert.deepEqual(codec.wake?.(9_999), { commands: [], replies: [] });
    assert.equal(codec.wakeAt?.(), 10_000);
  });

  test("the page's answer ends the repeating, and all earlier candidates are told again, in the order they came", () => {
    const codec = opened();
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" }, 50);
    const told = (sdp: string) =>
      JSON.stringify({ to: "ann", retry: 0, from: "web", type: "candidate", sdp, session: 50 });
    for (const text of ["candidate:1", "candidate:2"])
      assert.deepEqual(tellSignal(codec, "web", candidate(text)), [told(text)]);
    const decoded = say(codec, answerFrame(50));
    assert.deepEqual(onlySignal(decoded).signal.meaning(), { kind: "answer", call, sdp: "v=1" });
    assert.deepEqual(texts(decoded.replies), [told("candidate:1"), told("candidate:2")]);
    assert.equal(codec.wakeAt?.(), undefined);
    assert.deepEqual(tellSignal(codec, "web", candidate("candidate:3")), [told("candidate:3")]);
  });

  test("the answer to a repeated offer, the second one, does not cross", () => {
    const codec = opened();
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" }, 50);
    say(codec, answerFrame(50));
    const again = say(codec, answerFrame(50));
    assert.deepEqual(onlySignal(again).signal.meaning(), { kind: "opaque" });
    assert.deepEqual(again.replies ?? [], []);
  });

  test("a page that keeps an older session answers under that one, and gets its candidates under it", () => {
    const codec = opened();
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" }, 50);
    tellSignal(codec, "web", candidate("candidate:1"));
    const [text = ""] = texts(say(codec, answerFrame(7)).replies);
    assert.equal(JSON.parse(text).session, 7);
  });

  test("a page that names no session gets the one of the offer", () => {
    const codec = opened();
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" }, 50);
    tellSignal(codec, "web", candidate("candidate:1"));
    const [text = ""] = texts(say(codec, answerFrame(undefined)).replies);
    assert.equal(JSON.parse(text).session, 50);
  });

  test("the page's own candidates may come before its answer, and are of the same call", () => {
    const codec = opened();
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" }, 50);
    const meaning = meaningOf(codec, { ...answerFrame(50), type: "candidate", sdp: "candidate:9" });
    assert.deepEqual(meaning, { kind: "candidate", call, candidate: "candidate:9", sdpMLineIndex: 0 });
  });

  test("no two calls of a connection share a session, even within one millisecond", () => {
    const codec = opened();
    const sessions = ["a", "b", "c"].map((from) => {
      const [text = ""] = tellSignal(codec, from, { kind: "offer", call: from as CallId, sdp: "v=0" }, 0);
      return JSON.parse(text).session;
    });
    assert.equal(new Set(sessions).size, 3);
    assert.ok(sessions.every((session) => session > 0));
  });

  test("an offer within a call that stands keeps its session, and may be answered again", () => {
    const codec = opened();
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" }, 50);
    say(codec, answerFrame(50));
    assert.deepEqual(tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0 restart" }, 99), [
      offered(5, 50, "v=0 restart"),
    ]);
    assert.equal(meaningOf(codec, answerFrame(50)).kind, "answer");
  });

  for (const [what, index, told] of [
    ["of the first section", 0, 1],
    ["that names no section", null, 1],
    ["of the second section", 1, 0],
  ] as const) {
    test(`a candidate ${what} ${told ? "reaches" : "does not reach"} the page`, () => {
      const codec = opened();
      tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" });
      say(codec, answerFrame(1));
      assert.equal(tellSignal(codec, "web", candidate("candidate:1", index)).length, told);
    });
  }

  test("a bye ends the repeating; one of another call does not", () => {
    const codec = opened();
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" });
    tellSignal(codec, "web", { kind: "bye", call: "other" as CallId });
    assert.notEqual(codec.wakeAt?.(), undefined);
    assert.deepEqual(tellSignal(codec, "web", { kind: "bye", call }), []);
    assert.equal(codec.wakeAt?.(), undefined);
  });

  test("a caller that leaves the room ends the repeating; its namesake's stay does not", () => {
    const codec = opened();
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" });
    const left = (session: string): Event => ({
      type: "peerLeft",
      room,
      member: { ...nativePeer("web"), session: session as SessionId, order: 1, services: [] },
      reason: "left",
      roster: () => [],
    });
    codec.encode(left("another-stay"), 0, 0);
    assert.notEqual(codec.wakeAt?.(), undefined);
    codec.encode(left("web-stay"), 0, 0);
    assert.equal(codec.wakeAt?.(), undefined);
  });

  test("only so many candidates are held, and only so many calls remembered", () => {
    const codec = opened({ limits: { heldSignals: 2, callsPerSession: 2 } });
    for (const from of ["a", "b", "web"]) tellSignal(codec, from, { kind: "offer", call, sdp: "v=0" });
    for (const text of ["candidate:1", "candidate:2", "candidate:3"])
      tellSignal(codec, "web", candidate(text));
    assert.equal(say(codec, answerFrame(3)).replies?.length, 2);
    assert.equal(codec.wake?.(10_000).replies?.length, 1);
    assert.equal(meaningOf(codec, { ...answerFrame(1), to: "a" }).kind, "opaque");
  });

  test("an offer told to a page and read by another page's codec is that offer again", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 0 }), (sdp, now) => {
        const [text = ""] = tellSignal(opened(), "web", { kind: "offer", call, sdp }, now);
        const meaning = onlySignal(say(opened({}, "/websocket/?finger=eve"), text)).signal.meaning();
        assert.ok(meaning.kind === "offer");
        assert.equal(meaning.sdp, sdp);
      }),
    );
  });
});
