// SPDX-License-Identifier: MIT
/** What was made and the request that made it are written together: a retry after a crash makes nothing twice. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { memoryStore } from "@signalbox/backplane/memory";
import type { Store } from "@signalbox/core/registry";
import { testGround } from "../registry/ground.ts";
import { startApi } from "./api.ts";
import { ask, camera, clientToken, deviceToken, offer } from "./bench.ts";

/** A store whose process ends before an answer is remembered: nothing is written after what was made. */
const crashing = (store: Store): Store => ({
  ...store,
  commit: (writes) =>
    writes.every(({ kind }) => kind === "request") ? Promise.resolve(undefined) : store.commit(writes),
});

const cases = [
  ["a room", "/v1/rooms", {}, (json: Json) => json.name ?? json.room?.name],
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
