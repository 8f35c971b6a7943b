// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { openVideo } from "./open-video.ts";
import { blackPicture, frameMark, headerBytes } from "./y4m.ts";

const folder = async (context: TestContext): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), "signalbox-video-"));
  context.after(() => rm(path, { recursive: true }));
  return path;
};

const y4m = Buffer.concat([
  headerBytes({ width: 4, height: 4, rate: 5 }),
  frameMark,
  blackPicture(4, 4).data,
]);

const countOf = async (pictures: AsyncIterable<unknown>): Promise<number> => {
  let count = 0;
  for await (const _ of pictures) count += 1;
  return count;
};

/** A program in ffmpeg's place. */
const standIn = async (path: string, script: string): Promise<string> => {
  const file = join(path, "ffmpeg");
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
};

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

describe("opening a video", () => {
  test("that is Y4M needs no other program", async (context) => {
    const path = await folder(context);
    await writeFile(join(path, "video"), y4m);
    const video = await openVideo(join(path, "video"), join(path, "no such program"));
    assert.equal(video.rate, 5);
    assert.equal(await countOf(video.pictures), 1);
  });

  test("of another format says what is missing where ffmpeg is", async (context) => {
    const path = await folder(context);
    await writeFile(join(path, "video.mp4"), "not Y4M");
    await assert.rejects(openVideo(join(path, "video.mp4"), join(path, "no such program")), {
      message:
        /video\.mp4 is no Y4M video, and .*no such program, which could convert it, is not installed\./,
    });
  });

  test("of another format reads what ffmpeg makes of it", async (context) => {
    const path = await folder(context);
    await writeFile(join(path, "made.y4m"), y4m);
    await writeFile(join(path, "video.mp4"), "not Y4M");
    const ffmpeg = await standIn(
      path,
      `case "$*" in *-i*file:*video.mp4*) cat '${join(path, "made.y4m")}';; esac`,
    );
    const video = await openVideo(join(path, "video.mp4"), ffmpeg);
    assert.equal(await countOf(video.pictures), 1);
  });

  test("that ffmpeg cannot read gives its reason", async (context) => {
    const path = await folder(context);
    await writeFile(join(path, "video.mp4"), "not Y4M");
    const ffmpeg = await standIn(path, "echo 'moov atom not found' >&2; exit 1");
    await assert.rejects(openVideo(join(path, "video.mp4"), ffmpeg), /moov atom not found/);
  });

  test("of another format, with the real ffmpeg", {
    skip: hasFfmpeg ? false : "ffmpeg is not installed here",
  }, async (context) => {
    const path = await folder(context);
    const file = join(path, "video.mkv");
    const made = spawnSync("ffmpeg", [
      "-loglevel",
      "error",
      "-f",
      "lavfi",
      "-i",
      "testsrc=size=65x49:rate=10:duration=1",
      file,
    ]);
    assert.equal(made.status, 0, String(made.stderr));
    const video = await openVideo(file);
    assert.deepEqual([video.width, video.height, video.rate], [64, 48, 10]);
    assert.equal(await countOf(video.pictures), 10);
  });

  test("that is not there gives the system's reason", async () => {
    await assert.rejects(openVideo("/nowhere/at/all"), /ENOENT/);
  });
});
