// SPDX-License-Identifier: MIT
/** Does something move in the picture? A rule on brightness alone: no colours, no clock of its own, nothing of a platform. */

export interface MotionOptions {
  /** Blocks across the picture. Default: 32. What fills less than a block or two is not seen. */
  readonly columns?: number;
  /** A block changed where its mean differs by so much from what is usual there, of 255. Default: 12, twice a camera's noise at night. */
  readonly threshold?: number;
  /** It begins where so much of the picture changed, 0 to 1, at two looks in a row. Default: 0.01. */
  readonly startShare?: number;
  /** It is over where less than this changed … Default: 0.005. */
  readonly endShare?: number;
  /** … for so long. Milliseconds. Default: 2,000. */
  readonly quietMs?: number;
  /** What stays as it is becomes usual within some of these: a chair that was moved. Milliseconds. Default: 4,000. */
  readonly settleMs?: number;
}

export interface MotionSeen {
  readonly moving: boolean;
  /** Undefined: as before. */
  readonly changed?: "started" | "ended";
  /** Of the picture that is not as usual, 0 to 1. */
  readonly share: number;
}

/** Brightness of each point, row by row, 0 to 255: the first plane of a YUV picture. */
export interface Luma {
  readonly width: number;
  readonly height: number;
  readonly data: ArrayLike<number>;
}

/** Points looked at in a block, each way: enough for a steady mean. */
const pointsEach = 6;

/** Means of blocks, about as wide as high. */
export const blockMeans = ({ width, height, data }: Luma, columns: number): Float32Array => {
  const across = Math.max(1, Math.min(columns, width));
  const rows = Math.max(1, Math.round((across * height) / width));
  const means = new Float32Array(across * rows);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < across; column += 1) {
      let sum = 0;
      for (let down = 0; down < pointsEach; down += 1) {
        const y = Math.floor(((row + (down + 0.5) / pointsEach) * height) / rows);
        for (let right = 0; right < pointsEach; right += 1) {
          const x = Math.floor(((column + (right + 0.5) / pointsEach) * width) / across);
          sum += data[y * width + x] ?? 0;
        }
      }
      means[row * across + column] = sum / (pointsEach * pointsEach);
    }
  }
  return means;
};

/** What passes by leaves that much less of itself behind than what stays. */
const passing = 15;

const median = (values: Float32Array): number => values.toSorted()[values.length >> 1] ?? 0;

/**
 * Looks at one picture after another. `at` is in milliseconds and only goes forward. A lamp that is switched on changes
 * all blocks by about the same, and is no motion: what most blocks do is taken off first.
 */
export const motionDetector = (options: MotionOptions = {}): ((luma: Luma, at: number) => MotionSeen) => {
  const { columns = 32, threshold = 12, startShare = 0.01, endShare = 0.005 } = options;
  const { quietMs = 2_000, settleMs = 4_000 } = options;
  let usual: Float32Array | undefined;
  let previous: Float32Array = new Float32Array(0);
  let lastAt = 0;
  let moving = false;
  let candidates = 0;
  let quietSince: number | undefined;

  return (luma, at) => {
    const means = blockMeans(luma, columns);
    if (usual === undefined || usual.length !== means.length) {
      usual = means.slice();
      previous = means;
      lastAt = at;
      return { moving, share: 0 };
    }
    const before = usual;
    const shift = median(means.map((mean, block) => mean - (before[block] ?? 0)));
    const step = means.map((mean, block) => mean - (previous[block] ?? 0));
    const usualStep = median(step);
    previous = means;
    let changed = 0;
    const learnsIn = (ms: number) => 1 - Math.exp(-Math.max(0, at - lastAt) / ms);
    const [ofStill, ofPassing] = [learnsIn(settleMs), learnsIn(settleMs * passing)];
    lastAt = at;
    for (const [block, mean] of means.entries()) {
      const level = (before[block] ?? 0) + shift;
      if (Math.abs(mean - level) > threshold) changed += 1;
      const passes = Math.abs((step[block] ?? 0) - usualStep) > threshold / 2;
      before[block] = level + (mean - level) * (passes ? ofPassing : ofStill);
    }
    const share = changed / means.length;
    if (!moving) {
      candidates = share >= startShare ? candidates + 1 : 0;
      if (candidates < 2) return { moving, share };
      moving = true;
      quietSince = undefined;
      return { moving, changed: "started", share };
    }
    if (share >= endShare) quietSince = undefined;
    else quietSince ??= at;
    if (quietSince === undefined || at - quietSince < quietMs) return { moving, share };
    moving = false;
    candidates = 0;
    return { moving, changed: "ended", share };
  };
};
