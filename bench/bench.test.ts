// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { knockCases } from "./load/knocks.ts";
import { receiptCases } from "./load/receipts.ts";
import { messageOf, wires } from "./load/wires.ts";
import { entranceWires, quickPlan, relayWires } from "./plan.ts";
import { report } from "./report.ts";
import { runPlan } from "./run.ts";
import { compare, median, quantile } from "./statistics.ts";

test("a tiny run measures every server in every way, and ends by itself", async () => {
  const results = await runPlan(quickPlan, () => {});
  assert.equal(results.relay.length, quickPlan.relay.inFlight.length * quickPlan.relay.bytes.length);
  for (const { slices } of results.relay) {
    assert.deepEqual(
      slices.map(({ wire }) => wire),
      relayWires,
    );
    for (const { messages, wire } of slices) assert.ok(messages > 0, `${wire} relayed nothing`);
  }
  assert.deepEqual(
    results.handshakes.map(({ wire }) => wire),
    entranceWires,
  );
  assert.deepEqual(
    results.memory.map(({ wire }) => wire),
    quickPlan.memory.wires,
  );
  assert.deepEqual(
    results.receipts.map(({ name }) => name),
    receiptCases,
  );
  for (const { micros } of results.receipts) assert.equal(micros.length, quickPlan.receipts.samples);
  assert.deepEqual(
    results.joins.map((times) => times.length),
    [2],
  );
  assert.deepEqual(
    results.calls.map(({ oneWayMs, way }) => [oneWayMs, way]),
    quickPlan.calls.oneWayMs.flatMap((ms) => quickPlan.calls.ways.map((way) => [ms, way])),
  );
  for (const { way, clientRequests, deviceRequests, signalingMs, answerMs, openMs } of results.calls) {
    assert.ok(clientRequests > 0 && deviceRequests > 0, way);
    assert.ok(signalingMs > 0 && answerMs > signalingMs && openMs >= answerMs, way);
  }
  assert.deepEqual(
    results.knocks.map(({ name }) => name),
    knockCases,
  );
  for (const { knocks, name } of results.knocks) assert.ok(knocks > 0, `${name} answered nothing`);
  assert.equal(results.dtls.length, 2 * quickPlan.dtls.stacks.length ** 2);
  const page = report(quickPlan, results);
  assert.equal(page.match(/^### /gm)?.length, 8);
  assert.doesNotMatch(page, /NaN|Infinity/);
});

test("every wire's message has exactly the size that is asked for, and is JSON", () => {
  const names = { self: "caller-1", other: "callee-1", room: "pair-1" };
  for (const [name, wire] of Object.entries(wires)) {
    for (const bytes of [600, 3072]) {
      const text = messageOf(wire, names, bytes);
      assert.equal(Buffer.byteLength(text), bytes, name);
      assert.doesNotThrow(() => JSON.parse(text.replace("##########", "7         ")), name);
    }
  }
});

test("a ratio pairs what was measured in the same round", () => {
  const ours = [
    { round: 1, rate: 10 },
    { round: 2, rate: 40 },
    { round: 3, rate: 90 },
  ];
  const theirs = [
    { round: 2, rate: 20 },
    { round: 1, rate: 10 },
    { round: 3, rate: 30 },
  ];
  assert.deepEqual(
    compare(ours, theirs, ({ rate }) => rate),
    { median: 2, least: 1, most: 3 },
  );
  assert.equal(
    compare(ours, [], ({ rate }) => rate),
    undefined,
  );
});

test("quantiles lie between the nearest ranks", () => {
  assert.equal(median([3, 1, 2, 4]), 2.5);
  assert.equal(quantile([0, 10], 0.9), 9);
  assert.equal(quantile([5], 0.99), 5);
});
