// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, watch } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileChannel, filesOver } from "@signalbox/peers/file";
import { blackPicture, frameMark, headerBytes, type Picture, readY4m } from "@signalbox/video";
import { runCommand } from "./commands.ts";
import { knockAt, startBox } from "./ground.ts";

const folderFor = async (context: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-camera-"));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
};

const timer = {
  after(ms: number, run: () => void) {
    const timeout = setTimeout(run, ms);
    return () => clearTimeout(timeout);
  },
};

const [width, height, rate] = [64, 48, 20];

/** A wall for two seconds, somebody who walks by for two, and the wall again for four. */
const walk = async (folder: string): Promise<string> => {
  const pictures = Array.from({ length: 8 * rate }, (_, index) => {
    const picture = blackPicture(width, height);
    picture.data.fill(90, 0, width * height);
    const left = Math.round(((index - 2 * rate) / (2 * rate)) * (width - 12));
    if (left < 0 || left > width - 12) return picture;
    for (let y = 10; y < 40; y += 1) picture.data.fill(220, y * width + left, y * width + left + 12);
    return picture;
  });
  const path = join(folder, "walk.y4m");
  await writeFile(
    path,
    Buffer.concat([
      headerBytes({ width, height, rate }),
      ...pictures.flatMap(({ data }) => [frameMark, data]),
    ]),
  );
  return path;
};

const picturesIn = async (path: string): Promise<readonly Picture[]> => {
  const pictures: Picture[] = [];
  const video = await readY4m(createReadStream(path));
  for await (const picture of video.pictures) pictures.push(picture);
  return pictures;
};

/** Settles when the file is there. */
const appears = (path: string): Promise<void> =>
  new Promise((resolve) => {
    const watcher = watch(dirname(path), () => look());
    const look = () => {
      if (!existsSync(path)) return;
      watcher.close();
      resolve();
    };
    look();
  });

