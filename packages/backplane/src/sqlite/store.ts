// SPDX-License-Identifier: MIT
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { RecordKind, Store, StoredRecord } from "@signalbox/core/registry";
import { watchers } from "../watchers.ts";
import { migrate } from "./schema.ts";

export interface SqliteStore extends Store {
  /** Writes the log back into the database, wipes it, and lets go of the folder. */
  close(): void;
  /** Writes the log back and empties it, so that what was removed leaves no trace on disk. */
  wipe(): void;
}

/** The folder is in use, cannot be written, or holds what this release cannot read. */
export class DataFolderError extends Error {}

interface Row {
  readonly kind: RecordKind;
  readonly key: string;
  readonly grp: string;
  readonly value: string;
  readonly version: number;
  readonly expires_at: number | null;
}

const recordOf = ({ kind, key, grp, value, version, expires_at }: Row): StoredRecord => ({
  kind,
  key,
  group: grp,
  value,
  version,
  ...(expires_at === null ? {} : { expiresAt: expires_at }),
});

/**
 * Records in a database file of a folder, which one process owns: a second one is refused with a DataFolderError.
 *
 * A commit survives the end of the process from the moment its promise resolves. `secure_delete` overwrites what is
 * removed, and `wipe` empties the write-ahead log, so that descriptions of calls that ended are nowhere on disk.
 * A power failure may lose the last commits (synchronous = NORMAL), never the order of those that stay.
 */
export const sqliteStore = (folder: string): SqliteStore => {
  const database = openDatabase(folder);
  const watching = watchers();
  const select = "SELECT kind, key, grp, value, version, expires_at FROM records";
  const one = database.prepare(`${select} WHERE kind = ? AND key = ?`);
  const all = database.prepare(`${select} WHERE kind = ? AND key > ? ORDER BY key LIMIT ?`);
  const some = database.prepare(`${select} WHERE kind = ? AND grp = ? AND key > ? ORDER BY key LIMIT ?`);
  const counted = database.prepare("SELECT count(*) AS n FROM records WHERE kind = ? AND grp = ?");
  const due = database.prepare(
    `${select} WHERE expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?`,
  );
  const put = database.prepare(
    "INSERT OR REPLACE INTO records (kind, key, grp, value, version, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const remove = database.prepare("DELETE FROM records WHERE kind = ? AND key = ?");
  const next = database.prepare(
    "UPDATE counters SET value = value + 1 WHERE name = 'version' RETURNING value",
  );

  // The rows come from our own table, whose columns the schema fixes.
  const rows = (found: readonly unknown[]): readonly StoredRecord[] =>
    (found as readonly Row[]).map(recordOf);
  const find = (kind: RecordKind, key: string): StoredRecord | undefined =>
    rows([one.get(kind, key)].filter((row) => row !== undefined))[0];

  return {
    get: async (kind, key) => find(kind, key),
    async scan(kind, group, after, limit) {
      const found = rows(
        group === undefined ? all.all(kind, after, limit + 1) : some.all(kind, group, after, limit + 1),
      );
      return { records: found.slice(0, limit), more: found.length > limit };
    },
    async count(kind, group) {
      return Number(counted.get(kind, group)?.n ?? 0);
    },
    async commit(writes) {
      database.exec("BEGIN IMMEDIATE");
      let open = true;
      try {
        const before = writes.map(({ kind, key }) => find(kind, key));
        const fits = writes.every(({ expects }, index) => (before[index]?.version ?? 0) === expects);
        const versions = !fits
          ? undefined
          : writes.map(({ kind, key, becomes }) => {
              if (becomes === undefined) {
                remove.run(kind, key);
                return 0;
              }
              const version = Number(next.get()?.value);
              put.run(kind, key, becomes.group, becomes.value, version, becomes.expiresAt ?? null);
              return version;
            });
        database.exec(fits ? "COMMIT" : "ROLLBACK");
        open = false;
        if (fits) {
          writes.forEach(({ kind, becomes, wakes }, index) => {
            watching.wake(kind, before[index]?.group);
            watching.wake(kind, becomes?.group);
            watching.wake(kind, wakes);
          });
        }
        return versions;
      } finally {
        if (open) database.exec("ROLLBACK");
      }
    },
    next: async () => Number(next.get()?.value),
    expired: async (now, limit) => rows(due.all(now, limit)),
    watch: watching.watch,
    wipe() {
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    },
    close() {
      if (!database.isOpen) return;
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      database.close();
    },
  };
};

const openDatabase = (folder: string): DatabaseSync => {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, "signalbox.db");
    // Readable by nobody else, also where the folder is; its log takes the same rights.
    closeSync(openSync(file, "a", 0o600));
    database = new DatabaseSync(file, { timeout: 0 });
    // Exclusive locking keeps the lock from the first write to the end: one owner a folder, also after SIGKILL.
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = WAL");
    database.exec("PRAGMA synchronous = NORMAL");
    database.exec("PRAGMA secure_delete = ON");
    database.exec("BEGIN IMMEDIATE; COMMIT");
    migrate(database);
    return database;
  } catch (error) {
    if (database?.isOpen) database.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new DataFolderError(
      /locked|busy/i.test(reason)
        ? `the data folder ${folder} is in use by another server`
        : `the data folder ${folder} cannot be used: ${reason}`,
    );
  }
};
