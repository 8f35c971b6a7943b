// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { keptReadings } from "./readings.ts";
import { climate, seeded, weather } from "./weather.ts";
import type { Quantity, Reading } from "./wire.ts";

const warmth: readonly Quantity[] = [{ id: "t", label: "Warmth", unit: "Cel", decimals: 1 }];

describe("the readings of a sensor", () => {
  test("are kept up to their number, and the oldest makes room", () => {
    const kept = keptReadings(warmth, 3);
    assert.equal(kept.latest, undefined);
    for (const at of [1, 2, 3, 4, 5]) assert.ok(kept.add({ at, values: { t: at } }));
    assert.equal(kept.count, 3);
    assert.deepEqual(kept.latest, { at: 5, values: { t: 5 } });
    assert.deepEqual(kept.history(0, 10, 10).at, [3, 4, 5]);
  });

  test("never go back in time", () => {
    const kept = keptReadings(warmth, 3);
    assert.ok(kept.add({ at: 5, values: { t: 1 } }));
    assert.ok(!kept.add({ at: 4, values: { t: 2 } }));
    assert.ok(kept.add({ at: 5, values: { t: 3 } }));
    assert.deepEqual(kept.history(0, 9, 9).columns.t?.mean, [1, 3]);
  });

  test("are given one by one where they fit, else as mean, least and most of equal spans", () => {
    const kept = keptReadings(warmth, 100);
    for (let at = 0; at < 100; at += 10) kept.add({ at, values: at === 30 ? {} : { t: at } });
    const whole = kept.history(20, 50, 4);
    assert.deepEqual([whole.bucketMs, whole.at], [0, [20, 30, 40, 50]]);
    assert.deepEqual(whole.columns.t?.mean, [20, null, 40, 50]);
    const spans = kept.history(0, 99, 5);
    assert.deepEqual([spans.bucketMs, spans.at], [20, [0, 20, 40, 60, 80]]);
    assert.deepEqual(spans.columns.t, {
      mean: [5, 20, 45, 65, 85],
      min: [0, 20, 40, 60, 80],
      max: [10, 20, 50, 70, 90],
    });
  });

  test("of any time and number become at most so many points, which leave no reading out", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(5_000), { maxLength: 200 }),
        fc.nat(5_000),
        fc.nat(5_000),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 100 }),
        (times, one, other, points, readingsMax) => {
          const kept = keptReadings(warmth, readingsMax);
          const sorted = [...times].sort((a, b) => a - b);
          for (const [value, at] of sorted.entries()) kept.add({ at, values: { t: value } });
          const [from, to] = [Math.min(one, other), Math.max(one, other)];
          const { at, columns, bucketMs } = kept.history(from, to, points);
          assert.ok(at.length <= points);
          assert.deepEqual(
            [...at],
            [...at].sort((a, b) => a - b),
          );
          const inside = [...sorted.entries()]
            .slice(-readingsMax)
            .filter(([, time]) => time >= from && time <= to)
            .map(([value]) => value);
          assert.equal(at.length === 0, inside.length === 0);
          if (inside.length > 0) {
            assert.equal(Math.min(...(columns.t?.min ?? []).map(Number)), inside[0]);
            assert.equal(Math.max(...(columns.t?.max ?? []).map(Number)), inside.at(-1));
          }
          if (bucketMs === 0) assert.deepEqual(columns.t?.mean, inside);
        },
      ),
    );
  });
});

describe("made-up weather", () => {
  const dayMs = 86_400_000;
  const day = (seed: number): readonly Reading[] => {
    const next = weather(seeded(seed));
    return Array.from({ length: 24 * 60 }, (_, minute) => next(10 * dayMs + minute * 60_000));
  };
  const meanAt = (readings: readonly Reading[], hour: number, id: string): number => {
    const some = readings.slice(hour * 60 - 30, hour * 60 + 30).map(({ values }) => values[id] ?? Number.NaN);
    return some.reduce((sum, value) => sum + value, 0) / some.length;
  };

  test("is the same for the same seed, and another for another", () => {
    assert.deepEqual(day(7), day(7));
    assert.notDeepEqual(day(7), day(8));
  });

  test("is warm in the afternoon, damper in the cold of the morning, and never out of a room's bounds", () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const readings = day(seed);
      assert.ok(meanAt(readings, 16, "temperature") > meanAt(readings, 5, "temperature") + 1);
      for (const { values } of readings) {
        assert.ok((values.temperature ?? Number.NaN) > 12 && (values.temperature ?? Number.NaN) < 30);
        assert.ok((values.humidity ?? Number.NaN) > 20 && (values.humidity ?? Number.NaN) <= 100);
      }
      const steps = readings
        .slice(1)
        .map(({ values }, index) =>
          Math.abs((values.temperature ?? Number.NaN) - (readings[index]?.values.temperature ?? 0)),
        );
      assert.ok(Math.max(...steps) < 1, "a room does not jump by a degree from one minute to the next");
    }
    const damper = [1, 2, 3, 4, 5, 6].map(
      (seed) => meanAt(day(seed), 5, "humidity") - meanAt(day(seed), 16, "humidity"),
    );
    assert.ok(damper.reduce((sum, one) => sum + one, 0) > 0);
  });

  test("names its quantities with their units", () => {
    assert.deepEqual(
      climate.map(({ id, unit }) => [id, unit]),
      [
        ["temperature", "Cel"],
        ["humidity", "%"],
      ],
    );
  });
});
