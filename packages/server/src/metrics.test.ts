// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { createMetrics } from "./metrics.ts";
import { startBench } from "./testing/bench.ts";

const sources = {
  hub: () => ({ lines: 1, sessions: 2, rooms: 3 }),
  gateway: () => ({ lines: 1, framesRead: 4, bytesRead: 5, framesWritten: 6, bytesWritten: 7 }),
  draining: () => true,
  addresses: () => 8,
  certificateExpiry: () => 9_000,
  cluster: () => ({
    open: true,
    nodes: 13,
    lagMs: 500,
    leaseLeftMs: 7_500,
    losses: { connection: 17, lapsed: 18 },
    sweptLeases: 19,
    sweptMembers: 20,
    parcelsSent: 14,
    parcelsRefused: 15,
    parcelsReceived: 16,
  }),
  lan: () => ({ packets: { taken: 10, "wrong-key": 11 }, announcements: { forged: 12 } }),
};

test("docs/metrics.md lists exactly the metrics there are, with their types and labels", async () => {
  const page = await readFile(new URL("../../../docs/metrics.md", import.meta.url), "utf8");
  const documented = [...page.matchAll(/^\| `(signalbox_\w+)` \| (\w+) \| (.*?) \|/gm)].map(
    ([, name, type, labels = ""]) => [
      name,
      type,
      [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label).sort(),
    ],
  );
  const { registry } = createMetrics("0", sources);
  const registered = registry
    .getMetricsAsArray()
    .filter(({ name }) => name.startsWith("signalbox_"))
    .map((metric) => [
      metric.name,
      metric.constructor.name.toLowerCase(),
      "labelNames" in metric && Array.isArray(metric.labelNames) ? [...metric.labelNames].sort() : [],
    ]);
  const byName = (rows: readonly (readonly unknown[])[]) =>
    [...rows].sort((a, b) => String(a[0]).localeCompare(String(b[0])));
  assert.deepEqual(byName(documented), byName(registered));
});

test("what is counted elsewhere is asked at each scrape", async () => {
  const text = await createMetrics("0", sources).registry.metrics();
  for (const line of [
    "signalbox_sessions 2",
    "signalbox_rooms 3",
    "signalbox_frames_read_total 4",
    "signalbox_written_bytes_total 7",
    "signalbox_draining 1",
    "signalbox_addresses_tracked 8",
    "signalbox_certificate_expiry_seconds 9",
    "signalbox_cluster_nodes 13",
    "signalbox_cluster_ready 1",
    "signalbox_cluster_lag_seconds 0.5",
    "signalbox_lease_seconds 7.5",
    'signalbox_lease_lost_total\\{why="lapsed"\\} 18',
    "signalbox_leases_swept_total 19",
    "signalbox_members_swept_total 20",
    'signalbox_parcels_total\\{result="refused"\\} 15',
    'signalbox_lan_packets_total\\{result="wrong-key"\\} 11',
    'signalbox_lan_announcements_total\\{result="forged"\\} 12',
  ]) {
    assert.match(text, new RegExp(`^${line}$`, "m"));
  }
});

test("a server that is alone says nothing of a cluster", async () => {
  const text = await createMetrics("0", { ...sources, cluster: () => undefined }).registry.metrics();
  assert.doesNotMatch(text, /^signalbox_cluster_/m);
});

test("each mark that a node sends itself is counted by how long it took", async () => {
  const { heardItself, registry } = createMetrics("0", sources);
  for (const lagMs of [0, 3, 3, 700]) heardItself(lagMs);
  const text = await registry.metrics();
  for (const [seconds, count] of [
    ["0.001", 1],
    ["0.005", 3],
    ["0.5", 3],
    ["1", 4],
  ])
    assert.ok(text.includes(`signalbox_bus_lag_seconds_bucket{le="${seconds}"} ${count}\n`), `${seconds}`);
  assert.match(text, /^signalbox_bus_lag_seconds_sum 0\.706$/m);
});

test("without a certificate there is no expiry", async () => {
  const text = await createMetrics("0", {
    ...sources,
    certificateExpiry: () => undefined,
  }).registry.metrics();
  assert.doesNotMatch(text, /^signalbox_certificate_expiry_seconds /m);
});

test("a call shows in the metrics, and nothing that a peer said does", async (t) => {
  const bench = await startBench(t);
  const first = await bench.unrupt("hush-one");
  const second = await bench.unrupt("hush-two");
  first.socket.send('{"to":"hush-two","sdp":"hush"}');
  await second.next();
  first.socket.send('{"to":"hush-nobody"}');
  first.socket.send('{"to":"hush-one"}');
  await first.next();
  assert.equal((await fetch(`http://${bench.host}/hush-path`)).status, 404);
  const text = await (await fetch(`http://${bench.host}/metrics`)).text();
  for (const line of [
    'signalbox_lines{dialect="unrupt"} 2',
    'signalbox_joins_total{dialect="unrupt"} 2',
    'signalbox_signals_total{from="unrupt",to="unrupt",fate="sent"} 2',
    'signalbox_signals_total{from="unrupt",to="none",fate="unknown"} 1',
    'signalbox_http_requests_total{route="none",status="404"} 1',
  ]) {
    assert.ok(text.includes(`\n${line}\n`), line);
  }
  assert.equal(text.includes("hush"), false);
});
