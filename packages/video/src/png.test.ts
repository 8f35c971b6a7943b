// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { crc32, inflateSync } from "node:zlib";
import { pngOf, rgbOf } from "./png.ts";
import { blackPicture, type Picture } from "./y4m.ts";

/** The points of a PNG as we write them, read by the letter of the format. */
const pointsOf = (png: Uint8Array) => {
  const bytes = Buffer.from(png);
  assert.deepEqual([...bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    assert.equal(bytes.readUInt32BE(at + 8 + length), crc32(bytes.subarray(at + 4, at + 8 + length)));
    chunks.set(bytes.toString("latin1", at + 4, at + 8), bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const [width, height] = [0, 4].map((at) => chunks.get("IHDR")?.readUInt32BE(at) ?? 0);
  const rows = inflateSync(chunks.get("IDAT") ?? "");
  const stride = (width ?? 0) * 3;
  const points = new Uint8Array(stride * (height ?? 0));
  for (let y = 0; y < (height ?? 0); y += 1) {
    assert.equal(rows[y * (stride + 1)], 2);
    for (let x = 0; x < stride; x += 1)
      points[y * stride + x] =
        (rows[y * (stride + 1) + 1 + x] ?? 0) + (y === 0 ? 0 : (points[(y - 1) * stride + x] ?? 0));
  }
  return { width, height, points };
};

const coloured = (width: number, height: number, [y, u, v]: readonly [number, number, number]): Picture => {
  const picture = blackPicture(width, height);
  const size = width * height;
  picture.data.fill(y, 0, size);
  picture.data.fill(u, size, size * 1.25);
  picture.data.fill(v, size * 1.25);
  return picture;
};

describe("a picture as PNG", () => {
  for (const [name, yuv, rgb] of [
    ["black", [16, 128, 128], [0, 0, 0]],
    ["white", [235, 128, 128], [255, 255, 255]],
    ["red", [81, 90, 240], [254, 0, 0]],
    ["green", [145, 54, 34], [0, 255, 1]],
    ["blue", [41, 240, 110], [0, 0, 255]],
  ] as const) {
    test(`is ${name} where it is`, () => {
      for (const [index, part] of rgbOf(coloured(2, 2, yuv)).entries()) {
        assert.ok(Math.abs(part - (rgb[index % 3] ?? 0)) <= 2, `${part} of ${name} at ${index}`);
      }
    });
  }

  test("has its size and each of its points", async () => {
    const picture = blackPicture(18, 10);
    for (let at = 0; at < picture.data.length; at += 1) picture.data[at] = (at * 37) % 256;
    const { width, height, points } = pointsOf(await pngOf(picture));
    assert.deepEqual([width, height], [18, 10]);
    assert.deepEqual(points, rgbOf(picture));
  });
});
