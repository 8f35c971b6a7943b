// SPDX-License-Identifier: MIT
import type { Stop } from "@signalbox/core";
import type { RecordKind } from "@signalbox/core/registry";

export interface Watchers {
  watch(kind: RecordKind, group: string, wake: () => void): Stop;
  /** Wakes whoever watches this kind and group; nobody where the group is absent. */
  wake(kind: RecordKind, group: string | undefined): void;
}

/** Who waits for changes, in this process. */
export const watchers = (): Watchers => {
  const waiting = new Map<string, Set<() => void>>();
  return {
    watch(kind, group, wake) {
      const topic = `${kind} ${group}`;
      const all = waiting.get(topic) ?? new Set();
      // A function of its own, so that one caller may watch twice.
      const own = () => wake();
      all.add(own);
      waiting.set(topic, all);
      return () => {
        all.delete(own);
        if (all.size === 0 && waiting.get(topic) === all) waiting.delete(topic);
      };
    },
    wake(kind, group) {
      if (group === undefined) return;
      for (const wake of [...(waiting.get(`${kind} ${group}`) ?? [])]) wake();
    },
  };
};
