// SPDX-License-Identifier: MIT
/** Records while something moves, from a moment before it began. */
import { type Picture, type Recorder, recorder } from "@signalbox/video";
import type { Recording } from "../wire.ts";
import type { Footage, OpenRecording } from "./footage.ts";

export interface MotionRecorderOptions {
  readonly footage: Footage;
  /** Pictures in a second. */
  readonly rate: number;
  /** How long before the motion it begins. Milliseconds. */
  readonly preRollMs: number;
  /** What is longer goes on in another recording. Milliseconds. */
  readonly longestMs: number;
  /** As Y4M; what is larger goes on in another. */
  readonly largestBytes: number;
  readonly onRecorded: (recording: Recording) => void;
  readonly onError: (error: Error) => void;
}

export interface MotionRecorder {
  /** Every picture, with its time: milliseconds since the epoch. */
  take(picture: Picture, at: number): void;
  moved(moving: boolean): void;
  /** Settles when all is written. */
  stop(): Promise<void>;
}

/** Pictures that are held before a motion take no more, and reach less far back where they are large. 64 MiB. */
const heldBytesMax = 64 * 1024 * 1024;

interface Timed {
  readonly picture: Picture;
  readonly at: number;
}

export const motionRecorder = (options: MotionRecorderOptions): MotionRecorder => {
  const { footage, rate, preRollMs, longestMs, largestBytes, onRecorded, onError } = options;
  /** Before a motion, or while the file of its recording is being opened. */
  let held: Timed[] = [];
  let heldBytes = 0;
  let moving = false;
  let current:
    | {
        readonly open: OpenRecording;
        readonly writer: Recorder;
        readonly from: number;
        until: number;
        bytes: number;
      }
    | undefined;
  /** Opening and closing, one after the other. */
  let work: Promise<void> = Promise.resolve();
  let clock = 0;

  const write = ({ picture, at }: Timed): void => {
    if (current === undefined) return;
    clock = at;
    current.until = at;
    current.bytes += picture.data.length;
    current.writer.take(picture);
  };

  const hold = (timed: Timed): void => {
    held.push(timed);
    heldBytes += timed.picture.data.length;
    // While it moves these belong to a recording: only their number of bytes bounds them.
    const oldest = moving ? 0 : timed.at - preRollMs;
    while (held[0] !== undefined && (held[0].at < oldest || heldBytes > heldBytesMax)) {
      heldBytes -= held.shift()?.picture.data.length ?? 0;
    }
  };

  const open = async (): Promise<void> => {
    const opened = await footage.open();
    const [first] = held;
    current = {
      open: opened,
      writer: recorder({ sink: opened.sink, rate, now: () => clock }),
      from: first?.at ?? clock,
      until: first?.at ?? clock,
      bytes: 0,
    };
    for (const timed of held) write(timed);
    held = [];
    heldBytes = 0;
  };

  const close = async (): Promise<void> => {
    if (current === undefined) return;
    const { open: opened, from, until } = current;
    current = undefined;
    const recording = await opened.finish(from, until - from);
    if (recording !== undefined) onRecorded(recording);
  };

  const enqueue = (...steps: readonly (() => Promise<void>)[]): void => {
    for (const step of steps) {
      work = work.then(step).catch((error: unknown) => {
        onError(error instanceof Error ? error : new Error(String(error)));
      });
    }
  };

  return {
    take(picture, at) {
      const timed = { picture, at };
      if (current === undefined || !moving) return hold(timed);
      write(timed);
      if (at - current.from < longestMs && current.bytes < largestBytes) return;
      enqueue(close, async () => (moving ? open() : undefined));
    },
    moved(now) {
      if (now === moving) return;
      moving = now;
      enqueue(now ? open : close);
    },
    async stop() {
      moving = false;
      enqueue(close);
      await work;
    },
  };
};
