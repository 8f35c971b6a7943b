// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type CallId,
  type Codec,
  type Command,
  type Decoded,
  type Event,
  type Meaning,
  type Member,
  type PeerId,
  type RoomName,
  type Roster,
  refusal,
  refusals,
  type SessionId,
  type Traits,
  textFrame,
} from "@signalbox/core";
import { handshakeAt } from "@signalbox/core/testing";
import fc from "fast-check";
import { flitter } from "./index.ts";

const room = "hall" as RoomName;
const call = "call-1" as CallId;
const traits: Traits = { takes: "trickle", gives: "trickle", media: ["audio", "video"], messages: true };

const say = (codec: Codec, frame: object): Decoded => codec.decode(textFrame(JSON.stringify(frame)), 0);

/** A codec whose peer asked to join the hall as `cam`. */
const joined = (mount = flitter()): Codec => {
  let minted = 0;
  const codec = mount.open(handshakeAt("/"), () => `minted${++minted}`);
  say(codec, { type: "join", id: "cam", room });
  return codec;
};

const onlySignal = (decoded: Decoded): Extract<Command, { type: "signal" }> => {
  const [command, ...more] = decoded.commands;
  assert.equal(more.length, 0);
  assert.equal(command?.type, "signal");
  return command;
};

const member = (id: string, protocol = "native"): Member => ({
  peer: id as PeerId,
  session: `${id}-stay` as SessionId,
  order: 1,
  protocol,
  traits,
  services: [],
});

const roster = (...ids: readonly string[]): Roster => ids.map((id) => member(id));

const tell = (codec: Codec, event: Event): readonly string[] =>
  codec.encode(event, 0, 0).map((frame) => (frame.kind === "text" ? frame.text : "<binary>"));

const tellJoined = (codec: Codec, list: Roster): readonly string[] =>
  tell(codec, { type: "joined", room, self: member("cam", "flitter"), roster: list, snapshot: false });

const tellSignal = (codec: Codec, from: string, meaning: Meaning, announced = true): readonly string[] =>
  tell(codec, {
    type: "signaled",
    room,
    from: { ...member(from), announced },
    signal: { origin: "native", verbatim: textFrame("{}"), meaning: () => meaning },
    wantsDelivery: false,
  });

