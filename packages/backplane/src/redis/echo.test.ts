// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NodeId } from "@signalbox/core";
import { handClock } from "@signalbox/core/testing";
import { createEcho } from "./echo.ts";

/** A node whose marks go where the test says. */
const ringing = () => {
  const clock = handClock();
  const sent: string[] = [];
  const measured: number[] = [];
  let unheard = 0;
  let away = false;
  const echo = createEcho({
    node: "n" as NodeId,
    keys: { inbox: (node) => `inbox:${node}` },
    link: {
      async publish(channel, text) {
        if (away) return undefined;
        assert.equal(channel, "inbox:n");
        sent.push(text);
        return 1;
      },
    },
    clock,
    patienceMs: 100,
    measured: (lagMs) => measured.push(lagMs),
    unheard() {
      unheard += 1;
    },
  });
  return {
    clock,
    echo,
    sent,
    measured,
    get unheard() {
      return unheard;
    },
    hear: (text: string | undefined) => echo.heard("inbox:n", text ?? ""),
    goAway() {
      away = true;
    },
  };
};

describe("marks that a node sends itself", () => {
  test("are timed, and the one that is on its way counts as soon as it takes longer than the last", async () => {
    const { clock, echo, sent, measured, hear } = ringing();
    await echo.send();
    clock.advance(7);
    assert.equal(hear(sent[0]), true);
    assert.deepEqual([measured, echo.lagMs], [[7], 7]);
    await echo.send();
    clock.advance(5);
    assert.equal(echo.lagMs, 7);
    clock.advance(10);
    assert.equal(echo.lagMs, 15);
    hear(sent[1]);
    assert.deepEqual([measured, echo.lagMs], [[7, 15], 15]);
  });

  test("are missed only where none that came later is heard either", async () => {
    const ring = ringing();
    const { clock, echo, sent, hear } = ring;
    await echo.send();
    clock.advance(60);
    await echo.send();
    hear(sent[1]);
    clock.advance(1_000);
    assert.equal(ring.unheard, 0);
    await echo.send();
    clock.advance(99);
    assert.equal(ring.unheard, 0);
    clock.advance(1);
    assert.equal(ring.unheard, 1);
  });

  test("are not waited for where Redis is away, or the connection they were sent on is gone", async () => {
    const ring = ringing();
    const { clock, echo, sent, measured, hear } = ring;
    await echo.send();
    echo.forget();
    clock.advance(1_000);
    assert.equal(hear(sent[0]), true, "it is a mark still, and nothing else");
    ring.goAway();
    await echo.send();
    clock.advance(1_000);
    assert.deepEqual([ring.unheard, measured, clock.pending], [0, [], 0]);
  });

  test("are told from parcels, and from what comes on other channels", () => {
    const { echo, hear } = ringing();
    assert.equal(hear('other\n{"type":"handOver"}'), false);
    assert.equal(echo.heard("wake:server", "\n1"), false);
  });
});
