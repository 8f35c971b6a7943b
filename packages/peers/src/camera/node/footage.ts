// SPDX-License-Identifier: MIT
/** The folder of a camera's recordings: each says in its name when it was and how long it lasts; the oldest make room. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { type Recording, recordingsMax } from "../wire.ts";

export type FootageFormat = "y4m" | "mp4" | "webm";

const mediaTypes: { readonly [format in FootageFormat]: string } = {
  y4m: "video/x-yuv4mpeg2",
  mp4: "video/mp4",
  webm: "video/webm",
};

const nameOf = (at: number, lastsMs: number, format: FootageFormat): string =>
  `${new Date(at).toISOString().replaceAll(":", "-")}_${lastsMs}ms.${format}`;

const named = /^(\d{4}-\d\d-\d\dT)(\d\d)-(\d\d)-(\d\d\.\d{3}Z)_(\d{1,9})ms\.(y4m|mp4|webm)$/;

/** A recording that is being written. */
const partName = ".recording.part";

const recordingNamed = (name: string, bytes: number): Recording | undefined => {
  const [, day = "", hour, minute, rest, lasts, format] = named.exec(name) ?? [];
  const at = Date.parse(`${day}${hour}:${minute}:${rest}`);
  if (!(at >= 0) || (format !== "y4m" && format !== "mp4" && format !== "webm")) return undefined;
  return { name, mediaType: mediaTypes[format], bytes, at, lastsMs: Number(lasts) };
};

/** What ffmpeg, where it is there, makes of Y4M. */
const encoder: { readonly [format in Exclude<FootageFormat, "y4m">]: readonly string[] } = {
  mp4: [
    "-c:v",
    "libx264",
    "-preset",
    "veryfast",
    "-pix_fmt",
    "yuv420p",
    "-movflags",
    "+faststart",
    "-f",
    "mp4",
  ],
  webm: ["-c:v", "libvpx", "-deadline", "realtime", "-b:v", "1M", "-f", "webm"],
};

export interface OpenRecording {
  /** Takes Y4M. */
  readonly sink: Writable;
  /** Gives it its name, which is when others see it. Undefined where it could not be written. */
  finish(at: number, lastsMs: number): Promise<Recording | undefined>;
}

export interface Footage {
  readonly folder: string;
  /** The newest first. */
  list(): Promise<readonly Recording[]>;
  /** Makes room first. One at a time. */
  open(): Promise<OpenRecording>;
}

export interface FootageOptions {
  readonly folder: string;
  /** Of all recordings together, at any time: what is written may take half of it. */
  readonly keepBytes: number;
  readonly format: FootageFormat;
  readonly ffmpeg?: string;
  readonly onError: (error: Error) => void;
}

/** Is this program there? */
export const isThere = async (program: string): Promise<boolean> => {
  const child = spawn(program, ["-version"], { stdio: "ignore" });
  try {
    const [status] = await once(child, "exit");
    return status === 0;
  } catch {
    return false;
  }
};

export const openFootage = async (options: FootageOptions): Promise<Footage> => {
  const { folder, keepBytes, format, ffmpeg = "ffmpeg", onError } = options;
  await mkdir(folder, { recursive: true });
  const part = join(folder, partName);
  await rm(part, { force: true });

  const all = async (): Promise<readonly Recording[]> => {
    const found = await Promise.all(
      (await readdir(folder)).map(async (name) => {
        if (!named.test(name)) return undefined;
        // One that made room since its name was read is none any more.
        const stats = await stat(join(folder, name)).catch(() => undefined);
        return stats && recordingNamed(name, stats.size);
      }),
    );
    return found.filter((one) => one !== undefined).sort((one, other) => other.at - one.at);
  };

  /** Removes the oldest until all others take no more than that. */
  const makeRoom = async (bytes: number): Promise<void> => {
    let sum = 0;
    for (const recording of await all()) {
      sum += recording.bytes;
      if (sum > bytes) await rm(join(folder, recording.name), { force: true });
    }
  };

  const openSink = (): { readonly sink: Writable; readonly written: Promise<unknown> } => {
    if (format === "y4m") {
      const sink = createWriteStream(part);
      return { sink, written: finished(sink) };
    }
    const input = ["-nostdin", "-loglevel", "error", "-y", "-f", "yuv4mpegpipe", "-i", "-"];
    const child = spawn(ffmpeg, [...input, ...encoder[format], `file:${part}`], {
      stdio: ["pipe", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (text: Buffer) => {
      said = `${said}${text.toString()}`.slice(-1_000);
    });
    // Where it goes early, its exit tells why.
    child.stdin.on("error", () => {});
    const written = once(child, "exit").then(([status]) => {
      if (status !== 0)
        throw new Error(`${ffmpeg} cannot write ${format}: ${said.trim().split("\n").at(-1)}`);
    });
    return { sink: child.stdin, written };
  };

  return {
    folder,
    async list() {
      return (await all()).slice(0, recordingsMax);
    },
    async open() {
      await makeRoom(keepBytes / 2);
      const { sink, written } = openSink();
      const outcome = written.then(
        () => true,
        (error: unknown) => {
          onError(error instanceof Error ? error : new Error(String(error)));
          return false;
        },
      );
      return {
        sink,
        async finish(at, lastsMs) {
          sink.end();
          if (!(await outcome)) {
            await rm(part, { force: true });
            return undefined;
          }
          const name = nameOf(at, lastsMs, format);
          await rename(part, join(folder, name));
          return recordingNamed(name, (await stat(join(folder, name))).size);
        },
      };
    },
  };
};
