// SPDX-License-Identifier: MIT
/** First wait at most this long: a server that restarts has its peers back within a second. Milliseconds. */
const firstMs = 500;
/** Longest wait. Milliseconds. 30 s: a person who looks again finds it connected. */
const longestMs = 30_000;

/**
 * How long to wait before attempt number `attempt` (from 0). Each wait is drawn from the upper half of a range that
 * doubles, the first from the whole of its range: peers that lost the same server do not come back in the same moment.
 */
export const backoffMs = (attempt: number, random: () => number): number => {
  const range = Math.min(longestMs, firstMs * 2 ** Math.min(attempt, 16));
  return attempt === 0 ? range * random() : (range / 2) * (1 + random());
};
