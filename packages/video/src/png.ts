// SPDX-License-Identifier: MIT
/** A picture as a PNG file (ISO/IEC 15948): lossless, and read by everything. */
import { promisify } from "node:util";
import { crc32, deflate } from "node:zlib";
import type { Picture } from "./y4m.ts";

/** RGB, row by row. BT.601 in studio range, which is what WebRTC stacks hand out. */
export const rgbOf = ({ width, height, data }: Picture): Uint8Array => {
  const rgb = new Uint8ClampedArray(width * height * 3);
  // Stacks round odd chroma sides up.
  const half = Math.ceil(width / 2);
  const [u, v] = [width * height, width * height + half * Math.ceil(height / 2)];
  for (let y = 0, to = 0; y < height; y += 1) {
    const row = (y >> 1) * half;
    for (let x = 0; x < width; x += 1, to += 3) {
      const luma = 1.164 * ((data[y * width + x] ?? 0) - 16);
      const blue = (data[u + row + (x >> 1)] ?? 128) - 128;
      const red = (data[v + row + (x >> 1)] ?? 128) - 128;
      rgb[to] = luma + 1.596 * red;
      rgb[to + 1] = luma - 0.392 * blue - 0.813 * red;
      rgb[to + 2] = luma + 2.017 * blue;
    }
  }
  return new Uint8Array(rgb.buffer);
};

const chunk = (type: string, content: Uint8Array): Buffer => {
  const bytes = Buffer.alloc(content.length + 12);
  bytes.writeUInt32BE(content.length, 0);
  bytes.write(type, 4, "latin1");
  bytes.set(content, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, content.length + 8)), content.length + 8);
  return bytes;
};

const deflated = promisify(deflate);

/** Compressed off the main thread. */
export const pngOf = async (picture: Picture): Promise<Uint8Array<ArrayBuffer>> => {
  const { width, height } = picture;
  const rgb = rgbOf(picture);
  const rows = new Uint8Array(height * (width * 3 + 1));
  for (let y = 0; y < height; y += 1) {
    const row = rgb.subarray(y * width * 3, (y + 1) * width * 3);
    const at = y * (width * 3 + 1);
    // Filter 2, the difference to the row above, which suits pictures of a camera.
    rows[at] = 2;
    for (let x = 0; x < row.length; x += 1)
      rows[at + 1 + x] = (row[x] ?? 0) - (y === 0 ? 0 : (rgb[(y - 1) * width * 3 + x] ?? 0));
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  // 8 bits, RGB, deflate, adaptive filters, not interlaced.
  header.set([8, 2, 0, 0, 0], 8);
  return new Uint8Array(
    Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      chunk("IHDR", header),
      chunk("IDAT", await deflated(rows, { level: 4 })),
      chunk("IEND", new Uint8Array(0)),
    ]),
  );
};
