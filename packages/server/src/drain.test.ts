// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { test } from "node:test";
import { startBench } from "./testing/bench.ts";

test("at the end every peer is told to come back in its own words, and no connection is left", async (t) => {
  const bench = await startBench(t);
  const native = await bench.native("hall", "nat");
  assert.equal(JSON.parse(await native.next()).type, "welcome");
  assert.equal(JSON.parse(await native.next()).type, "joined");
  const flitter = await bench.flitter("other", "cam");
  await flitter.next();
  const unrupt = await bench.unrupt("finger");
  const ended = bench.server.close();
  assert.equal(JSON.parse(await native.next()).code, "draining");
  assert.equal((await native.closed).code, 4400);
  assert.equal(JSON.parse(await flitter.next()).type, "error");
  assert.equal((await flitter.closed).code, 1000);
  assert.equal((await unrupt.closed).code, 1001);
  await ended;
  await assert.rejects(bench.unrupt("late"), /ECONNREFUSED/);
});

// Before the gateway itself gives a closed line up.
test("a peer that does not close is cut after the stated time", { timeout: 4_000 }, async (t) => {
  const bench = await startBench(t, { limits: { drainMs: 100 } });
  const deaf = connectTcp(bench.server.port, "127.0.0.1");
  t.after(() => deaf.destroy());
  deaf.write(
    "GET /websocket/?finger=deaf HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await once(deaf, "data");
  await bench.server.close();
});

test("a second close is the same end", async (t) => {
  const { server } = await startBench(t);
  assert.equal(server.close(), server.close());
  await server.close();
});

test("a draining server refuses newcomers before the upgrade where their dialect allows it", async (t) => {
  const bench = await startBench(t);
  bench.server.drain();
  await assert.rejects(bench.native("hall", "late"), /503/);
  const flitter = await bench.connect("/");
  assert.equal(JSON.parse(await flitter.next()).type, "error");
});
