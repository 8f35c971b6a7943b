// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { emitter } from "./emitter.ts";

type Events = { readonly rang: readonly [who: string]; readonly kept: readonly [number: number] };

test("listeners are told in order until they leave, by the function or by a signal", () => {
  const events = emitter<Events>();
  const log: string[] = [];
  const stop = new AbortController();
  const off = events.on("rang", (who) => log.push(`a ${who}`));
  events.on("rang", (who) => log.push(`b ${who}`), { signal: stop.signal });
  events.on("rang", () => assert.fail(), { signal: AbortSignal.abort() });
  events.emit("rang", "1");
  off();
  events.emit("rang", "2");
  stop.abort();
  events.emit("rang", "3");
  assert.deepEqual(log, ["a 1", "b 1", "b 2"]);
});

test("a function attached twice is told twice and leaves once", () => {
  const events = emitter<Events>();
  let count = 0;
  const listener = () => {
    count += 1;
  };
  const off = events.on("rang", listener);
  events.on("rang", listener);
  events.emit("rang", "x");
  off();
  events.emit("rang", "x");
  assert.equal(count, 3);
});

test("what came before the first listener is kept for it, up to 64 of each, where that was asked for", () => {
  const events = emitter<Events>(["kept"]);
  for (let number = 0; number < 70; number += 1) events.emit("kept", number);
  events.emit("rang", "nobody");
  const heard: number[] = [];
  events.on("kept", (number) => heard.push(number));
  events.on("kept", () => assert.fail("only the first listener is told what was kept"), {
    signal: AbortSignal.abort(),
  });
  events.on("rang", () => assert.fail());
  assert.equal(heard.length, 64);
  assert.deepEqual([heard[0], heard.at(-1)], [6, 69]);
});

test("what a listener throws is uncaught, and the others hear the event all the same", async (context) => {
  const events = emitter<Events>();
  const thrown: unknown[] = [];
  context.mock.method(globalThis, "queueMicrotask", (run: () => void) => {
    try {
      run();
    } catch (error) {
      thrown.push(error);
    }
  });
  const bug = new Error("bug");
  let heard = "";
  events.on("rang", () => {
    throw bug;
  });
  events.on("rang", (who) => {
    heard = who;
  });
  events.emit("rang", "x");
  assert.equal(heard, "x");
  assert.deepEqual(thrown, [bug]);
});
