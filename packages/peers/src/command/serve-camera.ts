// SPDX-License-Identifier: MIT
/** `signalbox camera serve`: a video or a made-up picture for whoever knocks, with an eye on what moves. */
import { resolve } from "node:path";
import type { ServiceOffer } from "@signalbox/client/peernet";
import { type NodeWebRtc, openVideo, type Picture, play, type Y4mVideo } from "@signalbox/video";
import { type Footage, isThere, openFootage } from "../camera/node/footage.ts";
import { type HookOptions, hook } from "../camera/node/hook.ts";
import { paintedPicture } from "../camera/node/painted.ts";
import { watchfulCamera } from "../camera/node/watchful-camera.ts";
import { folderSource, newHash } from "../file/node/folder.ts";
import { fileService } from "../file/service.ts";
import type { ServeCameraRequest } from "./camera-options.ts";
import { type CommandIo, type Status, status } from "./io.ts";
import { reasonOf, type Speech, serveUntilEnd, speech } from "./meet.ts";
import { type SystemGround, systemGround } from "./system-ground.ts";

/** A command that runs longer is ended. Milliseconds. */
const hookMs = 60_000;
/** Recordings whose command waits for its turn: an hour of them while each takes its minute. */
const recordedWaitingMax = 60;

/** Of the service of the protocol file that has the recordings. */
const recordingsId = "recordings";

interface Parts {
  readonly request: ServeCameraRequest;
  readonly io: CommandIo;
  readonly ground: SystemGround;
  readonly said: Speech;
}

/** The video from its start again and again, or made-up pictures, until the signal aborts. */
const show = async (
  { request, io: { signal }, ground }: Parts,
  first: Y4mVideo | undefined,
  take: (picture: Picture) => void,
): Promise<void> => {
  const { y4m, width, height, rate } = request;
  const painted = async function* () {
    while (!signal.aborted) yield paintedPicture(ground.now(), width, height);
  };
  if (y4m === undefined || first === undefined) {
    return play({ pictures: painted(), rate, show: take, ground, signal });
  }
  for (let video = first; ; video = await openVideo(y4m)) {
    await play({ pictures: video.pictures, rate: video.rate, show: take, ground, signal });
    if (signal.aborted) return;
  }
};

const footageOf = async ({ request: { record }, said }: Parts): Promise<Footage | undefined> => {
  if (record === undefined) return undefined;
  const format = record.format ?? ((await isThere("ffmpeg")) ? "mp4" : "y4m");
  return openFootage({
    folder: record.folder,
    keepBytes: record.keepBytes,
    format,
    onError: (error) => said.complain(error.message),
  });
};

const serve = async (parts: Parts, webRtc: NodeWebRtc, end: (problem: unknown) => void): Promise<Status> => {
  const { request, io, ground, said } = parts;
  const { device, viewersMax, threshold, onMotion, record } = request;
  const video = request.y4m === undefined ? undefined : await openVideo(request.y4m);
  const { width, height, rate } = video ?? request;
  const footage = await footageOf(parts);
  const variables = { SIGNALBOX_DEVICE: device.id ?? "" };
  const hookOf = (option: string, more: Pick<HookOptions, "command" | "everyMs" | "waitingMax">) =>
    hook({
      ...more,
      environment: io.environment,
      ground,
      longestMs: hookMs,
      onProblem: (sentence) => said.complain(`${option}: ${sentence}`),
      signal: io.signal,
    });
  const runMotion = onMotion && hookOf("--on-motion", onMotion);
  const runRecorded =
    record?.onRecorded === undefined
      ? undefined
      : hookOf("--on-recorded", { command: record.onRecorded, everyMs: 0, waitingMax: recordedWaitingMax });
  const camera = watchfulCamera({
    label: device.displayName ?? device.id ?? "Camera",
    webRtc,
    width,
    height,
    rate,
    now: ground.now,
    viewersMax,
    ...(threshold === undefined ? {} : { threshold }),
    ...(footage === undefined || record === undefined
      ? {}
      : {
          record: {
            footage,
            service: recordingsId,
            preRollMs: record.preRollMs,
            // With the one that is written, all stay below what is kept.
            largestBytes: record.keepBytes / 2,
          },
        }),
    onMotion({ moving, at }) {
      said.tell(moving ? "something moves" : "nothing moves any more");
      if (moving) runMotion?.({ ...variables, SIGNALBOX_MOTION_AT: new Date(at).toISOString() });
    },
    onRecorded({ name }) {
      said.tell(`recorded ${name}`);
      const path = resolve(record?.folder ?? "", name);
      const runs = runRecorded?.({ ...variables, SIGNALBOX_RECORDING: path }) ?? true;
      if (!runs) said.complain(`--on-recorded: too many wait; it did not run for ${name}`);
    },
    onError: (error) => said.complain(error.message),
  });
  const showing = show(parts, video, camera.take);
  showing.catch(end);
  const services: ServiceOffer[] = [camera.service];
  if (footage !== undefined) {
    const source = await folderSource(footage.folder);
    const shared = fileService({ source, label: "Recordings", newHash, timer: ground });
    services.push({ ...shared, id: recordingsId });
  }
  const served = await serveUntilEnd(device, services, { webRtc, io, speech: said });
  end(undefined);
  await showing.catch(() => {});
  await camera.stop();
  return served;
};

export const serveCamera = async (
  request: ServeCameraRequest,
  io: CommandIo,
  webRtc: NodeWebRtc,
  ground: SystemGround = systemGround,
): Promise<Status> => {
  const said = speech("camera serve", io, request.device.quiet);
  const ended = new AbortController();
  let problem: unknown;
  const end = (why: unknown) => {
    problem ??= why;
    ended.abort();
  };
  const signal = AbortSignal.any([io.signal, ended.signal]);
  try {
    const served = await serve({ request, io: { ...io, signal }, ground, said }, webRtc, end);
    if (problem === undefined) return served;
  } catch (error) {
    problem = error;
  }
  said.complain(reasonOf(problem));
  return status.failed;
};