describe("signalbox camera", () => {
  test("made up, is seen by two at once, as video and as a snapshot", async (context) => {
    const { url } = await startBox(context);
    const folder = await folderFor(context);
    const server = ["--server", url];
    const camera = runCommand(context, [
      "camera",
      "serve",
      "--id",
      "yard",
      "--size",
      "160x120",
      "--name",
      "Yard",
      ...server,
    ]);
    await camera.says(/servers\/yard waits/);
    const views = ["one.y4m", "two.y4m"].map((name) =>
      runCommand(context, ["camera", "view", "--y4m-out", join(folder, name), "--pictures", "10", ...server]),
    );
    const snapshot = join(folder, "now.png");
    const taking = runCommand(context, [
      "camera",
      "view",
      "--snapshot",
      snapshot,
      "--device",
      "yard",
      ...server,
    ]);
    for (const view of [...views, taking]) assert.equal(await view.status, 0, view.said());
    assert.match(taking.said(), /Yard, 160 by 120, 15 pictures in a second/);
    assert.deepEqual([...(await readFile(snapshot)).subarray(1, 4)], [...Buffer.from("PNG")]);
    for (const name of ["one.y4m", "two.y4m"]) {
      const pictures = await picturesIn(join(folder, name));
      assert.ok(pictures.length >= 10);
      // The sky is blue, whatever the encoder did to it.
      const { data } = pictures.at(-1) ?? blackPicture(160, 120);
      assert.ok((data[160 * 120 + 5] ?? 0) > 135);
    }
    camera.abort();
    assert.equal(await camera.status, 0);
  });

  test("records what moves from before it began, tells it, runs the owner's command, and shares the recording", async (context) => {
    const { url } = await startBox(context);
    const folder = await folderFor(context);
    const footage = join(folder, "footage");
    const hooked = join(folder, "hooked");
    const copy = join(folder, "copy");
    const server = ["--server", url];
    const camera = runCommand(
      context,
      ["camera", "serve", "--id", "yard", "--y4m", await walk(folder), ...server].concat(
        ["--record", footage, "--record-format", "y4m", "--pre-roll", "1"],
        ["--on-motion", `echo "$SIGNALBOX_DEVICE $SIGNALBOX_MOTION_AT" >> '${hooked}'`],
        ["--on-recorded", `cp "$SIGNALBOX_RECORDING" '${copy}.part'; mv '${copy}.part' '${copy}'`],
      ),
      { environment: { PATH: process.env.PATH ?? "" } },
    );
    await camera.says(/waits/);
    const watching = runCommand(context, ["camera", "view", ...server]);
    await watching.prints(/something moves\n/);
    await watching.prints(/nothing moves any more\n/);
    const [, name = ""] = await watching.prints(/recorded (\S+\.y4m)\n/);
    assert.match(await readFile(hooked, "utf8"), /^yard \d{4}-\d\d-\d\dT\S+Z\n/);

    const listing = runCommand(context, ["camera", "recordings", "--json", ...server]);
    assert.equal(await listing.status, 0, listing.said());
    const [recording] = listing
      .out()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(recording.name, name);
    assert.equal(recording.bytes, (await stat(join(footage, name))).size);

    const files = filesOver(
      await knockAt(context, { url, to: "servers/yard/services/recordings", channels: [fileChannel] }),
      timer,
    );
    const pieces: Uint8Array[] = [];
    const { sha256 } = await files.read(name, {}, (piece) => void pieces.push(piece.slice()));
    const fetched = Buffer.concat(pieces);
    assert.equal(createHash("sha256").update(fetched).digest("hex"), sha256);
    assert.deepEqual(fetched, await readFile(join(footage, name)));
    await appears(copy);
    assert.deepEqual(await readFile(copy), fetched);

    const pictures = await picturesIn(join(footage, name));
    assert.ok(Math.abs(pictures.length * (1_000 / rate) - recording.lastsMs) <= 200);
    const somebody = pictures.findIndex(({ data }) => data.subarray(0, width * height).includes(220));
    assert.ok(somebody >= rate / 4, `there are ${somebody} pictures before it began`);
    camera.abort();
    assert.equal(await camera.status, 0);
  });

  test("tells in one line what makes no sense, and what cannot be read", async (context) => {
    const { url } = await startBox(context);
    const folder = await folderFor(context);
    for (const [args, sentence] of [
      [["serve", "--size", "3x3"], '--size: must be as 640x480, even numbers from 16 to 3840, not "3x3"'],
      [
        ["serve", "--record-keep", "1G"],
        "--record-keep, --record-format, --pre-roll, --on-recorded: name a folder to --record into",
      ],
      [
        ["serve", "--record", "f", "--record-keep", "much"],
        '--record-keep: must be as 500M or 20G, at least 1M, not "much"',
      ],
      [["view", "--pictures", "3"], "--rate, --pictures: name a --y4m-out"],
      [["dance"], 'there is no command "dance"; there are serve, view and recordings'],
    ] as const) {
      const wrong = runCommand(context, ["camera", ...args]);
      assert.equal(await wrong.status, 2);
      assert.equal(wrong.said(), `signalbox camera: ${sentence}\n`);
    }
    const nothing = runCommand(context, [
      "camera",
      "serve",
      "--y4m",
      join(folder, "none.y4m"),
      "--server",
      url,
    ]);
    assert.equal(await nothing.status, 1);
    assert.match(nothing.said(), /ENOENT/);
    const camera = runCommand(context, [
      "camera",
      "serve",
      "--id",
      "yard",
      "--size",
      "16x16",
      "--server",
      url,
    ]);
    await camera.says(/waits/);
    const listing = runCommand(context, ["camera", "recordings", "--server", url]);
    assert.equal(await listing.status, 1);
    assert.equal(listing.said(), "signalbox camera recordings: This camera keeps no recordings.\n");
    assert.deepEqual(await readdir(folder), []);
  });
});
