// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { type Footage, isThere, openFootage } from "./footage.ts";

const newFolder = async (context: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-footage-"));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
};

const at = Date.UTC(2026, 10, 21, 11, 40, 0, 123);

const record = async (footage: Footage, from: number, bytes: number) => {
  const { sink, finish } = await footage.open();
  sink.write(Buffer.alloc(bytes, 7));
  return finish(from, 1_500);
};

/** A program in ffmpeg's place: it writes what it was given into its last argument. */
const standIn = async (folder: string, script: string): Promise<string> => {
  const path = join(folder, "ffmpeg");
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
};

describe("the footage of a camera", () => {
  test("has a name that says when it was and how long, and is listed with the newest first", async (context) => {
    const folder = await newFolder(context);
    const footage = await openFootage({ folder, keepBytes: 10_000, format: "y4m", onError: assert.ifError });
    const first = await record(footage, at, 100);
    const second = await record(footage, at + 60_000, 200);
    assert.deepEqual(first, {
      name: "2026-11-21T11-40-00.123Z_1500ms.y4m",
      mediaType: "video/x-yuv4mpeg2",
      bytes: 100,
      at,
      lastsMs: 1_500,
    });
    await writeFile(join(folder, "holiday.mp4"), "of somebody else");
    const again = await openFootage({ folder, keepBytes: 10_000, format: "y4m", onError: assert.ifError });
    assert.deepEqual(await again.list(), [second, first]);
  });

  test("is there under its name only when it is whole, and what was cut off is removed", async (context) => {
    const folder = await newFolder(context);
    const footage = await openFootage({ folder, keepBytes: 10_000, format: "y4m", onError: assert.ifError });
    const { sink, finish } = await footage.open();
    sink.write("half");
    assert.deepEqual(await footage.list(), []);
    await finish(at, 1);
    await writeFile(join(folder, ".recording.part"), "of a power failure");
    await openFootage({ folder, keepBytes: 10_000, format: "y4m", onError: assert.ifError });
    assert.deepEqual(await readdir(folder), ["2026-11-21T11-40-00.123Z_1ms.y4m"]);
  });

  test("makes room by its oldest, and leaves alone what it did not record", async (context) => {
    const folder = await newFolder(context);
    await writeFile(join(folder, "holiday.mp4"), Buffer.alloc(50_000));
    const footage = await openFootage({ folder, keepBytes: 1_000, format: "y4m", onError: assert.ifError });
    for (let minute = 0; minute < 10; minute += 1) {
      await record(footage, at + minute * 60_000, 200);
      const sum = (await footage.list()).reduce((bytes, one) => bytes + one.bytes, 0);
      assert.ok(sum <= 1_000, `${sum} bytes`);
    }
    const kept = (await footage.list()).map((one) => (one.at - at) / 60_000);
    assert.deepEqual(kept, [9, 8, 7]);
    assert.ok((await readdir(folder)).includes("holiday.mp4"));
  });

  test("goes through ffmpeg for other formats", async (context) => {
    const folder = await newFolder(context);
    const ffmpeg = await standIn(
      folder,
      'for last; do :; done; [ "$last" = -version ] || cat > "$' + '{last#file:}"',
    );
    assert.ok(await isThere(ffmpeg));
    assert.ok(!(await isThere(join(folder, "nothing"))));
    const footage = await openFootage({
      folder,
      keepBytes: 10_000,
      format: "mp4",
      ffmpeg,
      onError: assert.ifError,
    });
    const recording = await record(footage, at, 300);
    assert.deepEqual([recording?.mediaType, recording?.bytes], ["video/mp4", 300]);
    assert.deepEqual(await readFile(join(folder, recording?.name ?? "")), Buffer.alloc(300, 7));
  });

  test("that cannot be written is told, and leaves nothing behind", async (context) => {
    const folder = await newFolder(context);
    const ffmpeg = await standIn(folder, "cat > /dev/null; echo 'no such codec' >&2; exit 3");
    for (const [program, reason] of [
      [ffmpeg, /no such codec/],
      [join(folder, "missing"), /ENOENT/],
    ] as const) {
      const errors: Error[] = [];
      const footage = await openFootage({
        folder,
        keepBytes: 10_000,
        format: "webm",
        ffmpeg: program,
        onError: (error) => errors.push(error),
      });
      assert.equal(await record(footage, at, 10), undefined);
      assert.match(errors[0]?.message ?? "", reason);
      assert.deepEqual(await footage.list(), []);
    }
  });
});
