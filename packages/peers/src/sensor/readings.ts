// SPDX-License-Identifier: MIT
/** The readings a sensor keeps: a ring of fixed size, the oldest makes room. */
import type { Column, History, Quantity, Reading, Values } from "./wire.ts";

export interface Readings {
  /** False, and nothing is kept, where it is older than the newest. */
  add(reading: Reading): boolean;
  readonly latest: Reading | undefined;
  readonly count: number;
  /** Of the readings from `from` to `to`, both included, at most so many points. Each point has one reading at least. */
  history(from: number, to: number, points: number): History;
}

/** Rounded to what the quantity means. */
export const rounded = (value: number, decimals: number): number => {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
};

/** `readingsMax` readings take 8 bytes each and 8 for each of their quantities. */
export const keptReadings = (quantities: readonly Quantity[], readingsMax: number): Readings => {
  const times = new Float64Array(readingsMax);
  // NaN: that quantity was not measured then.
  const columns = quantities.map(() => new Float64Array(readingsMax).fill(Number.NaN));
  let first = 0;
  let count = 0;

  const slot = (index: number) => (first + index) % readingsMax;
  const timeAt = (index: number) => times[slot(index)] ?? 0;

  /** The first index whose time is `at` or later. */
  const since = (at: number): number => {
    let [low, high] = [0, count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (timeAt(middle) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const readingAt = (index: number): Reading => {
    const values: { [quantity: string]: number } = {};
    for (const [column, { id }] of quantities.entries()) {
      const value = columns[column]?.[slot(index)] ?? Number.NaN;
      if (!Number.isNaN(value)) values[id] = value;
    }
    return { at: timeAt(index), values };
  };

  return {
    get latest() {
      return count === 0 ? undefined : readingAt(count - 1);
    },
    get count() {
      return count;
    },
    add({ at, values }: { readonly at: number; readonly values: Values }) {
      if (count > 0 && at < timeAt(count - 1)) return false;
      if (count === readingsMax) first = slot(1);
      else count += 1;
      const place = slot(count - 1);
      times[place] = at;
      for (const [column, { id, decimals }] of quantities.entries()) {
        const value = values[id];
        const into = columns[column];
        if (into !== undefined) into[place] = value === undefined ? Number.NaN : rounded(value, decimals);
      }
      return true;
    },
    history(from, to, points) {
      const [begin, end] = [since(from), since(to + 1)];
      const bucketMs = end - begin <= points ? 0 : Math.ceil((to - from + 1) / points);
      /** Where each point begins, and behind the last where it ends. */
      const edges: number[] = [];
      const at: number[] = [];
      for (let index = begin; index < end; ) {
        edges.push(index);
        if (bucketMs === 0) {
          at.push(timeAt(index));
          index += 1;
        } else {
          const bucket = Math.floor((timeAt(index) - from) / bucketMs);
          at.push(from + bucket * bucketMs);
          index = Math.min(end, since(from + (bucket + 1) * bucketMs));
        }
      }
      edges.push(end);
      const columnOf = (column: number, decimals: number): Column => {
        const found = {
          mean: [] as (number | null)[],
          min: [] as (number | null)[],
          max: [] as (number | null)[],
        };
        for (let point = 0; point < at.length; point += 1) {
          let [sum, measured, min, max] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
          for (let index = edges[point] ?? end; index < (edges[point + 1] ?? end); index += 1) {
            const value = columns[column]?.[slot(index)] ?? Number.NaN;
            if (Number.isNaN(value)) continue;
            sum += value;
            measured += 1;
            min = Math.min(min, value);
            max = Math.max(max, value);
          }
          found.mean.push(measured === 0 ? null : rounded(sum / measured, decimals));
          found.min.push(measured === 0 ? null : min);
          found.max.push(measured === 0 ? null : max);
        }
        return found;
      };
      return {
        from,
        to,
        bucketMs,
        at,
        columns: Object.fromEntries(
          quantities.map(({ id, decimals }, column) => [id, columnOf(column, decimals)]),
        ),
      };
    },
  };
};
