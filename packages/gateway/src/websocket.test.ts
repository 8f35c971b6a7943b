// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { openBench } from "./testing/bench.ts";
import { probe } from "./testing/probe.ts";

test("a text frame arrives with its text and its bytes, and goes back untouched", async (t) => {
  const bench = await openBench(t);
  const client = await bench.connect();
  client.socket.send("zażółć ☃");
  assert.equal(await client.next(), "zażółć ☃");
  const [frame] = bench.hub.lines[0]?.received ?? [];
  assert.equal(frame?.kind, "text");
  assert.equal(frame?.kind === "text" && frame.text, "zażółć ☃");
  assert.deepEqual(frame?.bytes && Buffer.from(frame.bytes), Buffer.from("zażółć ☃"));
});

test("a fragmented text frame arrives as one", async (t) => {
  const bench = await openBench(t);
  const client = await bench.connect();
  client.socket.send("one ", { fin: false });
  client.socket.send("two ", { fin: false });
  client.socket.send("three", { fin: true });
  assert.equal(await client.next(), "one two three");
});

test("a binary frame stays binary", async (t) => {
  const bench = await openBench(t);
  const client = await bench.connect();
  client.socket.send(Buffer.from([0, 255]));
  const [payload, isBinary] = await once(client.socket, "message");
  assert.deepEqual(payload, Buffer.from([0, 255]));
  assert.equal(isBinary, true);
});

test("frames written in one turn keep their order", async (t) => {
  const bench = await openBench(t);
  const client = await bench.connect();
  const line = bench.hub.lines[0];
  for (let index = 0; index < 50; index += 1) line?.port.write([{ kind: "text", text: String(index) }]);
  for (let index = 0; index < 50; index += 1) assert.equal(await client.next(), String(index));
});

test("what is said at the end arrives before the close", async (t) => {
  const bench = await openBench(t);
  const client = await bench.connect();
  const line = bench.hub.lines[0];
  line?.port.write([{ kind: "text", text: "first" }]);
  line?.port.close({ frames: [{ kind: "text", text: "last words" }], code: 4400, reason: "bye" });
  line?.port.write([{ kind: "text", text: "too late" }]);
  assert.equal(await client.next(), "first");
  assert.equal(await client.next(), "last words");
  assert.deepEqual(await client.closed, { code: 4400, reason: "bye" });
});

test("a line is told when its peer goes", async (t) => {
  const bench = await openBench(t);
  const client = await bench.connect();
  assert.equal(bench.gateway.stats.lines, 1);
  client.socket.send("hello");
  await client.next();
  client.socket.close(1000);
  await bench.hub.lines[0]?.gone;
  assert.equal(bench.gateway.stats.lines, 0);
});

test("a frame above the mount's bound closes with 1009, and both sides are told why", async (t) => {
  const bench = await openBench(t, { dialects: [probe({ limits: { frameBytes: 1000 } })] });
  const client = await bench.connect();
  client.socket.send("x".repeat(1000));
  assert.equal((await client.next()).length, 1000);
  client.socket.send("x".repeat(1001));
  assert.equal(await client.next(), "no too-large");
  assert.equal((await client.closed).code, 1009);
  assert.deepEqual(
    bench.hub.lines[0]?.refused.map((no) => no.code),
    ["too-large"],
  );
  assert.equal(bench.hub.lines[0]?.received.length, 1);
});

test("a peer that closes with 1009 itself is not refused for it", async (t) => {
  const bench = await openBench(t);
  const client = await bench.connect();
  client.socket.close(1009);
  assert.equal((await client.closed).code, 1009);
  await bench.hub.lines[0]?.gone;
  assert.deepEqual(bench.hub.lines[0]?.refused, []);
});

test("text that is not UTF-8 closes with 1007", async (t) => {
  const bench = await openBench(t);
  const client = await bench.connect();
  client.socket.send(Buffer.from([0xc3, 0x28]), { binary: false });
  assert.equal((await client.closed).code, 1007);
  assert.equal(bench.hub.lines[0]?.received.length, 0);
});

test("each mount has its own bound on frames", async (t) => {
  const bench = await openBench(t, {
    dialects: [
      probe({ path: "/small", limits: { frameBytes: 10 } }),
      probe({ path: "/large", limits: { frameBytes: 1000 } }),
    ],
  });
  const small = await bench.connect("/small");
  const large = await bench.connect("/large");
  small.socket.send("x".repeat(100));
  large.socket.send("x".repeat(100));
  assert.equal((await small.closed).code, 1009);
  assert.equal((await large.next()).length, 100);
});

