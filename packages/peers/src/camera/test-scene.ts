// SPDX-License-Identifier: MIT
/** A made-up picture: a level crossing with a clock, where a train passes now and then. Painted in Node and in pages alike. */

export interface Patch {
  /** Left, top, width and height, as parts of the picture's. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Red, green, blue, 0 to 255. */
  readonly colour: readonly [number, number, number];
}

/** A train comes this often, and takes so long to pass. Milliseconds. */
export const trainEveryMs = 20_000;
export const trainPassesMs = 5_000;

/** Three by five points a digit, a row in three bits from the top. */
const digits: { readonly [character: string]: number } = {
  "0": 0b111_101_101_101_111,
  "1": 0b010_110_010_010_111,
  "2": 0b111_001_111_100_111,
  "3": 0b111_001_111_001_111,
  "4": 0b101_101_111_001_001,
  "5": 0b111_100_111_001_111,
  "6": 0b111_100_111_101_111,
  "7": 0b111_001_010_010_010,
  "8": 0b111_101_111_101_111,
  "9": 0b111_101_111_001_111,
  ":": 0b000_010_000_010_000,
};

const textPatches = (text: string, left: number, top: number, point: number, aspect: number): Patch[] =>
  [...text].flatMap((character, index) =>
    Array.from({ length: 15 }, (_, bit) => ({ bit, lit: ((digits[character] ?? 0) >> (14 - bit)) & 1 }))
      .filter(({ lit }) => lit === 1)
      .map(({ bit }) => ({
        x: left + (index * 4 + (bit % 3)) * point,
        y: top + Math.floor(bit / 3) * point * aspect,
        width: point,
        height: point * aspect,
        colour: [240, 240, 225] as const,
      })),
  );

const still: readonly Patch[] = [
  ...Array.from({ length: 12 }, (_, band) => ({
    x: 0,
    y: band * 0.05,
    width: 1,
    height: 0.05,
    colour: [120 + band * 8, 160 + band * 6, 205 + band * 2] as const,
  })),
  { x: 0, y: 0.6, width: 1, height: 0.4, colour: [104, 128, 84] },
  { x: 0.06, y: 0.4, width: 0.16, height: 0.2, colour: [150, 90, 70] },
  { x: 0.04, y: 0.36, width: 0.2, height: 0.05, colour: [84, 60, 56] },
  { x: 0.1, y: 0.46, width: 0.04, height: 0.06, colour: [235, 220, 150] },
  { x: 0, y: 0.74, width: 1, height: 0.06, colour: [110, 104, 98] },
  { x: 0, y: 0.745, width: 1, height: 0.012, colour: [180, 180, 186] },
  { x: 0, y: 0.782, width: 1, height: 0.012, colour: [180, 180, 186] },
  { x: 0.84, y: 0.3, width: 0.012, height: 0.46, colour: [60, 60, 64] },
  { x: 0.815, y: 0.26, width: 0.062, height: 0.15, colour: [30, 34, 34] },
];

/** What is to be seen at a time: patches, painted one over the other. `aspect` is width to height. */
export const sceneAt = (at: number, aspect: number): readonly Patch[] => {
  const intoTrain = at % trainEveryMs;
  const passes = intoTrain < trainPassesMs;
  const patches = [...still];
  const lamp = (y: number, colour: Patch["colour"]): Patch => ({
    x: 0.832,
    y,
    width: 0.028,
    height: 0.045,
    colour,
  });
  patches.push(lamp(0.28, passes ? [235, 70, 50] : [70, 30, 28]));
  patches.push(lamp(0.345, passes ? [24, 60, 40] : [70, 220, 130]));
  if (passes) {
    const head = (intoTrain / trainPassesMs) * 2 - 0.1;
    for (const wagon of [0, 1, 2]) {
      const x = head - 0.3 * (wagon + 1);
      patches.push(
        { x, y: 0.56, width: 0.285, height: 0.19, colour: wagon === 0 ? [190, 50, 40] : [40, 96, 84] },
        { x: x + 0.02, y: 0.6, width: 0.245, height: 0.05, colour: [225, 235, 235] },
        { x: x + 0.03, y: 0.735, width: 0.06, height: 0.035, colour: [36, 36, 38] },
        { x: x + 0.195, y: 0.735, width: 0.06, height: 0.035, colour: [36, 36, 38] },
      );
    }
  }
  const clock = new Date(at).toISOString().slice(11, 19);
  patches.push({ x: 0.03, y: 0.88, width: 0.31, height: 0.09, colour: [26, 32, 32] });
  patches.push(...textPatches(clock, 0.05, 0.895, 0.0088, aspect));
  return patches;
};
