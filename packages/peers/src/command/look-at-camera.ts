// SPDX-License-Identifier: MIT
/** `signalbox camera view` and `recordings`. */
import { open, writeFile } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { type NodeWebRtc, type Recorder, recorder } from "@signalbox/video";
import { askForVideo, type CameraView, cameraChannel, viewCamera } from "../camera/view-camera.ts";
import type { ViewCameraRequest } from "./camera-options.ts";
import { type CommandIo, type Status, status } from "./io.ts";
import { meetDevice, reasonOf, type Speech, speech } from "./meet.ts";
import { type SystemGround, systemGround } from "./system-ground.ts";

interface Parts {
  readonly request: ViewCameraRequest;
  readonly io: CommandIo;
  readonly webRtc: NodeWebRtc;
  readonly ground: SystemGround;
  readonly said: Speech;
}

/** Where the video goes: opened before anybody knocks, so that what cannot be written is said first. */
const videoFile = async ({ request, webRtc, ground }: Parts, path: string) => {
  const sink = (await open(path, "w")).createWriteStream();
  let failure: Error | undefined;
  sink.on("error", (error) => {
    failure = error;
  });
  let writer: Recorder | undefined;
  let unwatch = () => {};
  let onFailure = (_: Error) => {};
  return {
    /** Settles when as many as were asked for are written. */
    start: (track: MediaStreamTrack, rate: number) =>
      new Promise<void>((resolve, reject) => {
        onFailure = reject;
        const made = recorder({ sink, rate, now: ground.now });
        writer = made;
        unwatch = webRtc.watch(track, (picture) => {
          made.take(picture);
          if (failure !== undefined) onFailure(failure);
          if (made.counts.written >= (request.pictures ?? Number.POSITIVE_INFINITY)) {
            unwatch();
            resolve();
          }
        });
      }),
    written: () => writer?.counts.written ?? 0,
    async stop() {
      unwatch();
      if (failure !== undefined) return;
      sink.end();
      await finished(sink);
    },
  };
};

const view = async (parts: Parts): Promise<void> => {
  const { request, io, webRtc, ground, said } = parts;
  const { client, y4mOut, snapshot, forMs, motion } = request;
  const video = y4mOut === undefined ? undefined : await videoFile(parts, y4mOut);
  try {
    let takeTrack: (track: MediaStreamTrack) => void = () => {};
    const track = new Promise<MediaStreamTrack>((resolve) => {
      takeTrack = resolve;
    });
    const connection = await meetDevice(client, "camera", "1", webRtc, {
      channels: [cameraChannel],
      signal: io.signal,
      prepare(pc) {
        pc.addEventListener("track", (event) => takeTrack(event.track));
        if (video !== undefined) askForVideo(pc);
      },
    });
    try {
      const [channel] = connection.channels;
      if (channel === undefined) throw new Error("There is no channel.");
      const camera = await viewCamera(channel, {
        onMotion({ moving, at }) {
          if (motion)
            io.stdout.write(
              `${new Date(at).toISOString()}  ${moving ? "something moves" : "nothing moves any more"}\n`,
            );
        },
        onRecorded({ name }) {
          if (motion) io.stdout.write(`${new Date(ground.now()).toISOString()}  recorded ${name}\n`);
        },
      });
      const { label, width, height, rate } = camera.description;
      said.tell(`${label}, ${width} by ${height}, ${rate} pictures in a second`);
      if (snapshot !== undefined) await writeFile(snapshot, (await camera.snapshot(request.width)).bytes);
      if (snapshot !== undefined && video === undefined && !motion && forMs === undefined) return;
      const ends: Promise<unknown>[] = [
        new Promise((resolve) => io.signal.addEventListener("abort", resolve)),
        camera.closed.then((reason) => Promise.reject(reason)),
      ];
      if (video !== undefined) ends.push(video.start(await track, request.rate ?? rate));
      if (forMs !== undefined) ends.push(new Promise<void>((resolve) => void ground.after(forMs, resolve)));
      await Promise.race(ends);
    } finally {
      connection.close();
    }
  } finally {
    await video?.stop();
    if (video !== undefined) said.tell(`${video.written()} pictures are written`);
  }
};

const listRecordings = async ({ request, io, webRtc }: Parts): Promise<void> => {
  const connection = await meetDevice(request.client, "camera", "1", webRtc, {
    channels: [cameraChannel],
    signal: io.signal,
  });
  try {
    const [channel] = connection.channels;
    if (channel === undefined) throw new Error("There is no channel.");
    const camera: CameraView = await viewCamera(channel);
    for (const recording of await camera.recordings()) {
      const { name, at, lastsMs, bytes } = recording;
      const line = [
        new Date(at).toISOString(),
        `${(lastsMs / 1_000).toFixed(1)} s`.padStart(8),
        `${(bytes / 2 ** 20).toFixed(1)} MiB`.padStart(11),
        name,
      ];
      io.stdout.write(`${request.json ? JSON.stringify(recording) : line.join("  ")}\n`);
    }
  } finally {
    connection.close();
  }
};

export const lookAtCamera = async (
  name: "view" | "recordings",
  request: ViewCameraRequest,
  io: CommandIo,
  webRtc: NodeWebRtc,
  ground: SystemGround = systemGround,
): Promise<Status> => {
  const said = speech(`camera ${name}`, io, request.client.quiet);
  const parts = { request, io, webRtc, ground, said };
  try {
    await (name === "view" ? view(parts) : listRecordings(parts));
    return status.done;
  } catch (error) {
    if (io.signal.aborted) return status.done;
    said.complain(reasonOf(error));
    return status.failed;
  }
};
