// SPDX-License-Identifier: MIT
/** One node with native peers on lines without sockets. Every frame the box tells is held against its own schema. */
import assert from "node:assert/strict";
import { memoryDirectory, memoryNetwork } from "@signalbox/backplane/memory";
import {
  createHub,
  type Dialect,
  type Directory,
  type Hub,
  type HubParts,
  isRefusal,
  type Limits,
  type NodeId,
  withLimits,
} from "@signalbox/core";
import {
  type HandClock,
  type HandshakeParts,
  handshakeAt,
  settled,
  type TestLine,
  type TestParts,
  testLine,
  testParts,
} from "@signalbox/core/testing";
import { jsonSchema, native } from "@signalbox/dialects/native";
import { Ajv2020 } from "ajv/dist/2020.js";

export type Told = { readonly [field: string]: unknown };

/** A part of a frame that is an object; empty where it is not there. */
export const part = (frame: Told | undefined, name: string): Told => {
  const value = frame?.[name];
  return typeof value === "object" && value !== null ? { ...value } : {};
};

/** A part of a frame that is a list of objects. */
export const list = (frame: Told | undefined, name = "members"): readonly Told[] => {
  const value = frame?.[name];
  return Array.isArray(value) ? value : [];
};

export const idsOf = (frame: Told | undefined): readonly unknown[] => list(frame).map(({ id }) => id);
/** The content of an opaque signal. */
export const dataOf = (frame: Told | undefined): unknown => part(frame, "signal").data;

const { $defs } = jsonSchema() as { readonly $defs: { readonly server: object } };
const checks = new Ajv2020({ strict: false }).compile($defs.server);

const validated = (text: string): void => {
  const frame: unknown = JSON.parse(text);
  assert.ok(
    checks(frame),
    `the box told a frame outside its own schema: ${text}\n${JSON.stringify(checks.errors)}`,
  );
};

export interface NativePeer {
  readonly line: TestLine;
  /** Sends a frame with the next sequence number, and gives that number back. */
  ask(frame: object): number;
  /** The frames told since the last look; with a type, those of that type (the others are passed over). */
  told(type?: string): readonly Told[];
  /** The one frame told since the last look that answers `seq`. */
  answer(seq: number): Told;
  /** Numbers start anew, as on a fresh session. */
  readonly seq: number;
}

/** A peer on a new line of a hub. */
export const peerOn = (
  hub: Hub,
  dialect: Dialect,
  target = "/",
  parts: HandshakeParts = {},
  startAt = 0,
): NativePeer => {
  let seq = startAt;
  const line = testLine(hub, dialect, handshakeAt(target, { protocols: ["signalbox.v1"], ...parts }));
  for (const text of line.told) validated(text);
  line.onTold = validated;
  return {
    line,
    ask(frame) {
      seq += 1;
      line.send({ seq, ...frame });
      return seq;
    },
    told: (type) => line.take().filter((frame) => type === undefined || frame.type === type),
    answer(of) {
      const found = line.take().filter((frame) => frame.of === of);
      assert.equal(found.length, 1, `${of} has ${found.length} answers`);
      return found[0] ?? {};
    },
    get seq() {
      return seq;
    },
  };
};

export interface Box {
  readonly hub: Hub;
  readonly parts: TestParts;
  readonly directory: Directory;
  readonly dialect: Dialect;
  /** A peer on a line, not in any room yet. */
  line(target?: string, handshake?: HandshakeParts): NativePeer;
  /** A peer that is in a room, and has been told all that follows from it. */
  peer(id: string, frame?: object): Promise<NativePeer>;
}

export interface BoxParts extends Partial<Omit<HubParts, "clock">> {
  readonly limits?: Partial<Limits>;
  readonly clock?: HandClock;
}

export const nodeName = "n1" as NodeId;

export const boxWith = (given: BoxParts = {}): Box => {
  const { limits, ...rest } = given;
  const directory = rest.directory ?? memoryDirectory();
  const parts = testParts(nodeName, directory, rest.bus ?? memoryNetwork().bus(nodeName), rest);
  const hub = createHub(parts);
  const dialect = native({ limits: withLimits(limits ?? {}) });
  const line: Box["line"] = (target, handshake) => peerOn(hub, dialect, target, handshake);
  return {
    hub,
    parts,
    directory,
    dialect,
    line,
    async peer(id, frame = {}) {
      const peer = line();
      peer.ask({ type: "join", room: "r", id, ...frame });
      await settled();
      return peer;
    },
  };
};

/** What must be left when everybody has gone: nothing. */
export const assertEmpty = async (box: Box, rooms: readonly string[] = ["r"]): Promise<void> => {
  await settled();
  assert.deepEqual(box.hub.stats, { lines: 0, sessions: 0, rooms: 0 });
  assert.equal(box.parts.clock.pending, 0, "a timer was left behind");
  for (const room of rooms) {
    const key = `default\n${room}` as Parameters<Directory["roster"]>[0];
    const roster = await box.directory.roster(key, 0, 10);
    assert.deepEqual(isRefusal(roster) ? roster : roster.entries, [], `somebody is left in ${room}`);
    assert.deepEqual(await box.directory.audience(key), [], `somebody still listens in ${room}`);
  }
};
