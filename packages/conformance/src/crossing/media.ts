// SPDX-License-Identifier: MIT
/** Flat pictures and a plain tone: what peers on wrtc send, and how it is found out that they arrived. */
import wrtc from "@roamhq/wrtc";

const { RTCAudioSink, RTCAudioSource, RTCVideoSink, RTCVideoSource } = wrtc.nonstandard;

// With a track that ever lived, wrtc 0.10.0 crashes while the environment is torn down after the last event. Leaving
// through `exit` does not tear it down.
process.on("beforeExit", () => process.exit());

/** A track with whatever feeds it. Until it is stopped, the process does not end. */
export interface Feed {
  readonly track: MediaStreamTrack;
  stop(): void;
}

/** Width and height, in pixels: the smallest the encoder takes without scaling. */
const side = 32;
const pictureEveryMs = 40;

/** Pictures all of one brightness: 16 (black) to 235 (white). */
export const pictures = (brightness: number): Feed => {
  const source = new RTCVideoSource();
  const data = new Uint8Array((side * side * 3) / 2).fill(128);
  data.fill(brightness, 0, side * side);
  return feeding(source.createTrack(), pictureEveryMs, () =>
    source.onFrame({ width: side, height: side, data }),
  );
};

const sampleRate = 48_000;
/** wrtc takes sound in pieces of this length. */
const pieceMs = 10;

/** A square wave of 500 Hz. */
export const tone = (): Feed => {
  const source = new RTCAudioSource();
  const samples = Int16Array.from({ length: (sampleRate * pieceMs) / 1_000 }, (_, index) =>
    Math.floor(index / 48) % 2 === 0 ? 8_000 : -8_000,
  );
  return feeding(source.createTrack(), pieceMs, () =>
    source.onData({ samples, sampleRate, bitsPerSample: 16, channelCount: 1 }),
  );
};

const feeding = (track: MediaStreamTrack, everyMs: number, feed: () => void): Feed => {
  const timer = setInterval(feed, everyMs);
  return {
    track,
    stop() {
      clearInterval(timer);
      track.stop();
    },
  };
};

interface FrameEvent {
  readonly frame: { readonly width: number; readonly height: number; readonly data: Uint8Array };
}

interface SoundEvent {
  readonly samples: Int16Array;
}

/** What a lossy encoder may make of a flat picture. */
const brightnessTolerance = 8;

/** Louder than what a decoder makes up while nothing comes. Of 32767. */
const audible = 2_000;

/** Looks at a track until something fits. Until it is stopped, the process does not end. */
export interface Look {
  readonly found: Promise<void>;
  stop(): void;
}

/** Waits for a picture of about this brightness to come out of the decoder. */
export const lookFor = (track: MediaStreamTrack, brightness: number): Look => {
  const sink = new RTCVideoSink(track);
  return {
    found: new Promise((resolve) => {
      sink.onframe = ({ frame: { data, width, height } }: FrameEvent) => {
        const middle = data[(height / 2) * width + width / 2] ?? 0;
        if (Math.abs(middle - brightness) <= brightnessTolerance) resolve();
      };
    }),
    stop: () => sink.stop(),
  };
};

/** Waits for a tone to come out of the decoder. */
export const listenTo = (track: MediaStreamTrack): Look => {
  const sink = new RTCAudioSink(track);
  return {
    found: new Promise((resolve) => {
      sink.ondata = ({ samples }: SoundEvent) => {
        if (samples.some((sample) => Math.abs(sample) > audible)) resolve();
      };
    }),
    stop: () => sink.stop(),
  };
};
