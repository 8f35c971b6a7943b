// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type CallId,
  type Meaning,
  type PeerId,
  type RoomName,
  type SessionId,
  type Signal,
  textFrame,
} from "@signalbox/core";
import fc from "fast-check";
import { fitting } from "./testing/arbitrary-frames.ts";
import { decode, inRoom, member, room } from "./testing/codec-in-hand.ts";
import { serverFrame, signalBody } from "./wire.ts";

const call = "c" as CallId;
const meanings = fc.oneof(
  fc.record({
    kind: fc.constantFrom("offer" as const, "answer" as const),
    call: fc.constant(call),
    sdp: fc.string({ unit: "binary", minLength: 1 }),
  }),
  fc.record(
    {
      kind: fc.constant("candidate" as const),
      call: fc.constant(call),
      candidate: fc.string({ unit: "binary" }),
      sdpMid: fc.option(fc.string()),
      sdpMLineIndex: fc.option(fc.nat(65_535)),
      usernameFragment: fc.option(fc.string()),
    },
    { requiredKeys: ["kind", "call", "candidate"] },
  ),
  fc.record({ kind: fc.constant("end-of-candidates" as const), call: fc.constant(call) }),
  fc.record(
    { kind: fc.constant("bye" as const), call: fc.constant(call), reason: fc.string() },
    { requiredKeys: ["kind", "call"] },
  ),
);
const from = {
  peer: "bob" as PeerId,
  session: "s" as SessionId,
  protocol: "other",
  traits: member("bob").traits,
  announced: true,
};
const told = (signal: Signal) => {
  const [frame] = inRoom().encode({ type: "signaled", room, from, signal, wantsDelivery: false }, 7, 0);
  assert.ok(frame?.kind === "text");
  return JSON.parse(frame.text).signal;
};
const sent = (body: unknown): Signal => {
  const [command] = decode(inRoom(), { type: "signal", seq: 2, to: "bob", signal: body }).commands;
  assert.ok(command?.type === "signal", JSON.stringify(command));
  return command.signal;
};

describe("a signal", () => {
  test("of another dialect is told in the native form, and means the same when it is read again", () => {
    fc.assert(
      fc.property(meanings, (meaning: Meaning) => {
        const body = told({ origin: "other", verbatim: textFrame("?"), meaning: () => meaning });
        assert.deepEqual(sent(body).meaning(), { ...meaning });
      }),
    );
  });

  test("of a native peer is told as it came, fields that nobody knows included", () => {
    fc.assert(
      fc.property(
        fitting(signalBody.schema),
        fc.dictionary(fc.string({ minLength: 10 }), fc.jsonValue()),
        (body, more) => {
          const given = JSON.parse(JSON.stringify(Object.assign({}, more, body)));
          assert.deepEqual(told(sent(given)), given);
        },
      ),
    );
  });

  test("that is opaque to its own dialect has no word here when it comes from another", () => {
    const opaque: Signal = { origin: "other", verbatim: textFrame("?"), meaning: () => ({ kind: "opaque" }) };
    assert.deepEqual(
      inRoom().encode({ type: "signaled", room, from, signal: opaque, wantsDelivery: false }, 7, 0),
      [],
    );
  });

  test("is not parsed again to be told: its meaning is not even asked for", () => {
    const signal: Signal = {
      origin: "native",
      verbatim: textFrame('{"kind":"bye","call":"c"}'),
      meaning: () => assert.fail("asked"),
    };
    assert.deepEqual(told(signal), { kind: "bye", call: "c" });
  });

  test("carries names with quotes and line separators unharmed", () => {
    const odd = { ...from, peer: 'a"b\\c' as PeerId };
    const signal: Signal = {
      origin: "native",
      verbatim: textFrame('{"kind":"bye","call":"c"}'),
      meaning: () => ({ kind: "opaque" }),
    };
    const [frame] = inRoom().encode(
      { type: "signaled", room: '"' as RoomName, from: odd, signal, wantsDelivery: true },
      7,
      0,
    );
    assert.ok(frame?.kind === "text");
    const parsed = JSON.parse(frame.text);
    assert.deepEqual(
      [parsed.from, parsed.room, parsed.ack, serverFrame.problem(parsed)],
      ['a"b\\c', '"', true, undefined],
    );
  });
});
