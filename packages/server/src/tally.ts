// SPDX-License-Identifier: MIT
/**
 * Counts by labels, kept as plain numbers and shown to Prometheus when it asks: a relayed signal must not pay for
 * label objects and their hashes.
 */
import { Counter, type Registry } from "prom-client";

export interface Tally {
  /** One more of these labels, in the order of their names. At most three. */
  count(first?: string, second?: string, third?: string): void;
}

type Counts = Map<string, Map<string, Map<string, number>>>;

const add = (counts: Counts, first: string, second: string, third: string): void => {
  const seconds = counts.get(first) ?? new Map<string, Map<string, number>>();
  const thirds = seconds.get(second) ?? new Map<string, number>();
  thirds.set(third, (thirds.get(third) ?? 0) + 1);
  if (thirds.size === 1) counts.set(first, seconds.set(second, thirds));
};

export const tally = (
  registry: Registry,
  name: string,
  help: string,
  labels: readonly string[] = [],
): Tally => {
  const counts: Counts = new Map();
  new Counter({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
    collect() {
      this.reset();
      for (const [first, seconds] of counts) {
        for (const [second, thirds] of seconds) {
          for (const [third, total] of thirds) {
            const values = [first, second, third];
            this.inc(Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ""])), total);
          }
        }
      }
    },
  });
  return {
    count: (first = "", second = "", third = "") => add(counts, first, second, third),
  };
};
