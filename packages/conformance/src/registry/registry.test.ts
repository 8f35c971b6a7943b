// SPDX-License-Identifier: MIT
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore } from "@signalbox/backplane/memory";
import { sqliteStore } from "@signalbox/backplane/sqlite";
import { knockEndSuite } from "./knock-end-suite.ts";
import { knockSuite } from "./knock-suite.ts";
import { registrySuite } from "./registry-suite.ts";

const memory = async () => ({ store: memoryStore(), stop: async () => {} });
const sqlite = async () => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-registry-"));
  const store = sqliteStore(folder);
  return {
    store,
    async stop() {
      store.close();
      await rm(folder, { recursive: true });
    },
  };
};

for (const [engine, make] of [
  ["memory", memory],
  ["SQLite", sqlite],
] as const) {
  registrySuite(engine, make);
  knockSuite(engine, make);
  knockEndSuite(engine, make);
}
