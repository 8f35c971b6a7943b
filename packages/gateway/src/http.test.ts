// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type TestContext, test } from "node:test";
import { sayText } from "./exchange.ts";
import { type Route, router } from "./http.ts";

const routes: readonly Route[] = [
  {
    name: "greet",
    methods: ["GET"],
    path: "/greet",
    handle: ({ response, query }) => sayText(response, 200, `hello ${query("who")}`),
  },
  {
    name: "make",
    methods: ["POST"],
    path: "/greet",
    handle: ({ response }) => sayText(response, 201, "made"),
  },
  {
    name: "below",
    methods: ["GET"],
    path: "/files/*",
    handle: ({ response, path }) => sayText(response, 200, path),
  },
  {
    name: "broken",
    methods: ["GET"],
    path: "/broken",
    handle: () => {
      throw new Error("a bug");
    },
  },
];

const serve = async (t: TestContext, basePath = "") => {
  const answered: string[] = [];
  const failed: unknown[] = [];
  const server = createServer(
    router({
      routes,
      basePath,
      address: () => "192.0.2.1",
      admit: () => undefined,
      answered: (route, status) => answered.push(`${route} ${status}`),
      failed: (error) => failed.push(error),
    }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return { url: `http://127.0.0.1:${address.port}`, answered, failed };
};

test("a route answers its path and method, and is named in what is counted", async (t) => {
  const { url, answered } = await serve(t);
  const response = await fetch(`${url}/greet?who=you&who=me`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/plain; charset=utf-8");
  assert.equal(await response.text(), "hello you\n");
  assert.equal((await fetch(`${url}/greet`, { method: "POST" })).status, 201);
  assert.deepEqual(answered, ["greet 200", "make 201"]);
});

test("HEAD says what GET would, without a body", async (t) => {
  const { url } = await serve(t);
  const response = await fetch(`${url}/greet?who=you`, { method: "HEAD" });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-length"), "10");
  assert.equal(await response.text(), "");
});

test("an unknown path is 404, a known path with another method 405 with what it allows", async (t) => {
  const { url, answered } = await serve(t);
  assert.equal((await fetch(`${url}/nothing`)).status, 404);
  const refused = await fetch(`${url}/greet`, { method: "DELETE" });
  assert.equal(refused.status, 405);
  assert.equal(refused.headers.get("allow"), "GET, HEAD, POST");
  assert.equal(await refused.text(), "405: Method Not Allowed\n");
  assert.deepEqual(answered, ["none 404", "none 405"]);
});

test("a route with /* answers everything below it", async (t) => {
  const { url } = await serve(t);
  assert.equal(await (await fetch(`${url}/files/a/b%20c`)).text(), "/files/a/b c\n");
  assert.equal((await fetch(`${url}/files`)).status, 404);
});

test("a base path moves every route", async (t) => {
  const { url } = await serve(t, "/below/this");
  assert.equal((await fetch(`${url}/below/this/greet?who=you`)).status, 200);
  assert.equal((await fetch(`${url}/greet`)).status, 404);
  assert.equal((await fetch(`${url}/below/thisgreet`)).status, 404);
  const bare = await fetch(`${url}/below/this`, { redirect: "manual" });
  assert.equal(bare.status, 308);
  assert.equal(bare.headers.get("location"), "/below/this/");
});

test("a handler that throws is a 500 and a reported bug, and the next request is served", async (t) => {
  const { url, failed } = await serve(t);
  const response = await fetch(`${url}/broken`);
  assert.equal(response.status, 500);
  assert.equal(await response.text(), "500: Internal Server Error\n");
  assert.equal(failed.length, 1);
  assert.equal((await fetch(`${url}/greet`)).status, 200);
});
