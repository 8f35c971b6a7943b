// SPDX-License-Identifier: MIT
/** One viewer of a camera, at the camera's end: requests in, messages out. */
import { allowance } from "../allowance.ts";
import { sendWhereOpen } from "../sending.ts";
import {
  type CameraDescription,
  type CameraMessage,
  type CameraReason,
  type CameraRequest,
  type MotionNews,
  parseCameraRequest,
  pieceBytes,
  type Recording,
  recordingsMax,
} from "./wire.ts";

export interface Snapshot {
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly at: number;
}

export interface ViewerParts {
  readonly channel: RTCDataChannel;
  readonly now: () => number;
  readonly describe: () => CameraDescription;
  /** Undefined: there is no picture. */
  readonly snapshot: (maxWidth: number | undefined) => Promise<Snapshot | undefined>;
  /** The newest first. Undefined: none are kept. */
  readonly recordings: (() => Promise<readonly Recording[]>) | undefined;
  /** This viewer wants no pictures for a while. */
  readonly pause: (paused: boolean) => void;
}

export interface Viewer {
  tell(news: { motion: MotionNews } | { recorded: Recording } | { paused: boolean }): void;
}

/** Requests one viewer may make at once, and a second. A snapshot costs a picture's compression. */
export const requestsBurst = 10;
export const requestsPerSecond = 5;

/** A snapshot waits while more than this is on its way. Bytes. */
const fullBytes = 256 * 1_024;

export const serveViewer = (parts: ViewerParts): Viewer => {
  const { channel, describe, now } = parts;
  const allowed = allowance(requestsBurst, requestsPerSecond, now);
  let sending = false;

  const say = (message: CameraMessage) => void sendWhereOpen(channel, JSON.stringify(message));
  const refuse = (id: number, reason: CameraReason, detail: string) =>
    say({ type: "error", id, reason, detail });

  /** False where the channel closed meanwhile. */
  const room = (): Promise<boolean> =>
    new Promise((resolve) => {
      if (channel.readyState !== "open") return resolve(false);
      if (channel.bufferedAmount <= fullBytes) return resolve(true);
      const done = () => {
        channel.removeEventListener("bufferedamountlow", done);
        channel.removeEventListener("close", done);
        resolve(channel.readyState === "open");
      };
      channel.bufferedAmountLowThreshold = fullBytes / 2;
      channel.addEventListener("bufferedamountlow", done);
      channel.addEventListener("close", done);
    });

  const sendSnapshot = async (id: number, maxWidth: number | undefined): Promise<void> => {
    if (sending) return refuse(id, "BUSY", "A snapshot is still on its way.");
    sending = true;
    try {
      const taken = await parts.snapshot(maxWidth);
      if (taken === undefined) return refuse(id, "NO_PICTURE", "There is no picture at the moment.");
      const { mediaType, bytes, at } = taken;
      say({ type: "snapshot", id, mediaType, bytes: bytes.length, at });
      for (let from = 0; from < bytes.length; from += pieceBytes) {
        if (!(await room()) || !sendWhereOpen(channel, bytes.subarray(from, from + pieceBytes))) return;
      }
    } finally {
      sending = false;
    }
  };

  const sendRecordings = async (id: number): Promise<void> => {
    if (parts.recordings === undefined)
      return refuse(id, "NO_RECORDINGS", "This camera keeps no recordings.");
    const recordings = (await parts.recordings()).slice(0, recordingsMax);
    say({ type: "recordings", id, recordings });
  };

  const answer = async (request: CameraRequest): Promise<void> => {
    const { id } = request;
    switch (request.type) {
      case "describe":
        return say({ type: "description", id, ...describe() });
      case "snapshot":
        return sendSnapshot(id, request.maxWidth);
      case "recordings":
        return sendRecordings(id);
      case "pause":
        parts.pause(request.paused);
        return say({ type: "paused", id, paused: request.paused });
    }
  };

  channel.addEventListener("message", ({ data }) => {
    const request = parseCameraRequest(data);
    if (!allowed()) {
      const { id } = request;
      if (id !== undefined) refuse(id, "RATE_LIMITED", "Too many requests; ask again after a second.");
      return;
    }
    if (request.type === "error") return say(request);
    answer(request).catch(() => {
      // What failed is the camera's own affair: a disk, an encoder. The viewer need not know its paths.
      const { type, id } = request;
      if (type === "recordings") refuse(id, "NO_RECORDINGS", "The recordings cannot be read at the moment.");
      else refuse(id, "NO_PICTURE", "There is no picture at the moment.");
    });
  });

  return {
    tell(news) {
      if ("motion" in news) say({ type: "motion", ...news.motion });
      else if ("recorded" in news) say({ type: "recorded", recording: news.recorded });
      else say({ type: "paused", paused: news.paused });
    },
  };
};
