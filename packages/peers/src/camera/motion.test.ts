// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { seeded } from "../sensor/weather.ts";
import { type Luma, type MotionOptions, type MotionSeen, motionDetector } from "./motion.ts";

const [width, height] = [320, 240];

/** A room with a slope of light, noise, and somebody of a size at a place. */
const scene = (
  random: () => number,
  { person, light = 0, noise = 4 }: { person?: number; light?: number; noise?: number } = {},
): Luma => {
  const data = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const isPerson = person !== undefined && x >= person && x < person + 40 && y > 80 && y < 200;
      data[y * width + x] = (isPerson ? 200 : 60 + x / 4) + light + (random() - 0.5) * 2 * noise;
    }
  }
  return { width, height, data };
};

/** Looks five times a second at what each step shows. */
const watched = (
  steps: readonly Parameters<typeof scene>[1][],
  options: MotionOptions = {},
): MotionSeen[] => {
  const look = motionDetector(options);
  const random = seeded(3);
  return steps.map((step, index) => look(scene(random, step), index * 200));
};
const times = <T>(count: number, step: T): T[] => new Array<T>(count).fill(step);
const changes = (seen: readonly MotionSeen[]): string[] =>
  seen.flatMap(({ changed }, index) => (changed === undefined ? [] : [`${changed} at ${index * 200}`]));

describe("motion", () => {
  test("is not seen in a still room, however noisy the night", () => {
    for (const noise of [0, 4, 25]) {
      assert.deepEqual(changes(watched(times(100, { noise }))), [], `noise of ${noise}`);
    }
  });

  test("is seen when somebody walks through, and is over some time after the last of it", () => {
    const walk = Array.from({ length: 20 }, (_, step) => ({ person: step * 14 }));
    const seen = watched([...times(10, {}), ...walk, ...times(30, {})]);
    assert.deepEqual(changes(seen), ["started at 2200", "ended at 8000"]);
    assert.ok(Math.max(...seen.map(({ share }) => share)) > 0.03);
  });

  test("of a single picture is none: a flash, a picture that arrived broken", () => {
    assert.deepEqual(changes(watched([...times(10, {}), { person: 100 }, ...times(20, {})])), []);
  });

  test("is not a lamp that is switched on, nor a cloud", () => {
    assert.deepEqual(changes(watched([...times(10, {}), ...times(20, { light: 60 })])), []);
    const dusk = Array.from({ length: 100 }, (_, step) => ({ light: -step / 2 }));
    assert.deepEqual(changes(watched(dusk)), []);
  });

  test("ends for what stays: a chair that was moved becomes usual", () => {
    const found = changes(watched([...times(10, {}), ...times(300, { person: 100 })]));
    assert.equal(found.length, 2);
    assert.equal(found[0], "started at 2200");
    assert.match(found[1] ?? "", /^ended at 1\d{4}$/);
  });

  test("goes on over short pauses of whoever moves", () => {
    const pauses = [
      ...times(5, {}),
      { person: 50 },
      { person: 60 },
      { person: 70 },
      ...times(5, {}),
      { person: 90 },
    ];
    assert.deepEqual(changes(watched([...times(10, {}), ...pauses, ...times(5, {})])), ["started at 3200"]);
  });

  test("has a threshold and a share that can be set", () => {
    const steps = [...times(10, {}), ...times(5, { person: 100 })];
    assert.deepEqual(changes(watched(steps, { startShare: 0.5 })), []);
    assert.deepEqual(changes(watched(steps, { threshold: 200 })), []);
  });

  test("begins anew where the picture has another size", () => {
    const look = motionDetector();
    const flat = (side: number, value: number): Luma => ({
      width: side,
      height: side,
      data: new Uint8Array(side * side).fill(value),
    });
    look(flat(64, 10), 0);
    for (let at = 200; at < 2_000; at += 200) {
      assert.equal(look(flat(128, 200), at).moving, false);
    }
    assert.equal(look({ width: 128, height: 64, data: [] }, 3_000).moving, false);
  });
});
