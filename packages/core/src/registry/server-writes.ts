// SPDX-License-Identifier: MIT
/** How a server is written, and who is woken by that. */
import type { ServerRecord } from "./records.ts";
import type { StoredRecord, Write } from "./store.ts";

/** A group no record is in (a room's id has no slash): watched by those to whom changes of this one server matter. */
export const serverTopic = (id: string): string => `servers/${id}`;

/** @param before what it was. Renewals, which are many, wake nobody. */
export const serverWrite = (
  record: ServerRecord,
  before: ServerRecord | undefined,
  expects: number,
): Write => ({
  kind: "server",
  key: record.id,
  expects,
  becomes: { group: record.room, value: JSON.stringify(record), expiresAt: record.expiresAt },
  ...(before !== undefined && before.edition === record.edition && before.expiresAt <= record.expiresAt
    ? {}
    : { wakes: serverTopic(record.id) }),
});

/** @param record as it is stored now */
export const serverRemoval = ({ key, version }: StoredRecord): Write => ({
  kind: "server",
  key,
  expects: version,
  wakes: serverTopic(key),
});
