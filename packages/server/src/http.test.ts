// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { folderOf, startBench } from "./testing/bench.ts";

const page = async (t: TestContext) => {
  const folder = await folderOf(t, { "index.html": "<!doctype html><title>page</title>", secret: "beside" });
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "assets", "main-B1x9aQz0.js"), "export {};");
  return folder;
};

test("GET / is the page, under a policy that lets it load only what is its own", async (t) => {
  const { host } = await startBench(t, {}, { pageFolder: await page(t) });
  const response = await fetch(`http://${host}/`);
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  assert.equal(response.headers.get("cache-control"), "no-cache");
  assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  assert.match(
    response.headers.get("content-security-policy") ?? "",
    /^default-src 'none'; script-src 'self'; style-src 'self';/,
  );
  assert.match(await response.text(), /<title>page/);
  const again = await fetch(`http://${host}/`, {
    headers: { "if-none-match": response.headers.get("etag") ?? "" },
  });
  assert.equal(again.status, 304);
});

test("files whose name changes with their content are kept for ever", async (t) => {
  const { host } = await startBench(t, {}, { pageFolder: await page(t) });
  const response = await fetch(`http://${host}/assets/main-B1x9aQz0.js`);
  assert.equal(response.headers.get("content-type"), "text/javascript; charset=utf-8");
  assert.match(response.headers.get("cache-control") ?? "", /immutable/);
});

test("no path leads out of the page's folder", async (t) => {
  const { server } = await startBench(t, {}, { pageFolder: join(await page(t), "assets") });
  for (const path of [
    "/../secret",
    "/..%2fsecret",
    "/%2e%2e/secret",
    "/assets/../../secret",
    "//secret",
    "/..\\secret",
    "/%00",
  ]) {
    // Not fetch: it would tidy the path up.
    const request = get({ host: "127.0.0.1", port: server.port, path });
    const [response] = await once(request, "response");
    response.resume();
    assert.equal(response.statusCode, 404, path);
  }
});

test("without a built page GET / says so", async (t) => {
  const { host } = await startBench(t);
  const response = await fetch(`http://${host}/`);
  assert.equal(response.status, 404);
  assert.match(await response.text(), /has not been built/);
});

test("unknown paths are 404, known ones with another method 405, and HEAD works", async (t) => {
  const { host } = await startBench(t);
  assert.equal((await fetch(`http://${host}/nothing`)).status, 404);
  const refused = await fetch(`http://${host}/healthz`, { method: "POST" });
  assert.equal(refused.status, 405);
  assert.equal(refused.headers.get("allow"), "GET, HEAD");
  const head = await fetch(`http://${host}/healthz`, { method: "HEAD" });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get("content-length"), "3");
});

test("readyz turns to 503 when the server drains, healthz does not", async (t) => {
  const { host, server } = await startBench(t);
  assert.equal((await fetch(`http://${host}/readyz`)).status, 200);
  server.drain();
  assert.equal((await fetch(`http://${host}/readyz`)).status, 503);
  assert.equal((await fetch(`http://${host}/healthz`)).status, 200);
});

test("the protocol describes itself, with the address it was asked at", async (t) => {
  const { host } = await startBench(t);
  const asyncapi = await (await fetch(`http://${host}/asyncapi.json`)).json();
  assert.match(JSON.stringify(asyncapi), new RegExp(`"host":"${host}"`));
  const schema = await (await fetch(`http://${host}/schema.json`)).json();
  assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
});

test("the public URL is what the description names where there is one", async (t) => {
  const { host } = await startBench(t, { publicUrl: "https://box.example/below" });
  const asyncapi = await (await fetch(`http://${host}/asyncapi.json`)).text();
  assert.match(asyncapi, /"host":"box.example"/);
  assert.match(asyncapi, /"pathname":"\/below\/"/);
  assert.match(asyncapi, /"protocol":"wss"/);
});

test("a base path moves everything", async (t) => {
  const bench = await startBench(t, { basePath: "/below" });
  assert.equal(bench.server.url, `http://127.0.0.1:${bench.server.port}/below`);
  assert.equal((await fetch(`http://${bench.host}/below/healthz`)).status, 200);
  assert.equal((await fetch(`http://${bench.host}/healthz`)).status, 404);
  const unrupt = await bench.connect("/below/websocket/?finger=me");
  unrupt.socket.send('{"to":"me"}');
  assert.equal(await unrupt.next(), '{"to":"me"}');
  const native = await bench.connect("/below/", ["signalbox.v1"]);
  native.socket.send('{"type":"join","seq":1}');
  assert.equal(JSON.parse(await native.next()).type, "welcome");
  await assert.rejects(bench.connect("/websocket/?finger=me"), /404/);
});
