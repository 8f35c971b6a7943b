// SPDX-License-Identifier: MIT
/** Pictures that come when they come, written as a video of even pace and one size. */
import type { Writable } from "node:stream";
import { frameMark, headerBytes, type Picture, pictureBytes, resized } from "./y4m.ts";

export interface RecorderOptions {
  readonly sink: Writable;
  /** Pictures in a second of the video that is written. */
  readonly rate: number;
  /** Milliseconds; only differences count. */
  readonly now: () => number;
  /** Bytes that may wait to be written; pictures beyond are left out. */
  readonly waitingBytesMax?: number;
}

export interface Recorder {
  /** A picture came. Where some are missing before it, the last one is repeated; where it comes too early it takes the last one's place. */
  take(picture: Picture): void;
  /** Pictures written, and pictures left out because the disk did not keep up. */
  readonly counts: { readonly written: number; readonly leftOut: number };
}

/** 64 MiB: twenty pictures of 1080p and more. */
const defaultWaitingBytesMax = 64 * 1024 * 1024;
/** A pause is filled with the last picture up to this long; a longer one is cut. Milliseconds. */
const pauseMs = 10_000;

/** Its video has the size of the first picture, rounded down to even numbers: the format knows only one. */
export const recorder = (options: RecorderOptions): Recorder => {
  const { sink, rate, now, waitingBytesMax = defaultWaitingBytesMax } = options;
  const counts = { written: 0, leftOut: 0 };
  let size: { readonly width: number; readonly height: number } | undefined;
  let last: Picture | undefined;
  /** When the next picture is due. */
  let due = 0;

  const write = (picture: Picture) => {
    if (sink.writableLength > waitingBytesMax) {
      counts.leftOut += 1;
      return;
    }
    sink.write(frameMark);
    sink.write(picture.data.subarray(0, pictureBytes(picture)));
    counts.written += 1;
  };
  return {
    counts,
    take(given) {
      const at = now();
      if (size === undefined) {
        size = { width: given.width & ~1, height: given.height & ~1 };
        sink.write(headerBytes({ ...size, rate }));
        due = at;
      }
      const picture = resized(given, size.width, size.height);
      if (at - due > pauseMs) due = at;
      // Half a picture early is in time: what jitters about its moment is neither lost nor doubled.
      for (const step = 1_000 / rate; at >= due + step / 2; due += step) write(last ?? picture);
      if (at >= due - 500 / rate) {
        write(picture);
        due += 1_000 / rate;
      }
      last = picture;
    },
  };
};
