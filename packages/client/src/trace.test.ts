// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { handClock } from "@signalbox/core/testing";
import { createTrace } from "./trace.ts";

test("stages stand in the order they were reached, once, or as often as they happen", () => {
  const clock = handClock();
  const before = clock.now();
  clock.advance(10);
  const trace = createTrace(clock);
  trace.stood("line-open", before);
  clock.advance(5);
  trace.mark("offer-sent");
  trace.mark("offer-sent");
  trace.mark("line-away", undefined, true);
  trace.mark("line-away", undefined, true);
  trace.mark("ended", "hung-up-here");
  trace.mark("gathered");
  assert.deepEqual(trace.stages, [
    { name: "line-open", ms: -10 },
    { name: "offer-sent", ms: 5 },
    { name: "line-away", ms: 5 },
    { name: "line-away", ms: 5 },
    { name: "ended", ms: 5, detail: "hung-up-here" },
  ]);
});

test("a long call keeps its first 64 stages", () => {
  const trace = createTrace(handClock());
  for (let count = 0; count < 100; count += 1) trace.mark("ice-restart", `${count}`, true);
  assert.deepEqual([trace.stages.length, trace.stages.at(-1)?.detail], [64, "63"]);
});

test("a candidate that comes in the description and by itself counts once", () => {
  const trace = createTrace(handClock());
  const host = "candidate:1 1 udp 2122260223 192.0.2.1 5000 typ host generation 0";
  trace.counts("remote", `a=${host}`);
  trace.counts("remote", `${host} ufrag x network-id 1`);
  trace.counts(
    "remote",
    "candidate:2 1 udp 1686052607 198.51.100.1 5000 typ srflx raddr 192.0.2.1 rport 5000",
  );
  trace.counts("local", host);
  assert.deepEqual([trace.remote, trace.local], [{ host: 1, srflx: 1 }, { host: 1 }]);
});