test("the first dialect that accepts a handshake gets it, and only its subprotocol is selected", async (t) => {
  const bench = await openBench(t, {
    dialects: [probe({ name: "versioned", subprotocol: "v.1" }), probe({ name: "plain" })],
  });
  const versioned = await bench.connect("/", { protocols: ["other", "v.1"] });
  const plain = await bench.connect("/", { protocols: [] });
  assert.deepEqual(
    bench.hub.lines.map((line) => line.dialect.name),
    ["versioned", "plain"],
  );
  assert.equal(versioned.socket.protocol, "v.1");
  assert.equal(plain.socket.protocol, "");
  assert.deepEqual(bench.hub.lines[0]?.handshake.protocols, ["other", "v.1"]);
});

test("the handshake tells path, first query values, origin and bearer", async (t) => {
  const bench = await openBench(t, { basePath: "/below", dialects: [probe({ path: "/a b" })] });
  await bench.connect("/below/a%20b?finger=c+d%26&finger=second", {
    origin: "https://page.example",
    headers: { authorization: "Bearer sesame" },
  });
  const { handshake } = bench.hub.lines[0] ?? {};
  assert.equal(handshake?.path, "/a b");
  assert.equal(handshake?.query("finger"), "c d&");
  assert.equal(handshake?.query("absent"), undefined);
  assert.equal(handshake?.origin, "https://page.example");
  assert.equal(handshake?.bearer, "sesame");
  assert.equal(handshake?.address, "127.0.0.1");
});

test("only a trusted proxy is believed about addresses", async (t) => {
  const naive = await openBench(t);
  await naive.connect("/", { headers: { "x-forwarded-for": "198.51.100.7" } });
  assert.equal(naive.hub.lines[0]?.handshake.address, "127.0.0.1");
  const behind = await openBench(t, { proxies: ["127.0.0.0/8"] });
  await behind.connect("/", { headers: { "x-forwarded-for": "203.0.113.1, 198.51.100.7" } });
  assert.equal(behind.hub.lines[0]?.handshake.address, "198.51.100.7");
});

test("a path that nobody speaks at is answered with 404", async (t) => {
  const bench = await openBench(t, { basePath: "/below" });
  assert.equal((await bench.refusal("/")).status, 404);
  assert.equal((await bench.refusal("/below/unknown")).status, 404);
  assert.equal((await bench.refusal("/%ff")).status, 404);
});

test("an origin that is not on the mount's list is refused, and programs without one are not", async (t) => {
  const origins = ["https://good.example"];
  const bench = await openBench(t, {
    dialects: [
      probe({ path: "/http", origins }),
      probe({ path: "/told", origins, refusesHandshakes: "after-accept" }),
      probe({ path: "/any" }),
    ],
  });
  assert.equal((await bench.refusal("/http", { origin: "https://evil.example" })).status, 403);
  const told = await bench.connect("/told", { origin: "https://evil.example" });
  assert.equal(await told.next(), "no origin-refused");
  assert.equal((await told.closed).code, 4513);
  await bench.connect("/http", { origin: "https://good.example" });
  await bench.connect("/http");
  await bench.connect("/any", { origin: "https://evil.example" });
  assert.equal(bench.hub.lines.length, 3);
  assert.equal(bench.observed.filter(({ type }) => type === "refused").length, 2);
});

test("beyond the connections of the server a newcomer is refused, and the others stay", async (t) => {
  const bench = await openBench(t, {
    limits: { connections: 2 },
    dialects: [probe({ path: "/http" }), probe({ path: "/told", refusesHandshakes: "after-accept" })],
  });
  const first = await bench.connect("/http");
  await bench.connect("/http");
  const refused = await bench.refusal("/http");
  assert.equal(refused.status, 503);
  assert.equal(refused.headers["retry-after"], "1");
  const told = await bench.connect("/told");
  assert.equal(await told.next(), "no overloaded");
  await told.closed;
  first.socket.send("still here");
  assert.equal(await first.next(), "still here");
  first.socket.close();
  await bench.hub.lines[0]?.gone;
  await bench.connect("/http");
});

test("an address has its own bound on connections", async (t) => {
  const bench = await openBench(t, { limits: { connectionsPerAddress: 2 }, proxies: ["127.0.0.1"] });
  const from = (address: string) => ({ headers: { "x-forwarded-for": address } });
  await bench.connect("/", from("198.51.100.1"));
  await bench.connect("/", from("198.51.100.1"));
  await assert.rejects(bench.connect("/", from("198.51.100.1")), /HTTP 503/);
  const other = await bench.connect("/", from("198.51.100.2"));
  other.socket.send("still here");
  assert.equal(await other.next(), "still here");
  bench.hub.lines[0]?.port.close({ frames: [], code: 1000, reason: "" });
  await bench.hub.lines[0]?.gone;
  await bench.connect("/", from("198.51.100.1"));
});

