// SPDX-License-Identifier: MIT
import type { DatabaseSync } from "node:sqlite";

/**
 * The schema, as the steps that lead to it. A database says in `user_version` how many it has taken; an older one is
 * led on, a newer one is refused. Steps are only ever added.
 */
const steps: readonly string[] = [
  `CREATE TABLE records (
     kind       TEXT    NOT NULL,
     key        TEXT    NOT NULL,
     grp        TEXT    NOT NULL,
     value      TEXT    NOT NULL,
     version    INTEGER NOT NULL,
     expires_at INTEGER,
     PRIMARY KEY (kind, key)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX records_by_group ON records (kind, grp, key);
   CREATE INDEX records_by_expiry ON records (expires_at) WHERE expires_at IS NOT NULL;
   CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   INSERT INTO counters VALUES ('version', 0);`,
];

export const schemaVersion = steps.length;

/** Leads a database to the present schema. Throws where it comes from a later release. */
export const migrate = (database: DatabaseSync): void => {
  const { user_version: found } = database.prepare("PRAGMA user_version").get() ?? {};
  const from = typeof found === "number" ? found : 0;
  if (from > schemaVersion) {
    throw new Error(
      `the data folder was written by a later release (schema ${from}, this one knows ${schemaVersion})`,
    );
  }
  for (let step = from; step < schemaVersion; step += 1) {
    database.exec(`BEGIN IMMEDIATE; ${steps[step]} PRAGMA user_version = ${step + 1}; COMMIT;`);
  }
};
