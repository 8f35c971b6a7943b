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

/** Pictures that wait, before a motion or for a slow disk, take no more: those beyond are left out. 64 MiB. */
const heldBytesMax = 64 * 1024 * 1024;

interface Timed {
  readonly picture: Picture;
  readonly at: number;
}

/** Pictures in order, in bounds. */
const heldPictures = () => {
  let held: Timed[] = [];
  let bytes = 0;
  return {
    add(timed: Timed, oldestAt: number) {
      held.push(timed);
      bytes += timed.picture.data.length;
      while (held[0] !== undefined && (held[0].at < oldestAt || bytes > heldBytesMax)) {
        bytes -= held.shift()?.picture.data.length ?? 0;
      }
    },
    takeAll(): readonly Timed[] {
      const all = held;
      held = [];
      bytes = 0;
      return all;
    },
  };
};

/** One recording: pictures wait until its file is open. */
const segment = (rate: number) => {
  const waiting = heldPictures();
  let clock = 0;
  let writer: Recorder | undefined;
  let opened: OpenRecording | undefined;
  let [from, until, bytes]: [number | undefined, number, number] = [undefined, 0, 0];
  const write = ({ picture, at }: Timed) => {
    clock = at;
    writer?.take(picture);
  };
  return {
    get bytes() {
      return bytes;
    },
    get lastsMs() {
      return from === undefined ? 0 : until - from;
    },
    /** True for the first one: now there is something to open a file for. */
    add(timed: Timed): boolean {
      const isFirst = from === undefined;
      from ??= timed.at;
      until = timed.at;
      bytes += timed.picture.data.length;
      if (writer === undefined) waiting.add(timed, Number.NEGATIVE_INFINITY);
      else write(timed);
      return isFirst;
    },
    async open(footage: Footage): Promise<void> {
      opened = await footage.open();
      writer = recorder({ sink: opened.sink, rate, now: () => clock });
      for (const timed of waiting.takeAll()) write(timed);
    },
    async finish(): Promise<Recording | undefined> {
      // Of a clock that was set back meanwhile the length cannot be told.
      return from === undefined ? undefined : opened?.finish(from, Math.max(0, until - from));
    },
  };
};

export const motionRecorder = (options: MotionRecorderOptions): MotionRecorder => {
  const { footage, rate, preRollMs, longestMs, largestBytes, onRecorded, onError } = options;
  const before = heldPictures();
  let current: ReturnType<typeof segment> | undefined;
  /** Opening and closing, one after the other. */
  let work: Promise<void> = Promise.resolve();

  const enqueue = (step: () => Promise<void>): void => {
    work = work.then(step).catch((error: unknown) => {
      onError(error instanceof Error ? error : new Error(String(error)));
    });
  };
  const add = (timed: Timed): void => {
    const into = current;
    if (into?.add(timed)) enqueue(() => into.open(footage));
  };
  const finish = (): void => {
    const ended = current;
    current = undefined;
    enqueue(async () => {
      const recording = await ended?.finish();
      if (recording !== undefined) onRecorded(recording);
    });
  };

  return {
    take(picture, at) {
      const timed = { picture, at };
      if (current === undefined) return before.add(timed, at - preRollMs);
      if (current.lastsMs >= longestMs || current.bytes >= largestBytes) {
        finish();
        current = segment(rate);
      }
      add(timed);
    },
    moved(moving) {
      if (moving === (current !== undefined)) return;
      if (!moving) return finish();
      current = segment(rate);
      for (const timed of before.takeAll()) add(timed);
    },
    async stop() {
      if (current !== undefined) finish();
      await work;
    },
  };
};
