// SPDX-License-Identifier: MIT
import { memoryDirectory, memoryNetwork, memoryStore } from "@signalbox/backplane/memory";
import { busSuite } from "./bus-suite.ts";
import { directorySuite } from "./directory-suite.ts";
import { storeSuite } from "./store-suite.ts";

directorySuite("memory", async () => ({ directory: memoryDirectory(), stop: async () => {} }));
busSuite("memory", async () => ({ ...memoryNetwork(), settled: async () => {}, stop: async () => {} }));
storeSuite("memory", async () => ({ store: memoryStore(), stop: async () => {} }), [
  { clause: "wakes who watches on another node", reason: "it is one process" },
]);
