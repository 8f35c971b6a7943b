// SPDX-License-Identifier: MIT
/** A camera that looks at its own pictures: it tells what moves, and records it where it has a folder. */
import type { NodeWebRtc, Picture } from "@signalbox/video";
import { type Camera, openCamera } from "../camera.ts";
import { motionDetector } from "../motion.ts";
import type { MotionNews, Recording } from "../wire.ts";
import type { Footage } from "./footage.ts";
import { motionRecorder } from "./motion-recorder.ts";
import { nodePictures } from "./node-pictures.ts";

export interface WatchfulOptions {
  readonly label: string;
  readonly webRtc: NodeWebRtc;
  readonly width: number;
  readonly height: number;
  /** Pictures in a second. */
  readonly rate: number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly viewersMax?: number;
  /** Of a change of brightness, of 255. */
  readonly threshold?: number;
  readonly record?: {
    readonly footage: Footage;
    /** Id of the `file` service of the same device that shares the footage's folder. */
    readonly service: string;
    /** Largest recording. Bytes of Y4M. */
    readonly largestBytes: number;
    /** Recorded from before the motion. Milliseconds. Default: 2,000. */
    readonly preRollMs?: number;
  };
  readonly onMotion?: (news: MotionNews) => void;
  readonly onRecorded?: (recording: Recording) => void;
  readonly onError: (error: Error) => void;
}

export interface WatchfulCamera extends Pick<Camera, "service" | "viewers" | "pause"> {
  /** The next picture. */
  take(picture: Picture): void;
  /** Settles when all is written. */
  stop(): Promise<void>;
}

/** How often motion is looked for. Milliseconds. */
const lookMs = 200;
/** What moves on and on goes into recordings of this length. Milliseconds. */
const longestMs = 60_000;

export const watchfulCamera = (options: WatchfulOptions): WatchfulCamera => {
  const { label, webRtc, width, height, rate, now, viewersMax, threshold, record, onError } = options;
  const pictures = nodePictures(webRtc, { width, height, rate });
  const camera = openCamera({
    label,
    pictures,
    now,
    watchesMotion: true,
    ...(viewersMax === undefined ? {} : { viewersMax }),
    ...(record === undefined ? {} : { recordings: { service: record.service, list: record.footage.list } }),
  });
  const recorder =
    record &&
    motionRecorder({
      footage: record.footage,
      rate,
      preRollMs: record.preRollMs ?? 2_000,
      longestMs,
      largestBytes: record.largestBytes,
      onRecorded(recording) {
        camera.recorded(recording);
        options.onRecorded?.(recording);
      },
      onError,
    });
  const look = motionDetector(threshold === undefined ? {} : { threshold });
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    service: camera.service,
    get viewers() {
      return camera.viewers;
    },
    pause: camera.pause,
    take(picture) {
      const at = now();
      pictures.feed(picture);
      recorder?.take(picture, at);
      // A clock that was set back does not blind it.
      if (Math.abs(at - lookedAt) < lookMs) return;
      lookedAt = at;
      const { changed, moving, share } = look(picture, at);
      if (changed === undefined) return;
      const news = { moving, at, share };
      camera.moved(news);
      recorder?.moved(moving);
      options.onMotion?.(news);
    },
    async stop() {
      await recorder?.stop();
      camera.close();
    },
  };
};
