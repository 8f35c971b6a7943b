// SPDX-License-Identifier: MIT
/** Others write the same record first, each time: that ends, and is told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { memoryStore } from "@signalbox/backplane/memory";
import { createServer, type Store } from "@signalbox/core/registry";
import { PeerNetService } from "@signalbox/peernet/schema";
import { granted, testGround } from "../registry/ground.ts";
import { startApi } from "./api.ts";
import { deviceToken } from "./bench.ts";
import { plainWires, RestError } from "./wires.ts";

const { updateServer } = PeerNetService.method;

/** A store on which another process renews the server just before each commit, as long as it is told to. */
const contested = (): { readonly store: Store; begin(): void; readonly tries: () => number } => {
  const store = memoryStore();
  let contests = false;
  let tries = 0;
  return {
    begin() {
      contests = true;
    },
    tries: () => tries,
    store: {
      ...store,
      async commit(writes) {
        const theirs = contests ? await store.get("server", "cam") : undefined;
        if (theirs !== undefined) {
          tries += 1;
          const { group, value } = theirs;
          await store.commit([
            { kind: "server", key: "cam", expects: theirs.version, becomes: { group, value } },
          ]);
        }
        return store.commit(writes);
      },
    },
  };
};

for (const [wire, door] of [
  ["REST JSON", "rest"],
  ["grpc-js over h2c", "grpc"],
] as const) {
  test(`over ${wire}: a change that others always come before is given up, and told to be CONTENDED`, async (t) => {
    const { store, begin, tries } = contested();
    const ground = testGround(store);
    granted(await createServer(ground, { id: "cam" }, undefined, ground.digest(deviceToken)));
    begin();
    const api = await startApi(t, ground);
    const wires = plainWires(api[door]);
    t.after(() => {
      for (const one of wires) one.close();
    });
    const asked = wires
      .find(({ name }) => name === wire)
      ?.call(
        updateServer,
        create(updateServer.input, { server: { name: "servers/cam", displayName: "Front" } }),
        deviceToken,
      );
    assert.ok(asked);
    const error: unknown = await asked.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (door === "rest") {
      assert.ok(error instanceof RestError, String(error));
      assert.deepEqual([error.status, error.problem.reason], [409, "CONTENDED"]);
    } else {
      assert.ok(error instanceof Error && "code" in error, String(error));
      assert.equal(error.code, 10, "ABORTED");
    }
    assert.equal(tries(), 32);
    assert.deepEqual(api.failures, []);
  });
}