describe("flitter: calls with peers of other dialects", () => {
  test("an offer becomes a call, the answer to it an answer of that call, and the caller is finished once it was told", () => {
    const codec = joined();
    tellJoined(codec, roster("cam", "web"));
    assert.deepEqual(tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" }), [
      '{"type":"call","to":"cam","offer":"v=0","from":"web"}',
    ]);
    const answer = onlySignal(say(codec, { type: "answer", to: "web", answer: "v=1" }));
    assert.deepEqual(answer.signal.meaning(), { kind: "answer", call, sdp: "v=1" });
    assert.ok(answer.ref !== undefined && answer.wantsDelivery);
    const receipt = { type: "receipt", ref: answer.ref, protocol: "native" } as const;
    assert.deepEqual(tell(codec, { ...receipt, fate: { fate: "queued", ttlMs: 9 } }), []);
    assert.deepEqual(tell(codec, { ...receipt, fate: { fate: "sent" } }), [
      '{"type":"finished","to":"cam","from":"web"}',
    ]);
    assert.deepEqual(tell(codec, { ...receipt, fate: { fate: "delivered" } }), []);
  });

  test("an answer to nobody's offer stays within Flitter and asks for no receipt", () => {
    const answer = onlySignal(say(joined(), { type: "answer", to: "ann", answer: "v=1" }));
    assert.deepEqual([answer.signal.meaning(), answer.ref], [{ kind: "opaque" }, undefined]);
  });

  test("finished is a word only Flitter knows", () => {
    assert.deepEqual(onlySignal(say(joined(), { type: "finished", to: "web" })).signal.meaning(), {
      kind: "opaque",
    });
  });

  test("a call is an offer, and only its own answer comes back", () => {
    const codec = joined();
    const offers = ["v=0", "v=0 again"].map((offer) =>
      onlySignal(say(codec, { type: "call", to: "web", offer })).signal.meaning(),
    );
    const [first, second] = offers;
    assert.ok(first?.kind === "offer" && second?.kind === "offer");
    assert.equal(second.sdp, "v=0 again");
    assert.notEqual(first.call, second.call);
    assert.deepEqual(tellSignal(codec, "web", { kind: "answer", call: first.call, sdp: "late" }), []);
    assert.deepEqual(tellSignal(codec, "eve", { kind: "answer", call: second.call, sdp: "not hers" }), []);
    assert.deepEqual(tellSignal(codec, "web", { kind: "answer", call: second.call, sdp: "v=1" }), [
      '{"type":"answer","to":"cam","answer":"v=1","from":"web"}',
    ]);
    assert.deepEqual(tellSignal(codec, "web", { kind: "answer", call: second.call, sdp: "twice" }), []);
  });

  test("calls of two connections never share an id", () => {
    let minted = 0;
    const mint = () => `m${++minted}`;
    const ids = [1, 2].map(() => {
      const codec = flitter().open(handshakeAt("/"), mint);
      say(codec, { type: "join", id: "cam", room });
      const meaning = onlySignal(say(codec, { type: "call", to: "web", offer: "v=0" })).signal.meaning();
      return meaning.kind === "offer" ? meaning.call : undefined;
    });
    assert.notEqual(ids[0], ids[1]);
  });

  for (const [what, meaning] of [
    ["a candidate", { kind: "candidate", call, candidate: "candidate:1" }],
    ["the end of candidates", { kind: "end-of-candidates", call }],
    ["a bye of no call", { kind: "bye", call }],
    ["an opaque signal", { kind: "opaque" }],
  ] as const) {
    test(`${what} has no word`, () => {
      assert.deepEqual(tellSignal(joined(), "web", meaning), []);
    });
  }

  for (const role of ["caller", "callee"] as const) {
    test(`a ${role} whose other end hangs up sees it leave, and with the next list come back`, () => {
      const codec = joined();
      const list = roster("cam", "web");
      tellJoined(codec, list);
      let ended = call;
      if (role === "callee") tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" });
      else {
        const meaning = onlySignal(say(codec, { type: "call", to: "web", offer: "v=0" })).signal.meaning();
        assert.ok(meaning.kind === "offer");
        ended = meaning.call;
      }
      const bye: Meaning = { kind: "bye", call: ended };
      assert.deepEqual(tellSignal(codec, "web", bye), ['{"type":"members","members":["cam"]}']);
      assert.deepEqual(tellSignal(codec, "web", bye), []);
      assert.deepEqual(
        tell(codec, {
          type: "peerJoined",
          room,
          member: member("eve"),
          roster: () => roster("cam", "web", "eve"),
        }),
        ['{"type":"members","members":["cam","web","eve"]}'],
      );
    });
  }

  test("a caller the room does not announce is listed while it calls: Flitter hangs up on whom it does not see", () => {
    const codec = joined();
    tellJoined(codec, roster("cam"));
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" }, false);
    const joins: Event = {
      type: "peerJoined",
      room,
      member: member("eve"),
      roster: () => roster("cam", "eve"),
    };
    assert.deepEqual(tell(codec, joins), ['{"type":"members","members":["cam","eve","web"]}']);
    const { ref } = onlySignal(say(codec, { type: "answer", to: "web", answer: "v=1" }));
    assert.ok(ref !== undefined);
    tell(codec, { type: "receipt", ref, fate: { fate: "sent" }, protocol: "native" });
    assert.deepEqual(tell(codec, joins), ['{"type":"members","members":["cam","eve"]}']);
  });

  test("a caller that was gone when the answer came is seen leaving", () => {
    const codec = joined();
    tellJoined(codec, roster("cam"));
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" }, false);
    const { ref } = onlySignal(say(codec, { type: "answer", to: "web", answer: "v=1" }));
    assert.ok(ref !== undefined);
    assert.deepEqual(tell(codec, { type: "receipt", ref, fate: { fate: "unknown" } }), [
      '{"type":"members","members":["cam"]}',
    ]);
  });

  test("a caller that leaves is forgotten", () => {
    const codec = joined();
    tellJoined(codec, roster("cam", "web"));
    tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" });
    assert.deepEqual(
      tell(codec, {
        type: "peerLeft",
        room,
        member: member("web", "native"),
        reason: "left",
        roster: () => roster("cam"),
      }),
      ['{"type":"members","members":["cam"]}'],
    );
    assert.equal(onlySignal(say(codec, { type: "answer", to: "web", answer: "v=1" })).ref, undefined);
  });

  test("a call that cannot be is refused in an error frame; one to nobody, or within Flitter, in silence", () => {
    const codec = joined();
    const { ref } = onlySignal(say(codec, { type: "call", to: "web", offer: "v=0" }));
    assert.ok(ref !== undefined);
    const why = refusal(
      "media-mismatch",
      "A native peer takes a data channel only; this offer has video only.",
    );
    const [text = ""] = tell(codec, {
      type: "receipt",
      ref,
      fate: { fate: "refused", refusal: why },
      protocol: "native",
    });
    assert.deepEqual(JSON.parse(text), {
      type: "error",
      error: `${refusals["media-mismatch"].sentence} ${why.detail}`,
    });
    assert.deepEqual(tell(codec, { type: "receipt", ref, fate: { fate: "unknown" } }), []);
    const slow = { fate: "refused", refusal: refusal("slow-peer") } as const;
    assert.deepEqual(tell(codec, { type: "receipt", ref, fate: slow, protocol: "flitter" }), []);
  });

  test("only so many calls are remembered, the oldest is forgotten", () => {
    const codec = joined(flitter({ limits: { callsPerSession: 2 } }));
    const metas = ["a", "b", "c"].map((to) =>
      onlySignal(say(codec, { type: "call", to, offer: "v=0" })).signal.meaning(),
    );
    const answers = ["a", "b", "c"].map((from, index) => {
      const meaning = metas[index];
      assert.ok(meaning?.kind === "offer");
      return tellSignal(codec, from, { kind: "answer", call: meaning.call, sdp: "v=1" }).length;
    });
    assert.deepEqual(answers, [0, 1, 1]);
  });

  test("an offer told to a Flitter peer and answered by it is that call's answer, word for word", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (offer, answer) => {
        const codec = joined();
        const [told = ""] = tellSignal(codec, "web", { kind: "offer", call, sdp: offer });
        assert.equal(JSON.parse(told).offer, offer);
        assert.deepEqual(onlySignal(say(codec, { type: "answer", to: "web", answer })).signal.meaning(), {
          kind: "answer",
          call,
          sdp: answer,
        });
      }),
    );
  });
});
