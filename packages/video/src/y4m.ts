// SPDX-License-Identifier: MIT
/**
 * YUV4MPEG2, the format of uncompressed video that mjpegtools wrote first and ffmpeg reads and writes: one header line, and
 * each frame a line `FRAME` before its planes.
 */

/** One picture in the layout of WebRTC stacks: plane Y, then U and V at half width and height. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

export interface Y4mHeader {
  readonly width: number;
  readonly height: number;
  /** Pictures in a second. */
  readonly rate: number;
}

/** Longest header or frame line that is read. Bytes. Real ones have 60. */
const lineBytesMax = 1_024;
/** Largest side of a picture. 8K has 7,680. */
const sideMax = 8_192;

export class Y4mProblem extends Error {}

export const pictureBytes = ({ width, height }: Pick<Y4mHeader, "width" | "height">): number =>
  (width * height * 3) / 2;

const magic = "YUV4MPEG2";

export const looksLikeY4m = (start: Uint8Array): boolean =>
  Buffer.from(start.subarray(0, magic.length)).toString("latin1") === magic;

/** Checks a header line. Throws a `Y4mProblem` whose message is one sentence. */
export const parseHeader = (line: string): Y4mHeader => {
  const [first, ...parameters] = line.split(" ");
  if (first !== magic) throw new Y4mProblem("This is no Y4M video.");
  const value = (tag: string) => parameters.find((parameter) => parameter.startsWith(tag))?.slice(1);
  const side = (tag: string) => {
    const text = value(tag) ?? "";
    return /^\d{1,5}$/.test(text) ? Number(text) : 0;
  };
  const width = side("W");
  const height = side("H");
  if (width < 2 || height < 2 || width > sideMax || height > sideMax) {
    throw new Y4mProblem(`A Y4M video has a width and a height from 2 to ${sideMax}.`);
  }
  if (width % 2 !== 0 || height % 2 !== 0)
    throw new Y4mProblem("Only pictures of even width and height can be sent.");
  const [numerator = 0, denominator = 0] = (value("F") ?? "30:1").split(":").map(Number);
  const rate = numerator / denominator;
  if (!(rate > 0 && rate <= 240)) throw new Y4mProblem("A Y4M video has from 1 to 240 pictures in a second.");
  const colours = value("C") ?? "420";
  if (!/^420(?:jpeg|mpeg2|paldv)?$/.test(colours)) {
    throw new Y4mProblem(`Only 4:2:0 video with 8 bits can be sent as it is, not ${colours}.`);
  }
  if (value("I") !== undefined && !/^[p?]$/.test(value("I") ?? ""))
    throw new Y4mProblem("Interlaced video cannot be sent.");
  return { width, height, rate };
};

/** Reads bytes as they come; holds at most one picture and what came with it. */
const byteReader = (chunks: AsyncIterable<Uint8Array>) => {
  const iterator = chunks[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  const more = async (): Promise<boolean> => {
    const next = await iterator.next();
    if (next.done) return false;
    held = held.length === 0 ? Buffer.from(next.value) : Buffer.concat([held, next.value]);
    return true;
  };
  return {
    /** A line without its end; undefined where nothing is left. */
    async line(): Promise<string | undefined> {
      for (;;) {
        const end = held.indexOf(0x0a);
        if (end >= 0 && end <= lineBytesMax) {
          const line = held.toString("latin1", 0, end);
          held = held.subarray(end + 1);
          return line;
        }
        if (held.length > lineBytesMax) throw new Y4mProblem("This is no Y4M video.");
        if (!(await more())) {
          if (held.length === 0) return undefined;
          throw new Y4mProblem("The video ends in the middle of a picture.");
        }
      }
    },
    async bytes(count: number): Promise<Uint8Array> {
      const pieces: Uint8Array[] = [];
      let missing = count;
      while (missing > 0) {
        if (held.length === 0 && !(await more())) {
          throw new Y4mProblem("The video ends in the middle of a picture.");
        }
        const piece = held.subarray(0, missing);
        pieces.push(piece);
        held = held.subarray(piece.length);
        missing -= piece.length;
      }
      // A copy of its own: whoever shows the picture may keep it.
      return new Uint8Array(Buffer.concat(pieces, count));
    },
    stop: async () => void (await iterator.return?.()),
  };
};

export interface Y4mVideo extends Y4mHeader {
  readonly pictures: AsyncIterableIterator<Picture>;
}

/** Reads a video. Rejects, also later between pictures, with a `Y4mProblem` where it is none. */
export const readY4m = async (chunks: AsyncIterable<Uint8Array>): Promise<Y4mVideo> => {
  const reader = byteReader(chunks);
  const line = await reader.line();
  if (line === undefined) throw new Y4mProblem("The video is empty.");
  const header = parseHeader(line);
  const pictures = async function* (): AsyncIterableIterator<Picture> {
    try {
      for (let mark = await reader.line(); mark !== undefined; mark = await reader.line()) {
        if (!/^FRAME(?: |$)/.test(mark)) throw new Y4mProblem("A picture does not begin where it should.");
        const data = await reader.bytes(pictureBytes(header));
        yield { width: header.width, height: header.height, data };
      }
    } finally {
      await reader.stop();
    }
  };
  return { ...header, pictures: pictures() };
};

/** The first line of a video. `rate` is rounded to thousandths. */
export const headerBytes = ({ width, height, rate }: Y4mHeader): Buffer => {
  const fraction = Number.isInteger(rate) ? `${rate}:1` : `${Math.round(rate * 1_000)}:1000`;
  return Buffer.from(`${magic} W${width} H${height} F${fraction} Ip A1:1 C420jpeg\n`, "latin1");
};

export const frameMark: Buffer = Buffer.from("FRAME\n", "latin1");

/** A black picture: luma 16, no colour. */
export const blackPicture = (width: number, height: number): Picture => {
  const data = new Uint8Array(pictureBytes({ width, height })).fill(128);
  data.fill(16, 0, width * height);
  return { width, height, data };
};

/** The same picture in another size, by its nearest points. */
export const resized = (picture: Picture, width: number, height: number): Picture => {
  if (picture.width === width && picture.height === height) return picture;
  const data = new Uint8Array(pictureBytes({ width, height }));
  let from = 0;
  let to = 0;
  for (const half of [1, 2, 2]) {
    // Stacks round odd chroma sides up.
    const [w, h] = [Math.ceil(picture.width / half), Math.ceil(picture.height / half)];
    const [newW, newH] = [width / half, height / half];
    for (let y = 0; y < newH; y += 1) {
      const row = from + Math.floor((y * h) / newH) * w;
      for (let x = 0; x < newW; x += 1)
        data[to + y * newW + x] = picture.data[row + Math.floor((x * w) / newW)] ?? 0;
    }
    from += w * h;
    to += newW * newH;
  }
  return { width, height, data };
};
