// SPDX-License-Identifier: MIT
import type { RecordKind, Store, StoredRecord, Write } from "@signalbox/core/registry";
import { watchers } from "../watchers.ts";

/** Records in the memory of one process. They end with it. */
export const memoryStore = (): Store => {
  const kinds = new Map<RecordKind, Map<string, StoredRecord>>();
  // Keys in order, made anew after a key came or went.
  const sorted = new Map<RecordKind, readonly string[]>();
  const watching = watchers();
  let version = 0;

  const recordsOf = (kind: RecordKind): Map<string, StoredRecord> => {
    let records = kinds.get(kind);
    if (records === undefined) {
      records = new Map();
      kinds.set(kind, records);
    }
    return records;
  };
  const keysOf = (kind: RecordKind): readonly string[] => {
    let keys = sorted.get(kind);
    if (keys === undefined) {
      keys = [...recordsOf(kind).keys()].sort((a, b) => (a < b ? -1 : 1));
      sorted.set(kind, keys);
    }
    return keys;
  };
  const write = ({ kind, key, becomes }: Write): number => {
    const records = recordsOf(kind);
    if (becomes === undefined) {
      if (records.delete(key)) sorted.delete(kind);
      return 0;
    }
    if (!records.has(key)) sorted.delete(kind);
    version += 1;
    records.set(key, { kind, key, version, ...becomes });
    return version;
  };

  return {
    get: async (kind, key) => recordsOf(kind).get(key),
    async scan(kind, group, after, limit) {
      const records: StoredRecord[] = [];
      const keys = keysOf(kind);
      for (let index = firstAbove(keys, after); index < keys.length; index += 1) {
        const record = recordsOf(kind).get(keys[index] ?? "");
        if (record === undefined || (group !== undefined && record.group !== group)) continue;
        if (records.length === limit) return { records, more: true };
        records.push(record);
      }
      return { records, more: false };
    },
    async count(kind, group) {
      let count = 0;
      for (const record of recordsOf(kind).values()) if (record.group === group) count += 1;
      return count;
    },
    async commit(writes) {
      const before = writes.map(({ kind, key }) => recordsOf(kind).get(key));
      if (writes.some(({ expects }, index) => (before[index]?.version ?? 0) !== expects)) return undefined;
      const versions = writes.map(write);
      writes.forEach(({ kind, becomes }, index) => {
        watching.wake(kind, before[index]?.group);
        watching.wake(kind, becomes?.group);
      });
      return versions;
    },
    async next() {
      version += 1;
      return version;
    },
    async expired(now, limit) {
      const due: StoredRecord[] = [];
      for (const records of kinds.values()) {
        for (const record of records.values())
          if (record.expiresAt !== undefined && record.expiresAt <= now) due.push(record);
      }
      return due.sort((a, b) => (a.expiresAt ?? 0) - (b.expiresAt ?? 0)).slice(0, limit);
    },
    watch: watching.watch,
  };
};

/** Index of the first key above `after` in a sorted list. */
const firstAbove = (keys: readonly string[], after: string): number => {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keys[middle] ?? "") <= after) low = middle + 1;
    else high = middle;
  }
  return low;
};
