// SPDX-License-Identifier: MIT
/** camera/1 on the wire: one video track, and JSON messages on a data channel. docs/camera-1.md is the whole of it. */
import {
  errorIn,
  type Fields,
  isObject,
  isWhole,
  objectIn,
  requestIn,
  textIn,
  type WireError,
} from "../wire-values.ts";

/** The protocol of the data channel; as a PeerNet service it is `camera`, version 1. */
export const cameraProtocol = "camera/1";

export interface CameraDescription {
  readonly protocol: string;
  readonly label: string;
  /** Pixels, and pictures in a second; what arrives may be less where the path is narrow. */
  readonly width: number;
  readonly height: number;
  readonly rate: number;
  /** Nobody gets pictures: whoever owns it wants it so. */
  readonly paused: boolean;
  /** Does it look for motion, and is there any now? */
  readonly motion: { readonly watched: boolean; readonly moving: boolean };
  /** Media type of its snapshots. */
  readonly snapshot: string;
  /** Id of the `file` service of the same device that has its recordings. */
  readonly recordings?: string;
  /** Milliseconds since the epoch, by the camera's clock. */
  readonly now: number;
}

export interface Recording {
  /** Path below the shared folder: what is asked for in file/1. */
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  /** When its first picture was taken. Milliseconds since the epoch. */
  readonly at: number;
  readonly lastsMs: number;
}

export interface MotionNews {
  readonly moving: boolean;
  readonly at: number;
  /** Of the picture, from 0 to 1. */
  readonly share: number;
}

export type CameraRequest =
  | { readonly type: "describe"; readonly id: number }
  | { readonly type: "snapshot"; readonly id: number; readonly maxWidth?: number }
  | { readonly type: "recordings"; readonly id: number }
  | { readonly type: "pause"; readonly id: number; readonly paused: boolean };

export const cameraErrors = {
  MALFORMED: "is no JSON object with a type and a whole number as id, or too large",
  UNKNOWN_TYPE: "a type this camera does not know; newer versions may",
  BAD_ARGUMENT: "a field has no value that makes sense",
  NO_PICTURE: "there is no picture yet, or the camera is paused",
  NO_RECORDINGS: "this camera keeps none",
  BUSY: "a snapshot is still on its way to this viewer",
  RATE_LIMITED: "too many requests; ask again after a second",
} as const;

export type CameraReason = keyof typeof cameraErrors;

/** What a camera says. `motion`, `recorded` and a `paused` without an id come unasked. */
export type CameraMessage =
  | ({ readonly type: "description"; readonly id: number } & CameraDescription)
  | {
      readonly type: "snapshot";
      readonly id: number;
      readonly mediaType: string;
      /** So many bytes follow, in binary messages. */
      readonly bytes: number;
      readonly at: number;
    }
  | { readonly type: "recordings"; readonly id: number; readonly recordings: readonly Recording[] }
  | { readonly type: "paused"; readonly id?: number; readonly paused: boolean }
  | ({ readonly type: "motion"; readonly id?: never } & MotionNews)
  | { readonly type: "recorded"; readonly id?: never; readonly recording: Recording }
  | WireError;

/** Longest request. Characters. */
export const requestLengthMax = 1_024;
/** Longest text message of a camera. Characters: a list of recordings has 20 KB. */
export const messageLengthMax = 128 * 1_024;
/** Largest snapshot. Bytes. A PNG of 4K without any even surface has 24 MiB. */
export const snapshotBytesMax = 32 * 1_024 * 1_024;
/** A binary message of a snapshot. Bytes: what every WebRTC stack takes. */
export const pieceBytes = 16 * 1_024;
/** The newest so many recordings are told. */
export const recordingsMax = 100;

