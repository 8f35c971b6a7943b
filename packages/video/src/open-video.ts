// SPDX-License-Identifier: MIT
/** Video files: Y4M as it is, anything else through ffmpeg where that is installed. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { open } from "node:fs/promises";
import { looksLikeY4m, readY4m, Y4mProblem, type Y4mVideo } from "./y4m.ts";

/** Opens a video file. Rejects with a `Y4mProblem`, or with the system's error where the file cannot be read. */
export const openVideo = async (path: string, ffmpeg = "ffmpeg"): Promise<Y4mVideo> => {
  const file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
  if (looksLikeY4m(buffer.subarray(0, bytesRead))) return readY4m(file.createReadStream({ start: 0 }));
  await file.close();
  return readY4m(converted(path, ffmpeg));
};

/** The file as Y4M. ffmpeg goes when nobody reads any more. */
async function* converted(path: string, ffmpeg: string): AsyncGenerator<Uint8Array, void> {
  const filter = "scale=trunc(iw/2)*2:trunc(ih/2)*2";
  const child = spawn(
    ffmpeg,
    // `file:` keeps a name from being read as one of ffmpeg's protocols.
    [
      "-nostdin",
      "-loglevel",
      "error",
      "-i",
      `file:${path}`,
      "-an",
      "-vf",
      filter,
      "-pix_fmt",
      "yuv420p",
    ].concat("-f", "yuv4mpegpipe", "-"),
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const exited = once(child, "exit");
  // Where it cannot be started there is no exit, but an error; it is told below.
  exited.catch(() => {});
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said = `${said}${text.toString()}`.slice(-1_000);
  });
  try {
    try {
      await once(child, "spawn");
    } catch {
      throw new Y4mProblem(
        `${path} is no Y4M video, and ${ffmpeg}, which could convert it, is not installed.`,
      );
    }
    yield* child.stdout;
    const [status] = await exited;
    if (status !== 0) {
      const reason = said.trim().split("\n").at(-1) ?? "";
      throw new Y4mProblem(`ffmpeg cannot read ${path}${reason === "" ? "." : `: ${reason}`}`);
    }
  } finally {
    child.kill();
  }
}
