// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import type { Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { sayText } from "./exchange.ts";
import type { Route } from "./http.ts";
import { type BenchOptions, openBench } from "./testing/bench.ts";

const routes: readonly Route[] = [
  {
    name: "version",
    methods: ["GET"],
    path: "/version",
    handle: ({ request, response }) => sayText(response, 200, request.httpVersion),
  },
  {
    name: "late",
    methods: ["GET"],
    path: "/late",
    handle: ({ request }) => {
      request.socket.setTimeout(60_000);
    },
  },
];

const open = async (t: TestContext, options: BenchOptions = {}) => {
  const bench = await openBench(t, { routes, ...options });
  const session = connect(`http://127.0.0.1:${bench.port}`);
  session.on("error", () => {});
  t.after(() => session.destroy());
  return { bench, session };
};

const text = async (stream: ClientHttp2Stream): Promise<string> => {
  let all = "";
  for await (const chunk of stream.setEncoding("utf8")) all += chunk;
  return all;
};

/** Its end, in whichever way. */
const gone = (end: Socket | ClientHttp2Session | ClientHttp2Stream): Promise<void> => {
  end.on("error", () => {});
  return new Promise((resolve) => end.on("close", () => resolve()));
};

test("both versions of HTTP are spoken on one port, and WebSocket beside them", async (t) => {
  const { bench, session } = await open(t);
  assert.equal(await text(session.request({ ":path": "/version" })), "2.0\n");
  assert.equal(await (await fetch(`http://127.0.0.1:${bench.port}/version`)).text(), "1.1\n");
  const client = await bench.connect();
  client.socket.send("still a line");
  assert.equal(await client.next(), "still a line");
});

test("a request that comes in single bytes is told by its first three", async (t) => {
  const { bench } = await open(t);
  const socket = bench.tcp();
  await once(socket, "connect");
  socket.setNoDelay(true);
  // Begins like the preface of HTTP/2, and is another method.
  for (const byte of "PUT /version HTTP/1.1\r\nHost: x\r\n\r\n") {
    socket.write(byte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /^HTTP\/1\.1 405 /);
});

for (const [what, bytes] of [
  ["nothing", ""],
  ["a part of the preface", "PR"],
  ["the preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
] as const) {
  test(`a connection that sends ${what} and no more is dropped`, { timeout: 10_000 }, async (t) => {
    const { bench } = await open(t, { limits: { handshakeMs: 100 } });
    const socket = bench.tcp();
    socket.write(bytes);
    socket.resume();
    await gone(socket);
  });
}

test("an HTTP/2 connection without a request is dropped", { timeout: 10_000 }, async (t) => {
  const { session } = await open(t, { limits: { handshakeMs: 100 } });
  await gone(session);
});

test("a request of HTTP/2 whose body never ends is dropped, its connection is not", {
  timeout: 10_000,
}, async (t) => {
  const { session } = await open(t, { limits: { handshakeMs: 200 } });
  const endless = session.request({ ":path": "/late", ":method": "GET" }, { endStream: false });
  // A stream that is reset without an error closes when it has been read to its end.
  endless.resume();
  const drip = setInterval(() => endless.write("x"), 20);
  t.after(() => clearInterval(drip));
  await gone(endless);
  clearInterval(drip);
  assert.equal(await text(session.request({ ":path": "/version" })), "2.0\n");
});

test("a request that is answered later outlives the time for a handshake", { timeout: 10_000 }, async (t) => {
  const { bench, session } = await open(t, { limits: { handshakeMs: 100 } });
  const second = session.request({ ":path": "/late" });
  const first = bench.tcp();
  first.write("GET /late HTTP/1.1\r\nHost: x\r\n\r\n");
  first.resume();
  const early = Promise.race([gone(second), gone(first)]).then(() => "dropped");
  const silent = bench.tcp();
  silent.resume();
  // Twice the bound, by the server's own clock.
  await gone(silent);
  const another = bench.tcp();
  another.resume();
  assert.equal(await Promise.race([early, gone(another).then(() => "there")]), "there");
});

test("at the end idle connections of HTTP/2 are closed, and open requests are answered first", async (t) => {
  const { promise: asked, resolve: answer } = Promise.withResolvers<() => void>();
  const held: Route = {
    name: "held",
    methods: ["GET"],
    path: "/held",
    handle: ({ response }) => answer(() => sayText(response, 200, "at last")),
  };
  const { bench, session } = await open(t, { routes: [held] });
  const request = session.request({ ":path": "/held" });
  const answered = text(request);
  const release = await asked;
  const closed = bench.listener.close();
  release();
  assert.equal(await answered, "at last\n");
  await closed;
});
