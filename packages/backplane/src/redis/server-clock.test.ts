// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { handClock } from "@signalbox/core/testing";
import fc from "fast-check";
import { createServerClock } from "./server-clock.ts";

describe("the clock of the server, as a node knows it", () => {
  test("is never further off than any answer took, and slow ones move nothing", () => {
    const answer = fc.record({ there: fc.nat(500), back: fc.nat(500), pause: fc.nat(10_000) });
    fc.assert(
      fc.property(fc.nat(10 ** 9), fc.array(answer, { minLength: 1 }), (ahead, answers) => {
        const clock = handClock();
        const known = createServerClock(clock);
        let bound = Number.POSITIVE_INFINITY;
        for (const { there, back, pause } of answers) {
          const asked = clock.now();
          clock.advance(there);
          const said = clock.now() + ahead;
          clock.advance(back);
          known.heard(said, asked);
          bound = Math.min(
            bound,
            bound === Number.POSITIVE_INFINITY ? (there + back) / 2 : Math.max(there, back),
          );
          const off = Math.abs(known.now() - (clock.now() + ahead));
          assert.ok(off <= bound + 2, `${off} ms off, and ${bound} are known`);
          clock.advance(pause);
        }
      }),
    );
  });

  test("follows where the server's is set anew", () => {
    const clock = handClock();
    const known = createServerClock(clock);
    known.heard(1_000_000, clock.now());
    known.heard(5_000_000, clock.now());
    assert.ok(Math.abs(known.now() - 5_000_000) <= 2);
    known.heard(2_000_000, clock.now());
    assert.ok(Math.abs(known.now() - 2_000_000) <= 2);
  });
});