test("who is turned away in words takes no place once it is gone", async (t) => {
  const bench = await openBench(t, {
    limits: { connections: 1 },
    dialects: [probe({ refusesHandshakes: "after-accept" })],
  });
  await bench.connect();
  for (let count = 0; count < 200; count += 1) {
    const told = await bench.connect();
    assert.equal(await told.next(), "no overloaded");
    await told.closed;
  }
});

test("handshakes of one address beyond its burst are refused until its rate allows them again", async (t) => {
  const bench = await openBench(t, {
    limits: { handshakeBurstPerAddress: 3, handshakesPerSecondPerAddress: 0.5 },
    dialects: [probe({ path: "/http" }), probe({ path: "/told", refusesHandshakes: "after-accept" })],
  });
  for (let count = 0; count < 3; count += 1) await bench.connect("/http");
  const refused = await bench.refusal("/http");
  assert.equal(refused.status, 429);
  assert.equal(refused.headers["retry-after"], "2");
  const told = await bench.connect("/told");
  assert.equal(await told.next(), "no rate-limited");
  await told.closed;
  bench.clock.advance(2_000);
  await bench.connect("/http");
});

test("the defaults admit a burst of 500 connections from one address", async (t) => {
  const bench = await openBench(t);
  const clients = await Promise.all(Array.from({ length: 500 }, () => bench.connect()));
  for (const client of clients) client.socket.send("in");
  for (const client of clients) assert.equal(await client.next(), "in");
  assert.equal(bench.gateway.stats.lines, 500);
});

test("frames of one address beyond its rate end the line that sent them", async (t) => {
  const bench = await openBench(t, { limits: { frameBurstPerAddress: 5, framesPerSecondPerAddress: 1 } });
  const client = await bench.connect();
  for (let count = 0; count < 6; count += 1) client.socket.send(String(count));
  for (let count = 0; count < 5; count += 1) assert.equal(await client.next(), String(count));
  assert.equal(await client.next(), "no rate-limited");
  assert.equal((await client.closed).code, 4407);
});

test("pings count like frames", async (t) => {
  const bench = await openBench(t, { limits: { frameBurstPerAddress: 5, framesPerSecondPerAddress: 1 } });
  const client = await bench.connect();
  for (let count = 0; count < 6; count += 1) client.socket.ping();
  assert.equal(await client.next(), "no rate-limited");
});

test("a slow reader has a backlog, and does not hold up the others", async (t) => {
  const bench = await openBench(t);
  const slow = await bench.connect();
  const quick = await bench.connect();
  slow.socket.pause();
  const [slowLine, quickLine] = bench.hub.lines;
  const chunk = "x".repeat(64 * 1024);
  for (let count = 0; count < 400; count += 1) slowLine?.port.write([{ kind: "text", text: chunk }]);
  quickLine?.port.write([{ kind: "text", text: "flows" }]);
  assert.equal(await quick.next(), "flows");
  assert.ok((slowLine?.port.backlogBytes() ?? 0) > 1024 * 1024);
  assert.equal(quickLine?.port.backlogBytes(), 0);
});

test("a paused line is not read until it is resumed", async (t) => {
  const bench = await openBench(t);
  const client = await bench.connect();
  const other = await bench.connect();
  const line = bench.hub.lines[0];
  line?.port.pause();
  client.socket.send("waits");
  other.socket.send("meanwhile");
  assert.equal(await other.next(), "meanwhile");
  assert.equal(line?.received.length, 0);
  line?.port.resume();
  assert.equal(await client.next(), "waits");
});

test("a line that is closed while it is not read still ends in good order", { timeout: 4_000 }, async (t) => {
  const bench = await openBench(t);
  const client = await bench.connect();
  const line = bench.hub.lines[0];
  line?.port.pause();
  line?.port.close({ frames: [], code: 4400, reason: "bye" });
  assert.equal((await client.closed).code, 4400);
  await line?.gone;
});

test("while draining every newcomer is told to come back", async (t) => {
  const bench = await openBench(t, {
    dialects: [probe({ path: "/http" }), probe({ path: "/told", refusesHandshakes: "after-accept" })],
  });
  bench.gateway.drain();
  assert.equal((await bench.refusal("/http")).status, 503);
  const told = await bench.connect("/told");
  assert.equal(await told.next(), "no draining");
  assert.equal(bench.hub.lines.length, 0);
});
