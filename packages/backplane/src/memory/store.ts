// SPDX-License-Identifier: MIT
import type { RecordKind, Store, StoredRecord, Write } from "@signalbox/core/registry";
import { watchers } from "../watchers.ts";

/** Records in the memory of one process. They end with it. */
export const memoryStore = (): Store => {
  const kinds = new Map<RecordKind, Map<string, StoredRecord>>();
  /** Keys of each group, and in order: made anew after a key came or went. */
  const groups = new Map<string, Set<string>>();
  const sorted = new Map<string, readonly string[]>();
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
  /** A kind has no blank in it. */
  const nameOf = (kind: RecordKind, group: string | undefined): string =>
    group === undefined ? kind : `${kind} ${group}`;
  const keysOf = (kind: RecordKind, group: string | undefined): readonly string[] => {
    const name = nameOf(kind, group);
    let keys = sorted.get(name);
    if (keys === undefined) {
      const unsorted = group === undefined ? recordsOf(kind).keys() : (groups.get(name) ?? []);
      keys = [...unsorted].sort((a, b) => (a < b ? -1 : 1));
      if (keys.length > 0) sorted.set(name, keys);
    }
    return keys;
  };
  const regroup = (kind: RecordKind, key: string, from: string | undefined, to: string | undefined): void => {
    if (from === to) return;
    if (from === undefined || to === undefined) sorted.delete(kind);
    if (from !== undefined) {
      const name = nameOf(kind, from);
      const keys = groups.get(name);
      keys?.delete(key);
      if (keys?.size === 0) groups.delete(name);
      sorted.delete(name);
    }
    if (to !== undefined) {
      const name = nameOf(kind, to);
      groups.set(name, (groups.get(name) ?? new Set()).add(key));
      sorted.delete(name);
    }
  };
  const write = ({ kind, key, becomes }: Write): number => {
    const records = recordsOf(kind);
    regroup(kind, key, records.get(key)?.group, becomes?.group);
    if (becomes === undefined) {
      records.delete(key);
      return 0;
    }
    version += 1;
    records.set(key, { kind, key, version, ...becomes });
    return version;
  };

  return {
    get: async (kind, key) => recordsOf(kind).get(key),
    async scan(kind, group, after, limit) {
      const records: StoredRecord[] = [];
      const keys = keysOf(kind, group);
      for (let index = firstAbove(keys, after); index < keys.length; index += 1) {
        const record = recordsOf(kind).get(keys[index] ?? "");
        if (record === undefined) continue;
        if (records.length === limit) return { records, more: true };
        records.push(record);
      }
      return { records, more: false };
    },
    async count(kind, group) {
      return groups.get(nameOf(kind, group))?.size ?? 0;
    },
    async commit(writes) {
      const before = writes.map(({ kind, key }) => recordsOf(kind).get(key));
      if (writes.some(({ expects }, index) => (before[index]?.version ?? 0) !== expects)) return undefined;
      const versions = writes.map(write);
      writes.forEach(({ kind, becomes, wakes }, index) => {
        watching.wake(kind, before[index]?.group);
        watching.wake(kind, becomes?.group);
        watching.wake(kind, wakes);
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
