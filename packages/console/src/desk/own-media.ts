// SPDX-License-Identifier: MIT
/** What this side sends in one call: its own camera and microphone, lent for it, muted and stopped for it alone. */
import type { CameraState, MicState } from "../state.ts";
import type { Capture, CaptureKind } from "./capture.ts";

export interface OwnState {
  readonly mic: MicState;
  readonly camera: CameraState;
  readonly local?: MediaStream;
  readonly note: string | undefined;
}

export interface OwnMedia {
  /** The stream that goes out; the same for the whole call. */
  readonly stream: MediaStream;
  readonly borrow: (kinds: readonly CaptureKind[]) => Promise<void>;
  readonly toggleMic: () => void;
  /** Stops the camera, or starts it; with sound, where the call had neither. */
  readonly toggleCamera: (
    connection: RTCPeerConnection,
    canRenegotiate: boolean,
    withSound: boolean,
  ) => Promise<void>;
  readonly giveBack: () => void;
}

export const createOwnMedia = (capture: Capture, show: (own: OwnState) => void): OwnMedia => {
  const stream = new MediaStream();
  let camera: CameraState = "none";
  let note: string | undefined;
  let over = false;

  const find = (kind: CaptureKind): MediaStreamTrack | undefined =>
    stream.getTracks().find((track) => track.kind === kind);

  const tell = (): void => {
    const audio = find("audio");
    show({
      mic: audio === undefined ? "none" : audio.enabled ? "on" : "muted",
      camera,
      local: stream,
      note,
    });
  };

  const drop = (track: MediaStreamTrack): void => {
    stream.removeTrack(track);
    capture.giveBack(track);
  };

  const borrow = async (kinds: readonly CaptureKind[]): Promise<void> => {
    const lent = await capture.lend(kinds);
    const sentences = new Set<string>();
    for (const [kind, one] of lent) {
      if ("sentence" in one) sentences.add(one.sentence);
      else if (over) capture.giveBack(one.track);
      else {
        stream.addTrack(one.track);
        if (kind === "video") camera = "on";
        // The device was unplugged, or the permission taken back.
        one.track.addEventListener("ended", () => {
          if (!stream.getTracks().includes(one.track)) return;
          if (kind === "video") camera = "off";
          drop(one.track);
          tell();
        });
      }
    }
    note = sentences.size === 0 ? undefined : [...sentences].join(" ");
    if (!over) tell();
  };

  const videoOf = (connection: RTCPeerConnection): RTCRtpTransceiver | undefined =>
    connection
      .getTransceivers()
      .find(
        ({ receiver, currentDirection, direction }) =>
          receiver.track.kind === "video" && direction !== "stopped" && currentDirection !== "stopped",
      );

  const start = async (
    connection: RTCPeerConnection,
    canRenegotiate: boolean,
    withSound: boolean,
  ): Promise<void> => {
    const before = camera;
    camera = "starting";
    tell();
    await borrow(
      withSound && before === "none" && find("audio") === undefined ? ["audio", "video"] : ["video"],
    );
    const track = find("video");
    if (over) return;
    const audio = find("audio");
    if (audio !== undefined && !connection.getSenders().some((sender) => sender.track === audio)) {
      connection.addTrack(audio, stream);
    }
    if (track === undefined) {
      camera = before;
      return tell();
    }
    const transceiver = videoOf(connection);
    if (transceiver !== undefined && (!canRenegotiate || transceiver.sender.track === null)) {
      await transceiver.sender.replaceTrack(track);
      transceiver.sender.setStreams?.(stream);
      if (canRenegotiate) transceiver.direction = "sendrecv";
    } else connection.addTrack(track, stream);
    tell();
  };

  const stop = async (connection: RTCPeerConnection, canRenegotiate: boolean): Promise<void> => {
    const track = find("video");
    const transceiver = connection
      .getTransceivers()
      .find(({ sender }) => sender.track !== null && sender.track === track);
    if (track !== undefined) drop(track);
    camera = "off";
    tell();
    await transceiver?.sender.replaceTrack(null);
    // So that the other side sees the picture go, not freeze.
    if (canRenegotiate && transceiver !== undefined) transceiver.direction = "recvonly";
  };

  return {
    stream,
    borrow,
    toggleMic() {
      const audio = find("audio");
      if (audio === undefined) return;
      audio.enabled = !audio.enabled;
      tell();
    },
    async toggleCamera(connection, canRenegotiate, withSound) {
      if (camera === "starting") return;
      if (camera === "on") await stop(connection, canRenegotiate);
      else await start(connection, canRenegotiate, withSound);
    },
    giveBack() {
      over = true;
      for (const track of stream.getTracks()) drop(track);
    },
  };
};
