// SPDX-License-Identifier: MIT
/** Recordings of this page, in its memory: while something moves, in bounds, gone with the page. */
import type { Recording } from "@signalbox/peers/camera";
import { type FileSource, handleSource } from "@signalbox/peers/file";

export interface OwnRecording {
  readonly recording: Recording;
  readonly file: File;
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
  /** All of them as a folder to share. */
  readonly source: FileSource;
  stop(): void;
}

/** Undefined where this browser cannot record. */
export const openFootage = (
  stream: MediaStream,
  onRecorded: (own: OwnRecording) => void,
): OwnFootage | undefined => {
  const chosen = format();
  if (chosen === undefined) return undefined;
  const { mediaType, end } = chosen;
  let recordings: readonly OwnRecording[] = [];
  let recorder: MediaRecorder | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let over = false;

  const keep = (own: OwnRecording): void => {
    let sum = 0;
    recordings = [own, ...recordings].filter((one) => {
      sum += one.recording.bytes;
      if (sum <= keepBytes) return true;
      URL.revokeObjectURL(one.href);
      return false;
    });
    onRecorded(own);
  };

  const start = (): void => {
    const at = Date.now();
    const pieces: Blob[] = [];
    const made = new MediaRecorder(stream, { mimeType: mediaType, videoBitsPerSecond: 1_500_000 });
    recorder = made;
    made.addEventListener("dataavailable", ({ data }) => pieces.push(data));
    made.addEventListener("stop", () => {
      if (over) return;
      if (pieces.every(({ size }) => size === 0)) return;
      const name = `${new Date(at).toISOString().replaceAll(":", "-")}.${end}`;
      const file = new File(pieces, name, { type: mediaType });
      keep({
        recording: { name, mediaType, bytes: file.size, at, lastsMs: Date.now() - at },
        file,
        href: URL.createObjectURL(file),
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

  const source = handleSource({
    async *entries() {
      for (const { file } of recordings) yield [file.name, { kind: "file" as const }];
    },
    getDirectoryHandle: () => Promise.reject(new DOMException("There are no folders.", "NotFoundError")),
    async getFileHandle(name) {
      const file = recordings.find((one) => one.file.name === name)?.file;
      if (file === undefined) throw new DOMException("It is not there.", "NotFoundError");
      return { getFile: () => Promise.resolve(file) };
    },
  });

  return {
    source,
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
