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
  type RefusalCode,
  type RoomName,
  refusal,
  refusals,
  type Sender,
  type SessionId,
  type Traits,
  textFrame,
} from "@signalbox/core";
import { type HandshakeParts, handshakeAt } from "@signalbox/core/testing";
import fc from "fast-check";
import { privateRoom, type UnruptMount, unrupt } from "./index.ts";

const room = privateRoom as RoomName;
const call = "call-1" as CallId;
const trickling: Traits = { takes: "trickle", gives: "trickle", media: ["audio", "video"], messages: true };

const opened = (
  mount: UnruptMount = {},
  target = "/websocket/?finger=ann",
  parts: HandshakeParts = {},
): Codec => {
  let minted = 0;
  return unrupt(mount).open(handshakeAt(target, parts), () => `minted${++minted}`);
};

const say = (codec: Codec, frame: object | string): Decoded =>
  codec.decode(textFrame(typeof frame === "string" ? frame : JSON.stringify(frame)), 0);

const onlySignal = (decoded: Decoded): Extract<Command, { type: "signal" }> => {
  const [command, ...more] = decoded.commands;
  assert.equal(more.length, 0);
  assert.equal(command?.type, "signal");
  return command;
};

const nativePeer = (id: string): Sender => ({
  peer: id as PeerId,
  session: `${id}-stay` as SessionId,
  protocol: "native",
  traits: trickling,
  announced: true,
});

const tellSignal = (codec: Codec, from: string, meaning: Meaning): readonly Frame[] =>
  codec.encode(
    {
      type: "signaled",
      room,
      from: nativePeer(from),
      signal: { origin: "native", verbatim: textFrame("{}"), meaning: () => meaning },
      wantsDelivery: false,
    },
    0,
    0,
  );

describe("unrupt: the opening", () => {
  test("is all in the handshake: open, and join the mount's room under the finger, shared and told of nobody", () => {
    const traits: Traits = {
      takes: "trickle",
      gives: "after-answer",
      media: ["audio", "video"],
      messages: false,
    };
    const presence = { services: [], traits, announced: false, listens: false };
    assert.deepEqual(opened().opening, [
      { type: "open" },
      { type: "join", room: "~unrupt", peer: "ann", claim: "shared", presence },
    ]);
  });

  const joinOf = (codec: Codec) => {
    const join = codec.opening[1];
    assert.ok(join?.type === "join");
    return join;
  };

  test("a mount into another room listens there, so that it knows who left", () => {
    const join = joinOf(opened({ room: "hall", announced: true }));
    assert.deepEqual([join.room, join.presence.announced, join.presence.listens], ["hall", true, true]);
    const services = [
      { name: "unrupt", protocol: "unrupt", version: "1", attributes: { media: "audio video" } },
    ];
    assert.deepEqual(join.presence.services, services);
  });

  test("a mount that refuses taken fingers claims them exclusively", () => {
    assert.equal(joinOf(opened({ refuseTaken: true })).claim, "exclusive");
  });

  test("a missing finger gets an id that nobody knows", () => {
    assert.equal(joinOf(opened({}, "/websocket/")).peer, "minted1");
  });

  test("the credential is the bearer's secret, else the query's", () => {
    const credential = (target: string, parts: HandshakeParts) => {
      const [open] = opened({}, target, parts).opening;
      return open?.type === "open" ? open.credential : "no open";
    };
    assert.equal(credential("/websocket/?finger=a&secret=q", { bearer: "b" }), "b");
    assert.equal(credential("/websocket/?finger=a&secret=q", {}), "q");
  });

  for (const [what, finger] of [
    ["empty", ""],
    ["too long", "x".repeat(257)],
    ["with a control character", "a%0Ab"],
  ] as const) {
    test(`a finger that is ${what} ends the connection with 1008 and says why`, () => {
      const codec = opened({}, `/websocket/?finger=${finger}`);
      assert.deepEqual(codec.opening, []);
      assert.ok((codec.wakeAt?.() ?? 1) <= 0);
      const closing = { frames: [], code: 1008, reason: refusals["bad-name"].sentence };
      assert.deepEqual(codec.wake?.(0), { commands: [], closing });
      assert.deepEqual(say(codec, { to: "bob" }), { commands: [], closing });
    });
  }

  test("a room that is no name is a mistake of the mount", () => {
    assert.throws(() => unrupt({ room: "" }), RangeError);
  });

  test("the path is taken with its trailing slash only", () => {
    assert.ok(unrupt().accepts(handshakeAt("/websocket/?finger=a")));
    assert.ok(!unrupt().accepts(handshakeAt("/websocket?finger=a")));
    assert.ok(unrupt({ path: "/u/" }).accepts(handshakeAt("/u/")));
  });

  test("a room in which nobody is told of anybody may hold a million", () => {
    assert.equal(unrupt().limits.roomMembers, 1_000_000);
    assert.equal(unrupt({ limits: { roomMembers: 7 } }).limits.roomMembers, 7);
    assert.equal(unrupt({ room: "hall", announced: true }).limits.roomMembers, 1_000);
  });
});

