// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type RoomName, refusal, refusals, type SessionId } from "@signalbox/core";
import { handshakeAt } from "@signalbox/core/testing";
import { native } from "./codec.ts";
import { decode, inRoom, joined, open, plain, room } from "./testing/codec-in-hand.ts";
import { serverFrame } from "./wire.ts";

describe("the native dialect", () => {
  const accepts: readonly (readonly [string, readonly string[], boolean])[] = [
    ["/", ["signalbox.v1"], true],
    ["/?room=a", ["other", "signalbox.v1"], true],
    ["/", [], false],
    ["/", ["signalbox.v2"], false],
    ["/other", ["signalbox.v1"], false],
    ["//", ["signalbox.v1"], false],
  ];
  for (const [target, protocols, expected] of accepts) {
    test(`${expected ? "takes" : "leaves"} a handshake for ${target} with [${protocols}]`, () => {
      assert.equal(native().accepts(handshakeAt(target, { protocols })), expected);
    });
  }

  test("may be mounted elsewhere", () => {
    assert.equal(
      native({ path: "/box" }).accepts(handshakeAt("/box", { protocols: ["signalbox.v1"] })),
      true,
    );
    assert.equal(native({ path: "/box" }).accepts(handshakeAt("/", { protocols: ["signalbox.v1"] })), false);
  });
});

