// SPDX-License-Identifier: MIT
/** Plays a transcript to a real hub over lines without sockets, and holds what is told against what was recorded. */
import assert from "node:assert/strict";
import { memoryDirectory, memoryNetwork } from "@signalbox/backplane/memory";
import { createHub, type Dialect, type Hub, type NodeId } from "@signalbox/core";
import {
  type HandClock,
  handClock,
  handshakeAt,
  settled,
  type TestLine,
  testLine,
  testParts,
} from "@signalbox/core/testing";
import type { Section, Step } from "./transcript.ts";

export interface Stage {
  readonly hub: Hub;
  readonly clock: HandClock;
  /** Opens a line of the stage's dialect, or of another one. */
  open(name: string, target: string, other?: Dialect): TestLine;
  /** The same on a second node of the same room. */
  openElsewhere(name: string, target: string): TestLine;
  /** The line that was opened last under this name. */
  line(name: string): TestLine;
  names(): Iterable<string>;
}

/** A hub, with another node beside it, and the named lines of one dialect on them. */
export const stage = (dialect: Dialect): Stage => {
  const clock = handClock();
  const network = memoryNetwork();
  const directory = memoryDirectory();
  const hubOf = (node: string) =>
    createHub(testParts(node, directory, network.bus(node as NodeId), { clock }));
  const hub = hubOf("here");
  const elsewhere = hubOf("elsewhere");
  const lines = new Map<string, TestLine>();
  const opened = (name: string, line: TestLine): TestLine => {
    lines.set(name, line);
    return line;
  };
  return {
    hub,
    clock,
    open: (name, target, other = dialect) => opened(name, testLine(hub, other, handshakeAt(target))),
    openElsewhere: (name, target) => opened(name, testLine(elsewhere, dialect, handshakeAt(target))),
    line(name) {
      const line = lines.get(name);
      assert.ok(line !== undefined, `${name} was never opened`);
      return line;
    },
    names: () => lines.keys(),
  };
};

export interface Manner {
  /** How a frame is compared: word for word, or as the JSON it is, whose keys have an order but no blanks. */
  readonly compare: "verbatim" | "json";
  /** Who wrote down what came: a probe that read everything, or the client, which stops reading before it goes. */
  readonly recordedBy: "probe" | "client";
}

const normal = (text: string, { compare }: Manner): string =>
  compare === "verbatim" ? text : JSON.stringify(JSON.parse(text));

/**
 * Plays one section after the other and returns a check for each, so that a suite can name them.
 *
 * Each connection is told exactly what was recorded, in that order and nothing else; between two connections no order
 * is promised. Silence is checked with it: at the end of a section, when a client goes and when it is ended, all that
 * it was told must have been in the transcript.
 */
export const replay = (dialect: Dialect, sections: readonly Section[], manner: Manner) => {
  const on = stage(dialect);
  const heard = new Map<TestLine, number>();
  const gone = new Set<TestLine>();

  const assertSilence = (name: string): void => {
    const line = on.line(name);
    assert.deepEqual(line.told.slice(heard.get(line) ?? 0), [], `${name} was told more than was recorded`);
  };

  const play = async (step: Step): Promise<void> => {
    switch (step.kind) {
      case "opens":
        on.open(step.peer, step.target);
        break;
      case "says":
        on.line(step.peer).send(step.frame);
        break;
      case "goes":
        if (manner.recordedBy === "probe") assertSilence(step.peer);
        gone.add(on.line(step.peer));
        on.line(step.peer).drop();
        break;
      case "hears": {
        const line = on.line(step.peer);
        const index = heard.get(line) ?? 0;
        const text = line.told[index];
        assert.ok(text !== undefined, `${step.peer} was not told: ${step.text}`);
        assert.equal(normal(text, manner), normal(step.text, manner), `what ${step.peer} was told`);
        heard.set(line, index + 1);
        break;
      }
      case "ended": {
        assertSilence(step.peer);
        const { closing } = on.line(step.peer);
        assert.deepEqual([closing?.code, closing?.reason], [step.code, ""], `how ${step.peer} was ended`);
        gone.add(on.line(step.peer));
      }
    }
    await settled();
  };

  return sections.map(({ title, steps }) => ({
    title,
    check: async (): Promise<void> => {
      for (const step of steps) await play(step);
      for (const name of on.names()) {
        if (gone.has(on.line(name))) continue;
        assertSilence(name);
        assert.equal(on.line(name).closing, undefined, `${name} was ended`);
      }
    },
  }));
};