describe("unrupt: relay", () => {
  test("the very frame that came is what goes, whoever it says it is from", () => {
    const text = ' {"to":"bob", "from":"mallory","type":"x","n":1.50} ';
    const frame: Frame = { kind: "text", text, bytes: new TextEncoder().encode(text) };
    const command = onlySignal(opened().decode(frame, 0));
    assert.deepEqual([command.to, command.room, command.ref], ["bob", "~unrupt", undefined]);
    assert.equal(command.signal.verbatim, frame);
    const from: Sender = { ...nativePeer("ann"), protocol: "unrupt" };
    const event: Event = { type: "signaled", room, from, signal: command.signal, wantsDelivery: false };
    const told = opened({}, "/websocket/?finger=bob").encode(event, 0, 0);
    assert.equal(told.length, 1);
    assert.equal(told[0], frame);
  });

  for (const text of [
    "{nope",
    "",
    "[1]",
    '"to"',
    "null",
    "7",
    "{}",
    '{"to":7}',
    '{"to":null}',
    '{"to":["bob"]}',
    '{"to":""}',
    '{"to":"a\\nb"}',
  ]) {
    test(`${JSON.stringify(text)} is dropped without a word, and the connection stays`, () => {
      const codec = opened();
      assert.deepEqual(say(codec, text), { commands: [] });
      assert.equal(onlySignal(say(codec, { to: "bob" })).to, "bob");
    });
  }

  test("a binary frame is dropped without a word", () => {
    assert.deepEqual(
      opened().decode({ kind: "binary", bytes: new TextEncoder().encode('{"to":"bob"}') }, 0),
      { commands: [] },
    );
  });

  test("a bad target between two good ones does not stick", () => {
    const codec = opened();
    const taken = ["bob", "a\nb", "bob", "a\nb", "eve"].map((to) => say(codec, { to }).commands.length);
    assert.deepEqual(taken, [1, 0, 1, 0, 1]);
  });

  test("where from is checked, only frames that name their own sender go on", () => {
    const codec = opened({ checkFrom: true });
    const taken = [{ from: "ann" }, { from: "bob" }, {}, { from: null }, { from: ["ann"] }].map(
      (rest) => say(codec, { to: "bob", ...rest }).commands.length,
    );
    assert.deepEqual(taken, [1, 0, 0, 0, 0]);
  });

  test("nothing but signals is ever told", () => {
    const codec = opened();
    const events: readonly Event[] = [
      { type: "refused", refusal: refusal("forbidden") },
      { type: "receipt", ref: 1, fate: { fate: "unknown" } },
      { type: "sent", room, from: nativePeer("web"), body: "{}" },
      { type: "left", room, reason: "left" },
    ];
    for (const event of events) assert.deepEqual(codec.encode(event, 0, 0), []);
    for (const kind of ["bye", "end-of-candidates"] as const)
      assert.deepEqual(tellSignal(codec, "web", { kind, call }), []);
    assert.deepEqual(tellSignal(codec, "web", { kind: "opaque" }), []);
  });
});

describe("unrupt: refusals", () => {
  const special: { readonly [code: string]: number } = {
    "ended-by-peer": 1000,
    draining: 1001,
    "too-large": 1009,
    overloaded: 1013,
    "cluster-away": 1013,
  };
  for (const code of Object.keys(refusals) as RefusalCode[]) {
    test(`${code} is told by the closing alone: ${special[code] ?? 1008} and a reason that fits`, () => {
      const { frames, code: close, reason } = opened().refuse(refusal(code, "detail ".repeat(99)));
      assert.deepEqual([frames, close, reason], [[], special[code] ?? 1008, refusals[code].sentence]);
      assert.ok(new TextEncoder().encode(reason).length <= 123);
    });
  }
});

describe("unrupt: laws", () => {
  const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
    fc.string({ unit: "binary" }).map(textFrame),
    fc.json().map(textFrame),
    fc
      .record(
        {
          to: fc.oneof(fc.constantFrom("web", "ann"), fc.jsonValue()),
          from: fc.jsonValue(),
          type: fc.oneof(fc.constantFrom("offer", "answer", "candidate"), fc.jsonValue()),
          sdp: fc.oneof(fc.string(), fc.jsonValue()),
          session: fc.jsonValue(),
        },
        { requiredKeys: [] },
      )
      .map((value) => textFrame(JSON.stringify(value))),
    fc.uint8Array().map((bytes): Frame => ({ kind: "binary", bytes })),
  );

  test("no bytes make decode throw, in a call or not, and meanings come without a throw", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.array(anyFrame, { maxLength: 8 }),
        (called, checkFrom, frames) => {
          const codec = opened({ checkFrom });
          if (called) tellSignal(codec, "web", { kind: "offer", call, sdp: "v=0" });
          for (const frame of frames) {
            for (const command of codec.decode(frame, 0).commands)
              if (command.type === "signal") command.signal.meaning();
          }
        },
      ),
    );
  });

  test("what was relayed is, bit for bit, what came", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (body) => {
        const frame = textFrame(JSON.stringify({ ...body, to: "bob" }));
        const { signal } = onlySignal(opened().decode(frame, 0));
        const from: Sender = { ...nativePeer("ann"), protocol: "unrupt" };
        assert.deepEqual(
          opened().encode({ type: "signaled", room, from, signal, wantsDelivery: false }, 0, 0),
          [frame],
        );
      }),
    );
  });
});
