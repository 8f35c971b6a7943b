// SPDX-License-Identifier: MIT
/** The made-up scene as pictures for a WebRTC stack. */
import { blackPicture, type Picture } from "@signalbox/video";
import { type Patch, sceneAt } from "../test-scene.ts";

/** BT.601 in studio range. */
const yuvOf = ([red, green, blue]: Patch["colour"]): readonly [number, number, number] => [
  16 + 0.257 * red + 0.504 * green + 0.098 * blue,
  128 - 0.148 * red - 0.291 * green + 0.439 * blue,
  128 + 0.439 * red - 0.368 * green - 0.071 * blue,
];

const paint = ({ width, height, data }: Picture, patch: Patch): void => {
  const [y, u, v] = yuvOf(patch.colour);
  const size = width * height;
  let offset = 0;
  for (const [plane, half] of [
    [y, 1],
    [u, 2],
    [v, 2],
  ] as const) {
    const [across, down] = [width / half, height / half];
    const edge = (part: number, side: number) => Math.round(Math.min(1, Math.max(0, part)) * side);
    const [left, right] = [edge(patch.x, across), edge(patch.x + patch.width, across)];
    const [top, bottom] = [edge(patch.y, down), edge(patch.y + patch.height, down)];
    for (let row = top; row < bottom; row += 1)
      data.fill(plane, offset + row * across + left, offset + row * across + right);
    offset += half === 1 ? size : size / 4;
  }
};

/** The picture at a time. Width and height are even. */
export const paintedPicture = (at: number, width: number, height: number): Picture => {
  const picture = blackPicture(width, height);
  for (const patch of sceneAt(at, width / height)) paint(picture, patch);
  return picture;
};
