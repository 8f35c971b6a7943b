// SPDX-License-Identifier: MIT
/** Runs in a browser page: a peer on this project's own library, with the page's own WebRTC. */
import { type Call, connect } from "@signalbox/client";

export interface PageOptions {
  readonly url: string;
  readonly room: string;
  readonly id: string;
  readonly brightness: number;
  /** Whom to call; without it the first call is taken. */
  readonly call?: string;
  readonly channel?: boolean;
}

export interface PagePeer {
  /** Settles when it is in the room. */
  enter(options: PageOptions): Promise<void>;
  agreed(): Promise<void>;
  connected(): Promise<void>;
  sees(brightness: number): Promise<void>;
  hears(): Promise<void>;
  echo(text: string): Promise<string>;
}

declare global {
  var peer: PagePeer;
}

/** What a lossy encoder may make of a flat picture. */
const brightnessTolerance = 8;
/** Louder than what a decoder makes up while nothing comes. Of 1. */
const audible = 0.06;

const side = 32;

/** A flat picture, drawn anew so that the encoder always has one, and a tone. */
const ownStream = (brightness: number): MediaStream => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const brush = canvas.getContext("2d");
  if (brush === null) throw new Error("no canvas");
  const draw = () => {
    brush.fillStyle = `rgb(${brightness} ${brightness} ${brightness})`;
    brush.fillRect(0, 0, side, side);
  };
  draw();
  setInterval(draw, 40);
  const sound = new AudioContext();
  const tone = new OscillatorNode(sound, { type: "square", frequency: 500 });
  const out = sound.createMediaStreamDestination();
  tone.connect(new GainNode(sound, { gain: 0.25 })).connect(out);
  tone.start();
  return new MediaStream([...canvas.captureStream(25).getTracks(), ...out.stream.getTracks()]);
};

/** Of mediacapture-transform; no library of types has it yet. */
declare class MediaStreamTrackProcessor<T> {
  constructor(init: { readonly track: MediaStreamTrack });
  readonly readable: ReadableStream<T>;
}

/** Reads a track until something fits. */
const read = async <T extends VideoFrame | AudioData>(
  track: MediaStreamTrack,
  fits: (piece: T) => boolean | Promise<boolean>,
): Promise<void> => {
  const processor = new MediaStreamTrackProcessor<T>({ track });
  const reader = processor.readable.getReader();
  for (;;) {
    const { value } = await reader.read();
    if (value === undefined) throw new Error("the track ended");
    const found = await fits(value);
    value.close();
    if (found) return reader.cancel();
  }
};

const isPicture =
  (brightness: number) =>
  async (frame: VideoFrame): Promise<boolean> => {
    const pixels = new Uint8Array(frame.allocationSize());
    const [luma] = await frame.copyTo(pixels);
    const { width, height } = frame.codedRect ?? { width: 0, height: 0 };
    const middle = pixels[(luma?.offset ?? 0) + (height / 2) * (luma?.stride ?? 0) + width / 2] ?? 0;
    return Math.abs(middle - brightness) <= brightnessTolerance;
  };

const isTone = (piece: AudioData): boolean => {
  const samples = new Float32Array(piece.numberOfFrames);
  piece.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
  return samples.some((sample) => Math.abs(sample) > audible);
};

const tracks = new Map<string, PromiseWithResolvers<MediaStreamTrack>>();
const trackOf = (kind: string): PromiseWithResolvers<MediaStreamTrack> => {
  const known = tracks.get(kind) ?? Promise.withResolvers<MediaStreamTrack>();
  tracks.set(kind, known);
  return known;
};

const call = Promise.withResolvers<Call>();
const agreed = Promise.withResolvers<void>();

const take = (one: Call): void => {
  one.on("track", (track) => trackOf(track.kind).resolve(track));
  one.on("channel", (channel) => {
    channel.onmessage = ({ data }) => channel.send(data);
  });
  call.resolve(one);
};

globalThis.peer = {
  async enter({ url, room: name, id, brightness, call: to, channel = false }) {
    const room = await connect({ url, room: name, id, services: [{ name: "call", protocol: "call" }] });
    const streams = [ownStream(brightness)];
    if (to === undefined) {
      room.on("call", (one) => {
        take(one);
        one.accept({ streams }).then(agreed.resolve, agreed.reject);
      });
      return;
    }
    const one = room.call(to, { streams, channels: channel ? ["talk"] : [] });
    take(one);
    one.opened().then(agreed.resolve, agreed.reject);
  },
  agreed: () => agreed.promise,
  async connected() {
    const { connection } = await call.promise;
    await new Promise<void>((resolve, reject) => {
      const look = () => {
        const { connectionState: state } = connection;
        if (state === "connected") resolve();
        else if (state === "failed" || state === "closed") reject(new Error(`the connection is ${state}`));
      };
      connection.addEventListener("connectionstatechange", look);
      look();
    });
  },
  sees: async (brightness) => read<VideoFrame>(await trackOf("video").promise, isPicture(brightness)),
  async hears() {
    const track = await trackOf("audio").promise;
    // Sound that is not played is not decoded.
    const player = new Audio();
    player.srcObject = new MediaStream([track]);
    await player.play();
    await read<AudioData>(track, isTone);
  },
  async echo(text) {
    const channel = (await call.promise).channel("talk");
    if (channel === undefined) throw new Error("no data channel");
    return new Promise((resolve) => {
      channel.onmessage = ({ data }) => resolve(String(data));
      channel.send(text);
    });
  },
};
