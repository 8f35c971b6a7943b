// SPDX-License-Identifier: MIT
/** Recordings of this page, in its memory: while something moves, in bounds, gone with the page. */

export interface OwnRecording {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: number;
  readonly at: number;
  readonly lastsMs: number;
  /** A blob: address. */
  readonly href: string;
}

/** All recordings together. Bytes. The oldest make room. */
const keepBytes = 200_000_000;
/** What moves on and on goes into recordings of this length. Milliseconds. */
const longestMs = 60_000;

const format = (): { readonly mediaType: string; readonly end: string } | undefined =>
  [
    { mediaType: "video/webm", end: "webm" },
    { mediaType: "video/mp4", end: "mp4" },
  ].find(({ mediaType }) => typeof MediaRecorder !== "undefined" && MediaRecorder.isTypeSupported(mediaType));

export interface OwnFootage {
  moved(moving: boolean): void;
  /** The newest first. */
  list(): readonly OwnRecording[];
  stop(): void;
}

/** Undefined where this browser cannot record. */
export const openFootage = (
  stream: MediaStream,
  onRecorded: (recording: OwnRecording) => void,
): OwnFootage | undefined => {
  const chosen = format();
  if (chosen === undefined) return undefined;
  const { mediaType, end } = chosen;
  let recordings: readonly OwnRecording[] = [];
  let recorder: MediaRecorder | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  const keep = (recording: OwnRecording): void => {
    let sum = 0;
    recordings = [recording, ...recordings].filter((one) => {
      sum += one.bytes;
      if (sum <= keepBytes) return true;
      URL.revokeObjectURL(one.href);
      return false;
    });
    onRecorded(recording);
  };

  const start = (): void => {
    const at = Date.now();
    const pieces: Blob[] = [];
    const made = new MediaRecorder(stream, { mimeType: mediaType, videoBitsPerSecond: 1_500_000 });
    recorder = made;
    made.addEventListener("dataavailable", ({ data }) => pieces.push(data));
    made.addEventListener("stop", () => {
      if (over) return;
      const blob = new Blob(pieces, { type: mediaType });
      keep({
        name: `${new Date(at).toISOString().replaceAll(":", "-")}.${end}`,
        mediaType,
        bytes: blob.size,
        at,
        lastsMs: Date.now() - at,
        href: URL.createObjectURL(blob),
      });
    });
    made.start();
    timer = setTimeout(() => {
      stop();
      start();
    }, longestMs);
  };
  const stop = (): void => {
    clearTimeout(timer);
    if (recorder?.state === "recording") recorder.stop();
    recorder = undefined;
  };

  return {
    list: () => recordings,
    moved(moving) {
      if (moving === (recorder !== undefined)) return;
      if (moving) start();
      else stop();
    },
    stop() {
      over = true;
      stop();
      for (const { href } of recordings) URL.revokeObjectURL(href);
    },
  };
};
