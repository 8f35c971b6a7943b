// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { createLanes, type Lanes, type Verdict } from "./lanes.ts";

const failed = (error: unknown): void => {
  throw error;
};

/** A server that answers when it is told to. */
const server = (lanes: Lanes) => {
  const answers = new Map<string, (verdict: Verdict) => void>();
  const sent: string[] = [];
  const givenUp: string[] = [];
  return {
    sent,
    givenUp,
    send: (slot: number, ...names: readonly string[]) => {
      for (const name of names) {
        lanes.send({
          slot,
          send() {
            sent.push(name);
            return new Promise((resolve) => answers.set(name, resolve));
          },
          giveUp: () => givenUp.push(name),
        });
      }
    },
    async answer(name: string, verdict: Verdict) {
      answers.get(name)?.(verdict);
      await turn();
    },
  };
};

const elsewhere = async (): Promise<void> => {};

describe("commands for one slot", () => {
  test("that are sent again keep their order, also with those that came meanwhile", async () => {
    const lanes = createLanes(() => {}, failed);
    const { sent, send, answer } = server(lanes);
    send(7, "a", "b", "c");
    await answer("a", "over");
    await answer("b", elsewhere);
    send(7, "d");
    assert.deepEqual(sent, ["a", "b", "c"]);
    await answer("c", elsewhere);
    assert.deepEqual(sent, ["a", "b", "c", "b", "c", "d"]);
    for (const name of ["b", "c", "d"]) await answer(name, "over");
    assert.equal(lanes.idle, true);
  });

  test("wait for what has to come before, and those of other slots do not", async () => {
    const lanes = createLanes(() => {}, failed);
    const { sent, send, answer } = server(lanes);
    let known: () => void = () => {};
    const look = () =>
      new Promise<void>((resolve) => {
        known = resolve;
      });
    send(7, "a");
    await answer("a", look);
    send(7, "b");
    send(8, "other");
    assert.deepEqual(sent, ["a", "other"]);
    known();
    await turn();
    assert.deepEqual(sent, ["a", "other", "a", "b"]);
  });

  test("that wait are given up when all is begun anew, and what is under way is not sent again", async () => {
    let settled = 0;
    const lanes = createLanes(() => {
      settled += 1;
    }, failed);
    const { sent, givenUp, send, answer } = server(lanes);
    send(7, "a", "b");
    send(8, "other");
    await answer("a", elsewhere);
    send(7, "c");
    lanes.clear();
    assert.deepEqual(givenUp, ["a", "c"]);
    assert.equal(lanes.idle, false);
    await answer("b", elsewhere);
    await answer("other", "over");
    assert.deepEqual(givenUp, ["a", "c", "b"]);
    assert.deepEqual([sent, lanes.idle, settled], [["a", "b", "other"], true, 1]);
  });
});
