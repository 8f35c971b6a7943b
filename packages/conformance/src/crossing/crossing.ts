// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { type BoxOptions, openBox } from "./box.ts";
import type { Actor } from "./cast.ts";

const words = { audio: "sound", video: "pictures", application: "data" } as const;

/** One cell of the matrix: both ends are connected, and each received what the other sent. */
export const crossing = (caller: Actor, callee: Actor, options: BoxOptions = {}): void => {
  const kinds = caller.sends.filter((kind) => callee.sends.includes(kind));
  const what = kinds.map((kind) => words[kind]).join(", ");
  test(`${caller.name} calls ${callee.name}: ${what}`, { timeout: 120_000 }, async (t) => {
    const box = await openBox(t, options);
    const called = await callee.awaits(box, "callee", kinds);
    assert.equal((await box.present("callee")).protocol, callee.protocol);
    const calling = await caller.calls(box, "caller", "callee", kinds);
    await Promise.all([calling.agreed, called.agreed]);
    const [here, there] = await Promise.all([calling.path, called.path]);
    await Promise.all([here.connected, there.connected]);
    await Promise.all([here.sees(called.brightness), there.sees(calling.brightness)]);
    if (kinds.includes("audio")) await Promise.all([here.hears(), there.hears()]);
    if (kinds.includes("application")) assert.equal(await calling.echo?.("hello"), "hello");
    assert.deepEqual([calling.faults(), called.faults()], [[], []]);
  });
};
