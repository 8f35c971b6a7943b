// SPDX-License-Identifier: MIT
/** How often something may happen: so many at once, and so many a second after that. */
export const allowance = (burst: number, perSecond: number, now: () => number): (() => boolean) => {
  let left = burst;
  let countedAt = now();
  return () => {
    const at = now();
    left = Math.min(burst, left + (Math.max(0, at - countedAt) / 1_000) * perSecond);
    countedAt = at;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
};
