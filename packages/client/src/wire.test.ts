// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  PeerFrame as DialectPeerFrame,
  ServerFrame as DialectServerFrame,
  SignalBody as DialectSignalBody,
} from "@signalbox/dialects/native";
import { subprotocol as dialectSubprotocol } from "@signalbox/dialects/native";
import fc from "fast-check";
import { type PeerFrame, parseServerFrame, type ServerFrame, type SignalBody, subprotocol } from "./wire.ts";

// Each side's frames are the other's, in both directions: what does not fit does not compile.
const same = {
  peerFrames: [(frame: PeerFrame): DialectPeerFrame => frame, (frame: DialectPeerFrame): PeerFrame => frame],
  serverFrames: [
    (frame: ServerFrame): DialectServerFrame => frame,
    (frame: DialectServerFrame): ServerFrame => frame,
  ],
  bodies: [(body: SignalBody): DialectSignalBody => body, (body: DialectSignalBody): SignalBody => body],
};

test("the types of the wire are those the server checks by", () => {
  assert.deepEqual(
    Object.values(same).map((pair) => pair.length),
    [2, 2, 2],
  );
  assert.equal(subprotocol, dialectSubprotocol);
});

const member = {
  id: "bob",
  session: "s",
  order: 1,
  protocol: "native",
  services: [],
  traits: { trickle: true, media: [], messages: true },
} as const;
const said = { code: "draining", sentence: "Soon.", retry: true };

/** One of each. */
const frames: {
  readonly [Type in ServerFrame["type"]]: Extract<ServerFrame, { readonly type: Type }> | undefined;
} = {
  welcome: {
    type: "welcome",
    seq: 1,
    version: 1,
    features: [],
    session: "s",
    token: "t",
    graceMs: 1,
    limits: { frameBytes: 1, sdpBytes: 1, messageBytes: 1, framesPerSecond: 1, frameBurst: 1 },
    iceServers: [],
  },
  resumed: { type: "resumed", session: "s", incarnation: 2, seen: 0, gap: false, iceServers: [] },
  joined: { type: "joined", seq: 1, room: "r", self: member, members: [member], size: 1, snapshot: false },
  left: { type: "left", seq: 1, room: "r", reason: "left" },
  "peer-joined": { type: "peer-joined", seq: 1, room: "r", member },
  "peer-changed": { type: "peer-changed", seq: 1, room: "r", member },
  "peer-left": { type: "peer-left", seq: 1, room: "r", id: "bob", session: "s", reason: "lost" },
  updated: { type: "updated", seq: 1, room: "r" },
  signal: {
    type: "signal",
    seq: 1,
    room: "r",
    from: "bob",
    session: "s",
    protocol: "native",
    trickle: true,
    signal: { kind: "bye", call: "c" },
  },
  message: { type: "message", seq: 1, room: "r", from: "bob", session: "s", body: null },
  roster: { type: "roster", seq: 1, room: "r", members: [] },
  receipt: { type: "receipt", seq: 1, of: 1, fate: "sent" },
  refused: { type: "refused", seq: 1, ...said },
  ice: { type: "ice", seq: 1, iceServers: [] },
  pong: { type: "pong" },
  closing: { type: "closing", ...said },
};

test("each frame is taken as it is, with fields nobody knows", () => {
  for (const frame of Object.values(frames)) {
    assert.deepEqual(parseServerFrame(JSON.stringify({ ...frame, later: 1 })), { ...frame, later: 1 });
  }
});

test("a frame that lacks a field, or has it in another shape, is none", () => {
  for (const frame of Object.values(frames)) {
    if (frame?.type === "pong") continue;
    assert.equal(parseServerFrame(JSON.stringify({ type: frame?.type })), undefined, frame?.type);
  }
  for (const change of [
    { signal: { kind: "offer", call: "c" } },
    { signal: { kind: "candidate", call: "c", candidate: "not an object" } },
    { signal: { kind: "unheard-of", call: "c" } },
    { signal: null },
    { seq: "1" },
    { seq: 1.5 },
    { trickle: 1 },
  ]) {
    assert.equal(
      parseServerFrame(JSON.stringify({ ...frames.signal, ...change })),
      undefined,
      JSON.stringify(change),
    );
  }
  assert.equal(
    parseServerFrame(JSON.stringify({ ...frames.joined, members: [member, { id: "x" }] })),
    undefined,
  );
});

test("no text and no value makes the reader throw", () => {
  const name = fc.constantFrom(...Object.keys(frames), "__proto__", "toString");
  const value = fc.oneof(fc.jsonValue(), fc.record({ type: name, seq: fc.nat(), signal: fc.jsonValue() }));
  fc.assert(fc.property(value, (given) => parseServerFrame(JSON.stringify(given)) !== null));
  fc.assert(fc.property(fc.string(), (text) => parseServerFrame(text) === undefined || text.startsWith("{")));
  assert.equal(parseServerFrame(new ArrayBuffer(1)), undefined);
});
