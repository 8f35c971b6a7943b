// SPDX-License-Identifier: MIT

/** The middle one; of an even number the mean of the middle two. NaN of none. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** By linear interpolation between the nearest ranks. NaN of none. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
};

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** A ratio measured several times. */
export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export const ratioOf = (values: readonly number[]): Ratio => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
});

/** Pairs what two sides measured in the same round, and compares them. The machine is the same for both only then. */
export const compare = <T extends { readonly round: number }>(
  ours: readonly T[],
  theirs: readonly T[],
  value: (item: T) => number | undefined,
): Ratio | undefined => {
  const ratios: number[] = [];
  for (const item of ours) {
    const other = theirs.find(({ round }) => round === item.round);
    const a = value(item);
    const b = other === undefined ? undefined : value(other);
    if (a !== undefined && b !== undefined && b > 0) ratios.push(a / b);
  }
  return ratios.length === 0 ? undefined : ratioOf(ratios);
};