export const parseCameraRequest = (message: unknown): CameraRequest | WireError => {
  const request = requestIn(message, requestLengthMax);
  if (!("fields" in request)) return request;
  const { type, id, fields } = request;
  const refused = (reason: CameraReason, detail: string): WireError => ({
    type: "error",
    id,
    reason,
    detail,
  });
  switch (type) {
    case "describe":
    case "recordings":
      return { type, id };
    case "snapshot": {
      const { maxWidth } = fields;
      if (maxWidth === undefined) return { type, id };
      return isWhole(maxWidth) && maxWidth >= 16
        ? { type, id, maxWidth }
        : refused("BAD_ARGUMENT", "maxWidth is a whole number of pixels from 16 on.");
    }
    case "pause":
      return typeof fields.paused === "boolean"
        ? { type, id, paused: fields.paused }
        : refused("BAD_ARGUMENT", "paused is true or false.");
    default:
      return refused("UNKNOWN_TYPE", `There is no request ${JSON.stringify(type.slice(0, 32))}.`);
  }
};

const recordingIn = (value: unknown): Recording | undefined => {
  if (!isObject(value)) return undefined;
  const { bytes, at, lastsMs } = value;
  const [name, mediaType] = [textIn(value.name, 255), textIn(value.mediaType, 64)];
  if (name === undefined || mediaType === undefined) return undefined;
  return isWhole(bytes) && isWhole(at) && isWhole(lastsMs)
    ? { name, mediaType, bytes, at, lastsMs }
    : undefined;
};

const isNumber = (value: unknown): value is number => typeof value === "number";

const descriptionIn = (given: Fields): CameraDescription | undefined => {
  const { width, height, rate, paused, motion, now } = given;
  const [label, snapshot] = [textIn(given.label, 128), textIn(given.snapshot, 64)];
  const recordings = given.recordings === undefined ? undefined : textIn(given.recordings, 63);
  if (given.protocol !== cameraProtocol || label === undefined || snapshot === undefined) return undefined;
  if (!isWhole(width) || !isWhole(height) || !isNumber(rate) || typeof paused !== "boolean") return undefined;
  if (!isObject(motion) || typeof motion.watched !== "boolean" || typeof motion.moving !== "boolean")
    return undefined;
  if (!isWhole(now) || (given.recordings !== undefined && recordings === undefined)) return undefined;
  const { watched, moving } = motion;
  return {
    protocol: cameraProtocol,
    label,
    width,
    height,
    rate,
    paused,
    motion: { watched, moving },
    snapshot,
    ...(recordings === undefined ? {} : { recordings }),
    now,
  };
};

/** What a camera says; undefined where it makes no sense, or is a type of a newer version. */
export const parseCameraMessage = (message: unknown): CameraMessage | undefined => {
  const given = objectIn(message, messageLengthMax);
  if (given === undefined) return undefined;
  const { type, id, at, bytes, paused } = given;
  if (id !== undefined && !isWhole(id)) return undefined;
  switch (type) {
    case "description": {
      const description = descriptionIn(given);
      return description === undefined || id === undefined ? undefined : { type, id, ...description };
    }
    case "snapshot": {
      const mediaType = textIn(given.mediaType, 64);
      if (id === undefined || mediaType === undefined || !isWhole(bytes) || !isWhole(at)) return undefined;
      return bytes > snapshotBytesMax ? undefined : { type, id, mediaType, bytes, at };
    }
    case "recordings": {
      if (id === undefined || !Array.isArray(given.recordings)) return undefined;
      const found = given.recordings.slice(0, recordingsMax).map(recordingIn);
      return { type, id, recordings: found.filter((one) => one !== undefined) };
    }
    case "paused":
      return typeof paused === "boolean" ? { type, ...(id === undefined ? {} : { id }), paused } : undefined;
    case "motion": {
      const { moving, share } = given;
      if (typeof moving !== "boolean" || !isWhole(at) || !isNumber(share)) return undefined;
      return { type, moving, at, share };
    }
    case "recorded": {
      const recording = recordingIn(given.recording);
      return recording === undefined ? undefined : { type, recording };
    }
    case "error":
      return errorIn(given);
    default:
      return undefined;
  }
};
