// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { costNames } from "./cluster/costs.ts";
import { type CostSheet, sheetOf } from "./cluster/sheet.ts";
import { knockCases } from "./load/knocks.ts";
import { receiptCases } from "./load/receipts.ts";
import { messageOf, wires } from "./load/wires.ts";
import { clusterPart, costsFile, resultsPage, scalePage, scalePicture, writtenPart } from "./pages.ts";
import { entranceWires, quickPlan, relayWires } from "./plan.ts";
import { report } from "./report.ts";
import { clusterReport } from "./report-cluster.ts";
import { runPlan } from "./run.ts";
import { measuredCosts } from "./scale/measured.ts";
import { needsOf, ratesOf, usualGround, usualLoad, usualLoads } from "./scale/model.ts";
import { boundsPicture } from "./scale/picture.ts";
import { paperTables } from "./scale/tables.ts";
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
  const { cluster } = results;
  if (cluster === undefined) assert.fail();
  assert.deepEqual(new Set(cluster.costs.map(({ name }) => name)), new Set(costNames));
  for (const { slices, trips, wire } of cluster.relays) {
    for (const { messages } of slices) assert.ok(messages > 0, `${wire} relayed nothing`);
    for (const { micros } of trips) assert.equal(micros.length, quickPlan.cluster.relay.samples);
  }
  assert.equal(cluster.drain.gaps, 0);
  const sheet = sheetOf("this machine", cluster);
  const told = `${clusterReport(sheet)}${paperTables(sheet, usualLoads, usualGround)}`;
  assert.doesNotMatch(told, /NaN|Infinity|undefined/);
  const page = report(quickPlan, results);
  assert.equal(page.match(/^### /gm)?.length, 8);
  assert.doesNotMatch(page, /NaN|Infinity/);
});

// Written by the bench.
const measured: CostSheet = JSON.parse(readFileSync(costsFile, "utf8"));

test("the pages say what was measured, and what follows from that", () => {
  assert.equal(writtenPart(resultsPage, clusterPart), clusterReport(measured).trim());
  assert.equal(writtenPart(scalePage, ""), paperTables(measured, usualLoads, usualGround).trim());
  assert.equal(
    readFileSync(scalePicture, "utf8"),
    boundsPicture(usualLoad, usualGround, measuredCosts(measured)),
  );
});

test("what it takes grows with the peers, never below two nodes and one Redis", () => {
  const costs = measuredCosts(measured);
  const few = needsOf({ ...usualLoad, peers: 1_000 }, usualGround, costs);
  assert.deepEqual([few.nodes, few.masters, few.balancers], [2, 1, 1]);
  const [one, ten] = [1e6, 1e7].map((peers) => needsOf({ ...usualLoad, peers }, usualGround, costs));
  if (one === undefined || ten === undefined) assert.fail();
  assert.ok(one.nodes * usualGround.linesPerNode >= 1e6);
  assert.ok(one.nodes * usualGround.busyShare >= one.nodeCores);
  assert.ok(Math.abs(ten.nodeGigabytes - 10 * one.nodeGigabytes) < 1e-6);
  assert.ok(ten.masters > one.masters && ten.nodes > one.nodes);
});

test("how often things happen follows from how long peers stay and how often they call", () => {
  const load = {
    ...usualLoad,
    peers: 3_600,
    sessionMinutes: 60,
    callsPerHour: 2,
    signalsPerCall: 10,
    peak: 1,
  };
  const rates = ratesOf({
    ...load,
    breaksPerHour: 3,
    devicesPerPeer: 0.5,
    pollEverySeconds: 60,
    knocksPerHour: 2,
  });
  assert.deepEqual(rates, {
    "come across": 1,
    "go across": 1,
    "signal across": 20,
    "resume elsewhere": 3,
    poll: 30,
    "knock across": 1,
  });
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
