// SPDX-License-Identifier: MIT
/** The video of a call: a file or black one way, a file the other. */
import type { FileHandle } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { type NodeWebRtc, openVideo, play, playBlack, recorder, type Y4mVideo } from "@signalbox/video";
import type { LanGround } from "../exchange.ts";

export interface VideoParts {
  readonly webRtc: NodeWebRtc;
  readonly ground: LanGround;
  readonly signal: AbortSignal;
}

export interface ShownVideo {
  readonly track: MediaStreamTrack;
  readonly stream: MediaStream;
  /** From now on the file is shown, where there is one. Settles at its end; rejects where it cannot be read. */
  start(): Promise<void>;
  stop(): void;
}

/** The video that is sent: black, and from `start` on the file, which was opened already. */
export const showVideo = (
  parts: VideoParts,
  file: { readonly path: string; readonly opened: Y4mVideo; readonly loop: boolean } | undefined,
): ShownVideo => {
  const { webRtc, ground, signal } = parts;
  const { track, show } = webRtc.makeVideoInput();
  const stopBlack = playBlack(show, ground);
  return {
    track,
    stream: webRtc.makeStream(),
    async start() {
      if (file === undefined) return new Promise(() => {});
      stopBlack();
      for (let video = file.opened; ; video = await openVideo(file.path)) {
        await play({ pictures: video.pictures, rate: video.rate, show, ground, signal });
        if (!file.loop || signal.aborted) return;
      }
    },
    stop() {
      stopBlack();
      track.stop();
    },
  };
};

export interface RecordedVideo {
  /** Of several tracks the newest is written. */
  watch(track: MediaStreamTrack): void;
  /** Settles when all is written. */
  stop(): Promise<void>;
}

/** The video that comes, written to a file. */
export const recordVideo = (
  { webRtc, ground }: VideoParts,
  file: FileHandle,
  rate: number,
  onError: (error: Error) => void,
): RecordedVideo => {
  const sink = file.createWriteStream();
  sink.on("error", onError);
  const { take } = recorder({ sink, rate, now: ground.now });
  let unwatch = () => {};
  return {
    watch(track) {
      unwatch();
      unwatch = webRtc.watch(track, take);
    },
    async stop() {
      unwatch();
      if (sink.errored) return;
      sink.end();
      await finished(sink).catch(onError);
    },
  };
};
