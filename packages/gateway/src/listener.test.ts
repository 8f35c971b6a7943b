// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test } from "node:test";
import { say } from "./exchange.ts";
import type { Route } from "./http.ts";
import { openBench } from "./testing/bench.ts";

/** Its end, in whichever way: a socket that was reset tells of an error before it closes. */
const gone = (socket: Socket): Promise<void> => new Promise((resolve) => socket.on("close", () => resolve()));

test("a connection that sends nothing is dropped", { timeout: 10_000 }, async (t) => {
  const bench = await openBench(t, { limits: { handshakeMs: 100 } });
  const socket = bench.tcp();
  socket.resume();
  await gone(socket);
});

test("a request whose headers never end is dropped", { timeout: 10_000 }, async (t) => {
  const bench = await openBench(t, { limits: { handshakeMs: 100 } });
  const socket = bench.tcp();
  socket.write("GET / HTTP/1.1\r\nHost: x\r\n");
  const drip = setInterval(() => socket.write("X-Drip: 1\r\n"), 20);
  t.after(() => clearInterval(drip));
  socket.resume();
  await gone(socket);
});

test("a client that asks and does not read the answer is dropped", { timeout: 10_000 }, async (t) => {
  const dropped = Promise.withResolvers<void>();
  const handle: Route["handle"] = ({ request, response }) => {
    request.socket.on("close", () => dropped.resolve());
    say(response, 200, {}, Buffer.alloc(32 * 1024 * 1024));
  };
  const bench = await openBench(t, {
    limits: { handshakeMs: 100 },
    routes: [{ name: "much", methods: ["GET"], path: "/much", handle }],
  });
  const socket = bench.tcp();
  socket.pause();
  socket.write("GET /much HTTP/1.1\r\nHost: x\r\n\r\n");
  await dropped.promise;
});

test("an open line is not held to the time for a handshake", { timeout: 10_000 }, async (t) => {
  const bench = await openBench(t, { limits: { handshakeMs: 100 } });
  const client = await bench.connect();
  const silent = bench.tcp();
  silent.resume();
  // By the time the silent one is dropped, the line has outlived the bound.
  await gone(silent);
  client.socket.send("still here");
  assert.equal(await client.next(), "still here");
});

test("an address holds at most as many unfinished connections as it may have lines", async (t) => {
  const bench = await openBench(t, { limits: { connectionsPerAddress: 2 } });
  const first = bench.tcp();
  const second = bench.tcp();
  await Promise.all([once(first, "connect"), once(second, "connect")]);
  const third = bench.tcp();
  third.resume();
  await gone(third);
  first.destroy();
  // The place is free again once the server has seen the end of the first.
  for (;;) {
    const client = await bench.connect().catch(() => undefined);
    if (client !== undefined) break;
  }
});

test("any other upgrade than to WebSocket is answered as a plain request", async (t) => {
  const bench = await openBench(t);
  const refused = await bench.refusal("/", { upgrade: "h2c" });
  assert.equal(refused.status, 404);
  assert.equal(refused.body, "404: Not Found\n");
});
