// SPDX-License-Identifier: MIT
/** Plays a transcript over real sockets, each connection to another node than the one before. */
import assert from "node:assert/strict";
import { setImmediate as nextTurn } from "node:timers/promises";
import { privateRoom } from "@signalbox/dialects/unrupt";
import { WebSocket } from "ws";
import type { Manner } from "../transcripts/replay.ts";
import type { Section, Step } from "../transcripts/transcript.ts";
import type { Three } from "./three.ts";

interface Line {
  readonly socket: WebSocket;
  readonly told: string[];
  /** How many of those the transcript has. */
  heard: number;
  closing: { readonly code: number; readonly reason: string } | undefined;
  /** Where it is, once it asked to be there. */
  place: { readonly room: string; readonly id: string } | undefined;
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await nextTurn();
};

const objectOf = (frame: string | Uint8Array): { readonly [name: string]: unknown } => {
  try {
    const value: unknown = JSON.parse(String(frame));
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
};

const normal = (text: string, { compare }: Manner): string =>
  compare === "verbatim" ? text : JSON.stringify(JSON.parse(text));

/** What nobody was recorded to send. It follows whatever was sent before it on the same way. */
const mark = "signalbox-mark";

/**
 * Plays one section after the other and returns a check for each, as `replay` does for one node. A recording has one order for
 * everything; here a step that others could overtake is waited for.
 */
export const replaySpread = (
  three: () => Three,
  sections: readonly Section[],
  manner: Manner & { readonly tellsMembers: boolean },
) => {
  const lines = new Map<string, Line>();
  let opened = 0;
  let marks = 0;

  const lineOf = (name: string): Line => {
    const line = lines.get(name);
    assert.ok(line !== undefined, `${name} was never opened`);
    return line;
  };

  const open = async (target: string): Promise<Line> => {
    const socket = new WebSocket(`${three().lineAt(opened)}${target}`, { perMessageDeflate: false });
    opened += 1;
    const finger = new URL(target, "ws://relay").searchParams.get("finger");
    const line: Line = {
      socket,
      told: [],
      heard: 0,
      closing: undefined,
      place: finger === null ? undefined : { room: privateRoom, id: finger },
    };
    socket.on("message", (payload) => line.told.push(payload.toString()));
    socket.on("close", (code, reason) => {
      line.closing = { code, reason: reason.toString() };
    });
    await new Promise((resolve, reject) => {
      socket.on("open", resolve);
      socket.on("error", reject);
    });
    return line;
  };

  /** Nothing is under way any more between those that are in a room. */
  const flush = async (): Promise<void> => {
    const live = [...lines.values()].filter(
      ({ closing, place }) => closing === undefined && place !== undefined,
    );
    for (const from of live) {
      for (const to of live) {
        if (from.place?.room !== to.place?.room) continue;
        marks += 1;
        from.socket.send(JSON.stringify({ to: to.place?.id, [mark]: marks }));
        const number = marks;
        const isMark = (text: string): boolean => objectOf(text)[mark] === number;
        await until(() => to.told.some(isMark) || to.closing !== undefined);
        for (const line of live) {
          const at = line.told.findIndex(isMark);
          if (at >= 0) line.told.splice(at, 1);
        }
      }
    }
  };

  const assertSilence = (name: string): void => {
    const line = lineOf(name);
    assert.deepEqual(line.told.slice(line.heard), [], `${name} was told more than was recorded`);
  };

  /** It goes. Settles when everybody can know that. */
  const leave = async ({ socket, place, closing }: Line): Promise<void> => {
    const held =
      place === undefined || closing !== undefined ? 0 : (await three().holders(place.room, place.id)).length;
    socket.close();
    if (place !== undefined && held > 0) await three().held(place.room, place.id, held - 1);
  };

  const play = async (step: Step): Promise<void> => {
    switch (step.kind) {
      case "opens": {
        const line = await open(step.target);
        lines.set(step.peer, line);
        if (line.place !== undefined) await three().held(line.place.room, line.place.id, 1);
        return;
      }
      case "says": {
        const line = lineOf(step.peer);
        const { type, id, room } = objectOf(step.frame);
        const asks = manner.tellsMembers && line.place === undefined && type === "join";
        const before = line.told.length;
        line.socket.send(step.frame);
        if (!asks) return;
        await until(() => line.told.length > before || line.closing !== undefined);
        const answer = objectOf(line.told[before] ?? "{}");
        if (answer.type === "members") line.place = { room: String(room), id: String(id) };
        return;
      }
      case "goes": {
        if (manner.recordedBy === "probe") {
          await flush();
          assertSilence(step.peer);
        }
        await leave(lineOf(step.peer));
        return;
      }
      case "hears": {
        const line = lineOf(step.peer);
        await until(() => line.told.length > line.heard || line.closing !== undefined);
        const text = line.told[line.heard];
        assert.ok(text !== undefined, `${step.peer} was not told: ${step.text}`);
        assert.equal(normal(text, manner), normal(step.text, manner), `what ${step.peer} was told`);
        line.heard += 1;
        return;
      }
      case "ended": {
        const line = lineOf(step.peer);
        await until(() => line.closing !== undefined);
        assertSilence(step.peer);
        assert.deepEqual(
          [line.closing?.code, line.closing?.reason],
          [step.code, ""],
          `how ${step.peer} was ended`,
        );
      }
    }
  };

  return {
    checks: sections.map(({ title, steps }) => ({
      title,
      check: async (): Promise<void> => {
        for (const step of steps) await play(step);
        await flush();
        for (const [name, line] of lines) {
          if (steps.some((step) => step.kind === "goes" && step.peer === name)) continue;
          if (line.closing !== undefined) continue;
          assertSilence(name);
        }
      },
    })),
    /** Everybody goes. */
    async end(): Promise<void> {
      for (const line of lines.values()) await leave(line);
    },
  };
};
