// SPDX-License-Identifier: MIT
import type { Store, Write } from "./store.ts";

/** The store, telling every write that was committed through it, once it is. */
export const observed = (store: Store, told: (write: Write) => void): Store => ({
  get: (kind, key) => store.get(kind, key),
  scan: (kind, group, after, limit) => store.scan(kind, group, after, limit),
  count: (kind, group) => store.count(kind, group),
  async commit(writes) {
    const versions = await store.commit(writes);
    if (versions !== undefined) for (const write of writes) told(write);
    return versions;
  },
  next: () => store.next(),
  expired: (now, limit) => store.expired(now, limit),
  watch: (kind, group, wake) => store.watch(kind, group, wake),
});
