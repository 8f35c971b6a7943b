// SPDX-License-Identifier: MIT
/** What was made and the request that made it are written together: a retry after a crash makes nothing twice. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { memoryStore } from "@signalbox/backplane/memory";
import type { Store } from "@signalbox/core/registry";
import { testGround } from "../registry/ground.ts";
import { startApi } from "./api.ts";
import { answer, ask, camera, clientToken, deviceToken, offer } from "./bench.ts";

/** A store whose process ends before an answer is remembered: nothing is written after what was made. */
const crashing = (store: Store): Store => ({
  ...store,
  commit: (writes) =>
    writes.every(({ kind }) => kind === "request") ? Promise.resolve(undefined) : store.commit(writes),
});

const cases = [
  ["a room", "/v1/rooms", {}, (json: Json) => json.name ?? json.room?.name],
  ["a room with a name", "/v1/rooms", { uniqueId: "hall" }, (json: Json) => json.name ?? json.room?.name],
  ["a server", "/v1/servers", {}, (json: Json) => json.name ?? json.server?.name],
  [
    "a service",
    "/v1/servers/cam/services",
    { protocol: "sensor" },
    (json: Json) => json.name ?? json.service?.name,
  ],
  [
    "a knock",
    "/v1/servers/cam/services/camera/knocks",
    { knock: { offer } },
    (json: Json) => json.knock?.name,
  ],
] as const;

interface Json {
  readonly name?: string;
  readonly room?: { readonly name: string };
  readonly server?: { readonly name: string };
  readonly service?: { readonly name: string };
  readonly knock?: { readonly name: string };
}

describe("after a crash the same request again makes no second one:", () => {
  for (const [what, path, body, nameIn] of cases) {
    test(what, async (t: TestContext) => {
      const store = memoryStore();
      const before = await startApi(t, testGround(crashing(store)));
      const again = await startApi(t, { ...testGround(store), mintId: () => "another" });
      const token = what === "a knock" ? clientToken : deviceToken;
      await ask(before.rest, "POST", "/v1/servers", camera, deviceToken);
      const make = (api: typeof before) =>
        ask(api.rest, "POST", path, body, token, { "idempotency-key": "k-1" });
      const first = await make(before);
      const second = await make(again);
      assert.ok(nameIn(first.json), first.text);
      assert.equal(nameIn(second.json), nameIn(first.json));
      assert.equal(second.status, first.status);
      assert.equal(second.headers.get("etag"), first.headers.get("etag"));
      assert.equal((await make(again)).text, second.text);
      const other = await ask(again.rest, "POST", path, { ...body, displayName: "x" }, token, {
        "idempotency-key": "k-1",
      });
      assert.equal(other.status, 400, "another request under the same id");
      assert.deepEqual([...before.failures, ...again.failures], []);
    });
  }
});

/** A store on which the first two that look for a request find out at the same time that nobody remembers it. */
const lookedAtTogether = (): Store => {
  const store = memoryStore();
  let looks = 0;
  const { promise: together, resolve } = Promise.withResolvers<void>();
  return {
    ...store,
    async get(kind, key) {
      const found = await store.get(kind, key);
      if (kind !== "request") return found;
      looks += 1;
      if (looks === 2) resolve();
      await together;
      return found;
    },
  };
};

describe("asked of two servers at once it makes one, and both say the same:", () => {
  for (const [what, path, body, nameIn] of cases) {
    test(what, async (t: TestContext) => {
      const ground = testGround(lookedAtTogether(), {
        // One knock is all the service takes: a second one would be refused.
        knocksPerService: 1,
      });
      const one = await startApi(t, ground);
      const two = await startApi(t, { ...ground, turns: new Map() });
      const token = what === "a knock" ? clientToken : deviceToken;
      await ask(one.rest, "POST", "/v1/servers", { ...camera, uniqueId: "cam" }, deviceToken);
      const both = await Promise.all(
        [one, two].map((api) => ask(api.rest, "POST", path, body, token, { "idempotency-key": "k-1" })),
      );
      const [first, second] = both;
      assert.ok(first && second && nameIn(first.json), first?.text);
      assert.deepEqual([second.status, nameIn(second.json)], [first.status, nameIn(first.json)]);
      assert.deepEqual([...one.failures, ...two.failures], []);
    });
  }
});

test("a knock whose line broke is waited for again by the same request, at another server", async (t) => {
  const store = memoryStore();
  const ground = testGround(store);
  const { promise: watched, resolve } = Promise.withResolvers<void>();
  const watch: Store["watch"] = (...what) => {
    resolve();
    return store.watch(...what);
  };
  const one = await startApi(t, ground);
  const two = await startApi(t, { ...ground, turns: new Map(), store: { ...store, watch } });
  await ask(one.rest, "POST", "/v1/servers", camera, deviceToken);
  const path = "/v1/servers/cam/services/camera/knocks";
  const body = { knock: { offer }, requestId: "k-1", wait: "20s" };
  const abort = new AbortController();
  const broken = fetch(`${one.rest.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${clientToken}` },
    body: JSON.stringify(body),
    signal: abort.signal,
  });
  const poll = "/v1/servers/cam/knocks?wait=20s";
  const [knock] = (await ask(one.rest, "GET", poll, undefined, deviceToken)).json.knocks;
  abort.abort();
  await assert.rejects(broken, { name: "AbortError" });
  const waiting = ask(two.rest, "POST", path, body, clientToken);
  await Promise.race([watched, waiting]);
  await ask(one.rest, "POST", `/v1/${knock.name}:answer`, { answer }, deviceToken);
  const { status, json } = await waiting;
  assert.deepEqual([status, json.knock.name, json.knock.answer], [201, knock.name, answer]);
});