describe("a frame becomes commands", () => {
  const traits = {
    takes: "trickle",
    gives: "trickle",
    media: ["audio", "video", "application"],
    messages: true,
  };
  const presence = { services: [], traits, announced: true, listens: true };
  const body = { kind: "offer", call: "c", sdp: "v=0" };
  const signal = { origin: "native", verbatim: { kind: "text", text: JSON.stringify(body) }, meaning: body };
  const frames: readonly (readonly [string, object, object])[] = [
    ["leave", { type: "leave", seq: 2 }, { seq: 2, commands: [{ type: "leave", room: "r", ref: 2 }] }],
    [
      "leave of another room",
      { type: "leave", seq: 2, room: "s" },
      { seq: 2, commands: [{ type: "leave", room: "s", ref: 2 }] },
    ],
    [
      "a second join",
      { type: "join", seq: 2, room: "s", id: "ann" },
      { seq: 2, commands: [{ type: "join", room: "s", peer: "ann", claim: "exclusive", ref: 2, presence }] },
    ],
    [
      "a join of a peer without trickle",
      { type: "join", seq: 2, room: "s", trickle: false, media: ["video"], displayName: "Ann" },
      {
        seq: 2,
        commands: [
          {
            type: "join",
            room: "s",
            claim: "exclusive",
            ref: 2,
            presence: {
              ...presence,
              displayName: "Ann",
              traits: { ...traits, takes: "complete", gives: "complete", media: ["video"] },
            },
          },
        ],
      },
    ],
    [
      "update",
      { type: "update", seq: 2, displayName: "A" },
      { seq: 2, commands: [{ type: "update", room: "r", displayName: "A", ref: 2 }] },
    ],
    [
      "an update of services, without fields nobody knows",
      {
        type: "update",
        seq: 2,
        services: [{ name: "n", protocol: "p", version: "1", attributes: { a: "b" }, secret: 1 }],
      },
      {
        seq: 2,
        commands: [
          {
            type: "update",
            room: "r",
            services: [{ name: "n", protocol: "p", version: "1", attributes: { a: "b" } }],
            ref: 2,
          },
        ],
      },
    ],
    [
      "signal",
      { type: "signal", seq: 2, to: "bob", signal: body },
      { seq: 2, commands: [{ type: "signal", room: "r", to: "bob", signal, ref: 2 }] },
    ],
    [
      "a signal to one stay, with a receipt of delivery",
      { type: "signal", seq: 2, to: "bob", session: "s", signal: body, receipt: "delivered" },
      {
        seq: 2,
        commands: [
          { type: "signal", room: "r", to: "bob", session: "s", signal, ref: 2, wantsDelivery: true },
        ],
      },
    ],
    [
      "a message to one",
      { type: "message", seq: 2, to: "bob", body: { a: 1 } },
      { seq: 2, commands: [{ type: "send", room: "r", to: "bob", body: '{"a":1}', ref: 2 }] },
    ],
    [
      "a message to all",
      { type: "message", seq: 2, body: null },
      { seq: 2, commands: [{ type: "send", room: "r", body: "null", ref: 2 }] },
    ],
    [
      "roster",
      { type: "roster", seq: 2 },
      { seq: 2, commands: [{ type: "list", room: "r", after: 0, limit: 100, ref: 2 }] },
    ],
    [
      "a page of the roster, never larger than the bound",
      { type: "roster", seq: 2, after: 7, limit: 1000 },
      { seq: 2, commands: [{ type: "list", room: "r", after: 7, limit: 100, ref: 2 }] },
    ],
    ["ice", { type: "ice", seq: 2 }, { seq: 2, commands: [{ type: "requestIceServers", ref: 2 }] }],
    ["ack", { type: "ack", seen: 7 }, { commands: [{ type: "acknowledge", seen: 7 }] }],
    [
      "ping, answered at once",
      { type: "ping" },
      { commands: [], replies: [{ kind: "text", text: '{"type":"pong"}' }] },
    ],
    [
      "ping that acknowledges",
      { type: "ping", seen: 7 },
      { commands: [{ type: "acknowledge", seen: 7 }], replies: [{ kind: "text", text: '{"type":"pong"}' }] },
    ],
    ["end", { type: "end" }, { commands: [{ type: "end" }] }],
    [
      "an unknown type with a number",
      { type: "dance", seq: 2 },
      {
        seq: 2,
        commands: [
          {
            type: "refuse",
            ref: 2,
            refusal: {
              code: "malformed",
              detail:
                "/type must be one of join, resume, leave, update, signal, message, roster, ice, ack, ping, end.",
            },
          },
        ],
      },
    ],
    [
      "a wrong field, named by its place",
      { type: "signal", seq: 2, to: "", signal: body },
      {
        seq: 2,
        commands: [
          {
            type: "refuse",
            ref: 2,
            refusal: {
              code: "malformed",
              detail:
                "/to must be a string of at least 1 and at most 256 characters matching ^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029\\ud800-\\udfff]+$.",
            },
          },
        ],
      },
    ],
    [
      "a frame without a number that needs one",
      { type: "ice" },
      { commands: [{ type: "refuse", refusal: { code: "malformed", detail: "/seq is missing." } }] },
    ],
  ];
  for (const [what, frame, expected] of frames) {
    test(`${what}`, () => assert.deepEqual(plain(decode(inRoom(), frame)), expected));
  }

  test("a number that is none is not answered to", () => {
    for (const seq of [0, -1, 1.5, "1", null, 2 ** 53]) {
      const { commands, seq: taken } = decode(inRoom(), { type: "ice", seq });
      const [command] = commands;
      assert.ok(command?.type === "refuse");
      assert.deepEqual([taken, command.ref, command.refusal.code], [undefined, undefined, "malformed"]);
    }
  });

  test("the first join opens the session with what it brings, and its signals follow it", () => {
    const codec = open("/?room=url", { bearer: "header" });
    assert.deepEqual(
      plain(
        decode(codec, {
          type: "join",
          seq: 1,
          credential: "frame",
          signals: [
            { to: "bob", signal: body },
            { to: "cid", signal: { kind: "opaque", data: 1 } },
          ],
        }),
      ),
      {
        seq: 1,
        commands: [
          { type: "open", credential: "frame" },
          { type: "join", room: "url", claim: "exclusive", ref: 1, presence },
          { type: "signal", room: "url", to: "bob", signal, ref: "1.0" },
          {
            type: "signal",
            room: "url",
            to: "cid",
            signal: {
              origin: "native",
              verbatim: { kind: "text", text: '{"kind":"opaque","data":1}' },
              meaning: { kind: "opaque" },
            },
            ref: "1.1",
          },
        ],
      },
    );
  });

  test("a resume is a command of its own", () => {
    const resume = { session: "s", token: "t", incarnation: 2, seen: 7 };
    assert.deepEqual(plain(decode(open(), { type: "resume", ...resume })), {
      commands: [{ type: "resume", ...resume }],
    });
  });

  test("a frame without a room means the only one, and is refused where there are several or none", () => {
    const codec = inRoom();
    codec.encode(joined("s" as RoomName), 2, 0);
    const roomOf = () => {
      const [command] = decode(codec, { type: "leave", seq: 2 }).commands;
      return command?.type === "leave"
        ? command.room
        : command?.type === "refuse"
          ? command.refusal.code
          : undefined;
    };
    assert.equal(roomOf(), "not-joined");
    codec.encode({ type: "left", room, reason: "left" }, 3, 0);
    assert.equal(roomOf(), "s");
    codec.encode({ type: "left", room: "s" as RoomName, reason: "left" }, 4, 0);
    assert.equal(roomOf(), "not-joined");
    codec.encode(
      {
        type: "resumed",
        session: "s" as SessionId,
        incarnation: 2,
        commandsSeen: 1,
        gap: false,
        rooms: [room],
        ice: { servers: [] },
      },
      0,
      0,
    );
    assert.equal(roomOf(), "r");
  });

  test("each part of a candidate keeps its own absence: null is not undefined", () => {
    const cases = [
      { candidate: "candidate:1" },
      { candidate: "candidate:1", sdpMid: null, sdpMLineIndex: null, usernameFragment: null },
      { candidate: "", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "u" },
    ];
    for (const candidate of cases) {
      const [command] = decode(inRoom(), {
        type: "signal",
        seq: 2,
        to: "bob",
        signal: { kind: "candidate", call: "c", candidate },
      }).commands;
      assert.ok(command?.type === "signal");
      assert.deepEqual(command.signal.meaning(), { kind: "candidate", call: "c", ...candidate });
    }
  });
});

describe("the end of a line", () => {
  for (const code of Object.keys(refusals) as (keyof typeof refusals)[]) {
    test(`is spelled for ${code}: a last frame with the sentence, and the code of the catalogue`, () => {
      const { frames, code: close, reason } = open().refuse(refusal(code, "Because.", 5));
      assert.equal(close, refusals[code].close);
      assert.equal(reason, code);
      assert.ok(Buffer.byteLength(reason) <= 123);
      const [frame, ...rest] = frames;
      assert.ok(frame?.kind === "text" && rest.length === 0);
      const parsed = JSON.parse(frame.text);
      assert.equal(serverFrame.problem(parsed), undefined);
      assert.deepEqual(parsed, {
        type: "closing",
        code,
        sentence: `${refusals[code].sentence} Because.`,
        retry: refusals[code].retry,
        retryAfterMs: 5,
      });
    });
  }
});
