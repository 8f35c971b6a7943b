// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { DataFolderError, sqliteStore } from "@signalbox/backplane/sqlite";
import { storeSuite } from "./store-suite.ts";

const folder = () => mkdtemp(join(tmpdir(), "signalbox-store-"));

storeSuite("SQLite", async () => {
  const path = await folder();
  const store = sqliteStore(path);
  return {
    store,
    async stop() {
      store.close();
      await rm(path, { recursive: true });
    },
  };
}, [{ clause: "wakes who watches on another node", reason: "one process owns a folder" }]);

describe("a data folder", () => {
  test("keeps its records when it is opened again", async () => {
    const path = await folder();
    const first = sqliteStore(path);
    await first.commit([{ kind: "room", key: "hall", expects: 0, becomes: { group: "rooms", value: "{}" } }]);
    const before = await first.get("room", "hall");
    first.close();
    const second = sqliteStore(path);
    assert.deepEqual(await second.get("room", "hall"), before);
    const [version = 0] =
      (await second.commit([
        { kind: "room", key: "den", expects: 0, becomes: { group: "rooms", value: "{}" } },
      ])) ?? [];
    assert.ok(version > (before?.version ?? 0));
    second.close();
    await rm(path, { recursive: true });
  });

  test("has one owner: a second one is refused plainly, and the first goes on", async () => {
    const path = await folder();
    const store = sqliteStore(path);
    assert.throws(
      () => sqliteStore(path),
      (error) => error instanceof DataFolderError && /in use by another server/.test(error.message),
    );
    await store.commit([{ kind: "room", key: "hall", expects: 0, becomes: { group: "rooms", value: "{}" } }]);
    store.close();
    sqliteStore(path).close();
    await rm(path, { recursive: true });
  });

  test("of a later release is refused, and left as it is", async () => {
    const path = await folder();
    sqliteStore(path).close();
    const database = new DatabaseSync(join(path, "signalbox.db"));
    database.exec("PRAGMA user_version = 99");
    database.close();
    assert.throws(() => sqliteStore(path), /later release \(schema 99/);
    await rm(path, { recursive: true });
  });

  test("holds no trace of a record that was removed and wiped", async () => {
    const path = await folder();
    const store = sqliteStore(path);
    const secret = "a=fingerprint:the-description-of-a-call";
    const [version = 0] =
      (await store.commit([
        { kind: "knock", key: "k", expects: 0, becomes: { group: "s", value: secret.repeat(50) } },
      ])) ?? [];
    await store.commit([{ kind: "knock", key: "k", expects: version }]);
    store.wipe();
    for (const file of await readdir(path)) {
      assert.ok(!(await readFile(join(path, file))).includes(secret), `${file} still holds it`);
    }
    store.close();
    await rm(path, { recursive: true });
  });
});
