// SPDX-License-Identifier: MIT
/** The viewer's end of camera/1: the same in a browser and in Node. */
import { converse, type DeviceRefusal } from "../conversation.ts";
import type { Snapshot } from "./viewer.ts";
import {
  type CameraDescription,
  type CameraMessage,
  cameraProtocol,
  type MotionNews,
  parseCameraMessage,
  type Recording,
} from "./wire.ts";

/** The channel to open to a camera. */
export const cameraChannel = { label: "camera", protocol: cameraProtocol } as const;

/** Asks for its video: to be called before the offer is made, as `prepare`. */
export const askForVideo = (pc: RTCPeerConnection): void => {
  pc.addTransceiver("video", { direction: "recvonly" });
};

export interface CameraEvents {
  readonly onMotion?: (news: MotionNews) => void;
  readonly onRecorded?: (recording: Recording) => void;
  /** The camera as a whole. */
  readonly onPaused?: (paused: boolean) => void;
}

export interface CameraView {
  readonly description: CameraDescription;
  /** A picture as the camera has it now, in `description.snapshot`, at most so wide. */
  snapshot(maxWidth?: number): Promise<Snapshot>;
  /** The newest first. They are fetched by name from the device's `file` service. */
  recordings(): Promise<readonly Recording[]>;
  /** No pictures for this viewer until it says so. */
  pause(paused: boolean): Promise<void>;
  readonly closed: Promise<DeviceRefusal>;
  close(): void;
}

/** Settles once the camera said what it is; every refusal is a `DeviceRefusal`. */
export const viewCamera = async (
  channel: RTCDataChannel,
  { onMotion, onRecorded, onPaused }: CameraEvents = {},
): Promise<CameraView> => {
  /** Who waits for a snapshot: one at a time. */
  let wanted: { resolve(snapshot: Snapshot): void; reject(error: DeviceRefusal): void } | undefined;
  /** The snapshot whose bytes come. */
  let coming: { readonly snapshot: Snapshot; has: number } | undefined;
  const take = (piece: Uint8Array): void => {
    if (coming === undefined || coming.has + piece.length > coming.snapshot.bytes.length) return;
    coming.snapshot.bytes.set(piece, coming.has);
    coming.has += piece.length;
    if (coming.has < coming.snapshot.bytes.length) return;
    wanted?.resolve(coming.snapshot);
    coming = undefined;
  };
  const { ask, closed } = await converse<CameraMessage>({
    channel,
    // Its bytes follow the answer at once: there is room for them before anything else is read.
    parse(text) {
      const message = parseCameraMessage(text);
      if (message?.type !== "snapshot") return message;
      const { mediaType, at, bytes } = message;
      coming = { snapshot: { mediaType, at, bytes: new Uint8Array(bytes) }, has: 0 };
      take(new Uint8Array(0));
      return message;
    },
    told(message) {
      if (message.type === "motion") onMotion?.(message);
      if (message.type === "recorded") onRecorded?.(message.recording);
      if (message.type === "paused") onPaused?.(message.paused);
    },
    bytes: take,
  });
  void closed.then((reason) => wanted?.reject(reason));
  const takeSnapshot = async (maxWidth: number | undefined): Promise<Snapshot> => {
    const whole = new Promise<Snapshot>((resolve, reject) => {
      wanted = { resolve, reject };
    });
    whole.catch(() => {});
    await ask({ type: "snapshot", ...(maxWidth === undefined ? {} : { maxWidth }) }, "snapshot");
    return whole;
  };
  let before: Promise<unknown> = Promise.resolve();
  const { type: _, id: __, ...description } = await ask({ type: "describe" }, "description");
  return {
    description,
    closed,
    snapshot(maxWidth) {
      const taken = before.then(() => takeSnapshot(maxWidth));
      before = taken.catch(() => {});
      return taken;
    },
    async recordings() {
      return (await ask({ type: "recordings" }, "recordings")).recordings;
    },
    async pause(paused) {
      await ask({ type: "pause", paused }, "paused");
    },
    close: () => channel.close(),
  };
};
