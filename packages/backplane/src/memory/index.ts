// SPDX-License-Identifier: MIT
export { type MemoryNetwork, memoryNetwork } from "./bus.ts";
export { memoryDirectory } from "./directory.ts";
export { memoryStore } from "./store.ts";
