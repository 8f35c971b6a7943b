// SPDX-License-Identifier: MIT
export { schemaVersion } from "./schema.ts";
export { DataFolderError, type SqliteStore, sqliteStore } from "./store.ts";
