// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { ask, camera, deviceToken, startBox } from "./bench.ts";

describe("only HTTP can be refused", () => {
  const problem = async (t: TestContext, init: RequestInit, path = "/v1/rooms", config = {}) => {
    const box = await startBox(t, config);
    const response = await fetch(`${box.url}${path}`, init);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    return { status: response.status, headers: response.headers, ...(await response.json()) };
  };

  test("a form of body nobody reads: 415", async (t) => {
    const headers = { "content-type": "application/xml" };
    const { status, reason } = await problem(t, { method: "POST", headers, body: "<room/>" });
    assert.deepEqual({ status, reason }, { status: 415, reason: "MEDIA_UNSUPPORTED" });
  });

  test("a form of answer nobody writes: 406, and nothing was done", async (t) => {
    const box = await startBox(t);
    const response = await fetch(`${box.url}/v1/rooms`, {
      method: "POST",
      headers: { accept: "image/png" },
      body: '{"uniqueId":"hall"}',
    });
    assert.equal(response.status, 406);
    assert.equal((await response.json()).reason, "NOT_ACCEPTABLE");
    assert.equal((await ask(box, "GET", "/v1/rooms/hall")).status, 404);
  });

  test("a body larger than its bound: 413", async (t) => {
    const { status, reason } = await problem(
      t,
      { method: "POST", body: JSON.stringify({ displayName: "x".repeat(2_000) }) },
      "/v1/rooms",
      { limits: { bodyBytes: 1_000 } },
    );
    assert.deepEqual({ status, reason }, { status: 413, reason: "TOO_LARGE" });
  });

  test("a method a path does not have: 405 with those it has", async (t) => {
    const { status, headers } = await problem(t, { method: "PUT" });
    assert.equal(status, 405);
    assert.equal(headers.get("allow"), "GET, HEAD, POST, OPTIONS");
  });

  test("a path of the API that is none: 404", async (t) => {
    const { status, reason } = await problem(t, {}, "/v1/nothing/here");
    assert.deepEqual({ status, reason }, { status: 404, reason: "NOT_FOUND" });
  });

  test("a field that does not exist, so that a typo is told: 400 naming it", async (t) => {
    const { status, detail } = await problem(t, { method: "POST", body: '{"uniqueID":"hall"}' });
    assert.equal(status, 400);
    assert.match(detail, /uniqueID/);
  });

  test("a token is asked for with a challenge: 401", async (t) => {
    const box = await startBox(t);
    await ask(box, "POST", "/v1/servers", camera, deviceToken);
    const { status, headers } = await ask(box, "GET", "/v1/servers/cam/knocks");
    assert.equal(status, 401);
    assert.equal(headers.get("www-authenticate"), 'Bearer realm="peernet"');
  });

  test("what may be tried again says when: 429", async (t) => {
    const box = await startBox(t, { limits: { requestsPerSecondPerAddress: 1, requestBurstPerAddress: 1 } });
    let { status, headers } = await ask(box, "GET", "/v1/rooms");
    while (status === 200) ({ status, headers } = await ask(box, "GET", "/v1/rooms"));
    assert.equal(status, 429);
    assert.equal(headers.get("retry-after"), "1");
  });
});
