// SPDX-License-Identifier: MIT
const units = ["B", "KB", "MB", "GB", "TB"] as const;

/** A size for people, in powers of 1000. */
export const bytes = (count: number): string => {
  let left = count;
  let unit = 0;
  while (left >= 999.5 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit === 0 || left >= 99.95 ? Math.round(left) : left.toFixed(1)} ${units[unit]}`;
};
