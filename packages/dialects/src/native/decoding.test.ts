// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Command,
  type Decoded,
  type Frame,
  parsePeerId,
  parseRoomName,
  type RoomName,
  textFrame,
  withLimits,
} from "@signalbox/core";
import { handshakeAt } from "@signalbox/core/testing";
import fc from "fast-check";
import { native } from "./codec.ts";
import { fitting, nearly } from "./testing/arbitrary-frames.ts";
import { decode, joined, open, room } from "./testing/codec-in-hand.ts";
import { peerFrame, serverFrame } from "./wire.ts";

/** What must hold of anything a codec makes of a frame. */
const assertSound = ({ commands, seq, replies, closing }: Decoded) => {
  assert.ok(seq === undefined || (Number.isSafeInteger(seq) && seq > 0));
  for (const frame of [...(replies ?? []), ...(closing?.frames ?? [])]) {
    assert.ok(frame.kind === "text");
    assert.equal(serverFrame.problem(JSON.parse(frame.text)), undefined);
  }
  for (const command of commands) {
    if ("room" in command) assert.equal(parseRoomName(command.room), command.room);
    if ("to" in command && command.to !== undefined) assert.equal(parsePeerId(command.to), command.to);
    if (command.type === "signal") {
      assert.ok(command.signal.verbatim.kind === "text");
      JSON.parse(command.signal.verbatim.text);
      const meaning = command.signal.meaning();
      assert.ok(meaning.kind === "opaque" || parsePeerId(meaning.call) !== undefined);
    }
    if (command.type === "send") JSON.parse(command.body);
  }
  if (commands.some(({ type }: Command) => type === "open"))
    assert.deepEqual(
      commands.slice(0, 2).map(({ type }) => type),
      ["open", "join"],
    );
};

const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  { weight: 3, arbitrary: fitting(peerFrame.schema).map((value) => textFrame(JSON.stringify(value))) },
  { weight: 3, arbitrary: nearly(peerFrame.schema).map((value) => textFrame(JSON.stringify(value) ?? "")) },
  { weight: 1, arbitrary: fc.jsonValue().map((value) => textFrame(JSON.stringify(value))) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }).map(textFrame) },
  { weight: 1, arbitrary: fc.uint8Array().map((bytes) => ({ kind: "binary" as const, bytes })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        '{"type":"join","seq":1,"__proto__":{"room":"x"}}',
        "[".repeat(50_000),
        '{"a":'.repeat(20_000),
        `{"type":"join","seq":1,"room":${"9".repeat(400)}}`,
      )
      .map(textFrame),
  },
);

describe("decoding", () => {
  test("never throws, and never makes a command out of bounds, whatever frames come in whatever order", () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 8 }),
        fc.array(fc.constantFrom("r", "s", "default"), { maxLength: 3 }),
        (frames, rooms) => {
          const codec = open();
          let decoded = 0;
          for (const frame of frames) {
            assertSound(codec.decode(frame, decoded));
            const where = rooms[decoded % 3];
            if (where !== undefined) codec.encode(joined(where as RoomName), decoded + 1, 0);
            decoded += 1;
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("before a session is open makes only an opening or an end of any frame", () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const { commands, closing } = open().decode(frame, 0);
        const [first] = commands;
        if (closing === undefined) assert.ok(first?.type === "open" || first?.type === "resume");
        else assert.deepEqual(commands, []);
      }),
      { numRuns: 2_000 },
    );
  });

  test("is bounded by its limits", () => {
    const codec = native({ limits: withLimits({ rosterPage: 5 }) }).open(handshakeAt("/"), () => "");
    decode(codec, { type: "join", seq: 1, room: "r" });
    codec.encode(joined(room), 1, 0);
    const [command] = decode(codec, { type: "roster", seq: 2, limit: 9 }).commands;
    assert.ok(command?.type === "list");
    assert.equal(command.limit, 5);
  });
});
