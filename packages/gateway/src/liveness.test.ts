// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { openBench } from "./testing/bench.ts";
import { probe } from "./testing/probe.ts";

const limits = { silentMs: 10_000, pingEveryMs: 20_000, pongWithinMs: 20_000 };

test("a line on which nothing is settled in time is refused as silent", async (t) => {
  const bench = await openBench(t, { dialects: [probe({ limits })] });
  const silent = await bench.connect();
  const talks = await bench.connect();
  talks.socket.send("hello");
  await talks.next();
  bench.clock.advance(9_999);
  assert.equal(bench.hub.lines[0]?.refused.length, 0);
  bench.clock.advance(5_000);
  assert.equal(await silent.next(), "no silent");
  assert.equal((await silent.closed).code, 4409);
  assert.equal(bench.hub.lines[1]?.refused.length, 0);
});

test("a line that answers pings lives on", async (t) => {
  const bench = await openBench(t, { dialects: [probe({ limits })] });
  const client = await bench.connect();
  client.socket.send("hello");
  await client.next();
  for (let round = 0; round < 5; round += 1) {
    const pinged = once(client.socket, "ping");
    bench.clock.advance(30_000);
    await pinged;
    // What is sent after the pong arrives after it.
    client.socket.send("after the pong");
    await client.next();
  }
  assert.deepEqual(bench.hub.lines[0]?.refused, []);
});

test("a half-open line is found within 60 s", async (t) => {
  const bench = await openBench(t, { dialects: [probe({ limits })] });
  const client = await bench.connect("/", { autoPong: false });
  client.socket.send("hello");
  await client.next();
  bench.clock.advance(60_000);
  assert.deepEqual(
    bench.hub.lines[0]?.refused.map((no) => no.code),
    ["unresponsive"],
  );
  assert.equal(await client.next(), "no unresponsive");
});

test("a line that is not being read is not found unresponsive", async (t) => {
  const bench = await openBench(t, { dialects: [probe({ limits })] });
  const client = await bench.connect("/", { autoPong: false });
  client.socket.send("hello");
  await client.next();
  bench.hub.lines[0]?.port.pause();
  bench.clock.advance(120_000);
  assert.deepEqual(bench.hub.lines[0]?.refused, []);
});

test("one timer serves all lines, and none is left after the stop", async (t) => {
  const bench = await openBench(t);
  for (let count = 0; count < 10; count += 1) await bench.connect();
  assert.equal(bench.clock.pending, 1);
  bench.gateway.stop();
  assert.equal(bench.clock.pending, 0);
});
