// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  blackPicture,
  frameMark,
  headerBytes,
  looksLikeY4m,
  type Picture,
  parseHeader,
  pictureBytes,
  readY4m,
  resized,
  Y4mProblem,
} from "./y4m.ts";

const bytesOf = (header: Parameters<typeof headerBytes>[0], pictures: readonly Picture[]): Buffer =>
  Buffer.concat([headerBytes(header), ...pictures.flatMap(({ data }) => [frameMark, data])]);

/** The same bytes in pieces of these lengths. */
const inPieces = (bytes: Buffer, lengths: readonly number[]): Buffer[] => {
  const pieces: Buffer[] = [];
  let from = 0;
  for (const length of lengths) {
    pieces.push(bytes.subarray(from, from + length));
    from += length;
  }
  return [...pieces, bytes.subarray(from)];
};

const picturesOf = async (bytes: Buffer): Promise<readonly Picture[]> => {
  const { pictures } = await readY4m(Readable.from([bytes]));
  const read: Picture[] = [];
  for await (const picture of pictures) read.push(picture);
  return read;
};

describe("a Y4M video", () => {
  test("is read as it was written, however the bytes come", async () => {
    const even = fc.integer({ min: 1, max: 8 }).map((half) => 2 * half);
    await fc.assert(
      fc.asyncProperty(
        even,
        even,
        fc.array(fc.nat(255), { maxLength: 5 }),
        fc.array(fc.nat(40)),
        async (width, height, shades, lengths) => {
          const given = shades.map((shade) => ({
            width,
            height,
            data: new Uint8Array(pictureBytes({ width, height })).fill(shade),
          }));
          const bytes = bytesOf({ width, height, rate: 25 }, given);
          const video = await readY4m(Readable.from(inPieces(bytes, lengths)));
          assert.deepEqual([video.width, video.height, video.rate], [width, height, 25]);
          const read: Picture[] = [];
          for await (const picture of video.pictures) read.push(picture);
          assert.deepEqual(read, given);
        },
      ),
      { numRuns: 50 },
    );
  });

  for (const [line, rate] of [
    ["YUV4MPEG2 W320 H240 F25:1 Ip A1:1 C420jpeg", 25],
    ["YUV4MPEG2 W320 H240 F30000:1001 Ip A0:0 C420mpeg2 XYSCSS=420MPEG2", 30000 / 1001],
    ["YUV4MPEG2 W320 H240", 30],
  ] as const) {
    test(`may begin with ${line}`, () => {
      assert.deepEqual(parseHeader(line), { width: 320, height: 240, rate });
    });
  }

  for (const [line, why] of [
    ["RIFF W320 H240", /no Y4M/],
    ["YUV4MPEG2 W320", /width and a height/],
    ["YUV4MPEG2 W99999999 H2", /width and a height/],
    ["YUV4MPEG2 W321 H240", /even/],
    ["YUV4MPEG2 W320 H240 F0:0", /pictures in a second/],
    ["YUV4MPEG2 W320 H240 F25:1 C444", /4:2:0/],
    ["YUV4MPEG2 W320 H240 F25:1 C420p10", /4:2:0/],
    ["YUV4MPEG2 W320 H240 F25:1 It", /Interlaced/],
  ] as const) {
    test(`may not begin with ${line}`, () => {
      assert.throws(() => parseHeader(line), { message: why });
    });
  }

  test("that ends in the middle of a picture, or where none begins, says so after the pictures before", async () => {
    const picture = blackPicture(4, 4);
    const whole = bytesOf({ width: 4, height: 4, rate: 30 }, [picture, picture]);
    await assert.rejects(picturesOf(whole.subarray(0, whole.length - 1)), /middle of a picture/);
    await assert.rejects(picturesOf(Buffer.concat([whole, Buffer.from("NOISE\n")])), /does not begin/);
    await assert.rejects(picturesOf(Buffer.alloc(0)), /empty/);
  });

  test("of any bytes is read or refused with a sentence, and never held without bound", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), async (bytes) => {
        await assert.rejects(picturesOf(Buffer.from(bytes)), Y4mProblem);
      }),
    );
  });

  test("is known by its first bytes", () => {
    assert.ok(looksLikeY4m(Buffer.from("YUV4MPEG2 W2 H2")));
    assert.ok(!looksLikeY4m(Buffer.from("YUV4")));
  });
});

describe("a picture", () => {
  test("of another size shows the same", () => {
    const halves = blackPicture(8, 4);
    for (let y = 0; y < 4; y += 1) halves.data.fill(200, y * 8 + 4, y * 8 + 8);
    for (const [width, height] of [
      [16, 8],
      [4, 2],
      [2, 2],
      [6, 10],
    ] as const) {
      const { data } = resized(halves, width, height);
      assert.equal(data.length, pictureBytes({ width, height }));
      for (let x = 0; x < width; x += 1)
        assert.equal(data[x], x < width / 2 ? 16 : 200, `${width} by ${height}`);
      assert.ok(data.subarray(width * height).every((value) => value === 128));
    }
  });

  test("of odd size becomes one of even size", () => {
    const data = new Uint8Array(5 * 3 + 2 * 3 * 2).fill(77);
    assert.deepEqual(resized({ width: 5, height: 3, data }, 4, 2).data, new Uint8Array(12).fill(77));
  });
});
