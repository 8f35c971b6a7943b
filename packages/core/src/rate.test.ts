// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fullBucket, inDebt, refillMs, take } from "./rate.ts";

test("a full bucket gives its burst at once, then its rate", () => {
  const bucket = fullBucket(3, 0);
  assert.deepEqual(
    [1, 2, 3, 4].map(() => take(bucket, 0, 2, 3)),
    [true, true, true, false],
  );
  assert.equal(take(bucket, 999, 2, 3), false);
  assert.equal(take(bucket, 2_000, 2, 3), true);
});

test("a bucket never holds more than its burst, however long nobody came", () => {
  const bucket = fullBucket(2, 0);
  const later = 1_000_000;
  assert.deepEqual(
    [1, 2, 3].map(() => take(bucket, later, 100, 2)),
    [true, true, false],
  );
});

test("a refused frame costs a token too, down to a debt of one burst", () => {
  const bucket = fullBucket(3, 0);
  const debts = [1, 2, 3, 4, 5, 6, 7, 8].map(() => {
    take(bucket, 0, 1, 3);
    return inDebt(bucket, 3);
  });
  assert.deepEqual(debts, [false, false, false, false, false, true, true, true]);
  assert.equal(bucket.tokens, -3);
});

test("after the time it states a frame passes, and not a millisecond sooner", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 1, max: 1_000 }),
      fc.nat(1_500),
      (rate, burst, takes) => {
        const bucket = fullBucket(burst, 0);
        for (let count = 0; count < takes; count += 1) take(bucket, 0, rate, burst);
        const wait = refillMs(bucket, rate);
        assert.equal(take({ ...bucket }, wait, rate, burst), true);
        if (wait > 1) assert.equal(take({ ...bucket }, wait - 1, rate, burst), false);
      },
    ),
  );
});

test("a clock that goes back neither gives nor takes tokens", () => {
  const bucket = fullBucket(5, 1_000);
  take(bucket, 1_000, 1, 5);
  take(bucket, 0, 1, 5);
  assert.equal(bucket.tokens, 3);
});

test("over any span no more frames pass than the burst and the rate allow", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(400), { maxLength: 200 }),
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 20 }),
      (gaps, rate, burst) => {
        const bucket = fullBucket(burst, 0);
        let now = 0;
        let passed = 0;
        for (const gap of gaps) {
          now += gap;
          if (take(bucket, now, rate, burst)) passed += 1;
        }
        assert.ok(passed <= burst + (now * rate) / 1000 + 1e-6);
      },
    ),
  );
});
