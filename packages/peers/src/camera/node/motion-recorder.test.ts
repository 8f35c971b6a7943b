// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { blackPicture, type Picture, readY4m } from "@signalbox/video";
import type { Recording } from "../wire.ts";
import { openFootage } from "./footage.ts";
import { type MotionRecorderOptions, motionRecorder } from "./motion-recorder.ts";

const rate = 10;
const start = Date.UTC(2026, 10, 21);

const shade = (value: number): Picture => {
  const picture = blackPicture(4, 4);
  picture.data.fill(value, 0, 16);
  return picture;
};

const bench = async (context: TestContext, more: Partial<MotionRecorderOptions> = {}) => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-recorder-"));
  context.after(() => rm(folder, { recursive: true }));
  const footage = await openFootage({ folder, keepBytes: 1e6, format: "y4m", onError: assert.ifError });
  const recorded: Recording[] = [];
  const recorder = motionRecorder({
    footage,
    rate,
    preRollMs: 500,
    longestMs: 60_000,
    largestBytes: 1e6,
    onRecorded: (recording) => recorded.push(recording),
    onError: assert.ifError,
    ...more,
  });
  let next = 0;
  return {
    recorder,
    recorded,
    /** Each picture is as bright as its number. */
    show(count: number) {
      for (let index = 0; index < count; index += 1, next += 1) {
        recorder.take(shade(next), start + (next * 1_000) / rate);
      }
    },
    async shades({ name }: Recording): Promise<readonly (number | undefined)[]> {
      const { pictures } = await readY4m(createReadStream(join(folder, name)));
      const seen: (number | undefined)[] = [];
      for await (const { data } of pictures) seen.push(data[0]);
      return seen;
    },
  };
};

const from = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, index) => first + index);

describe("recording what moves", () => {
  test("begins before the motion did, and ends when it is over", async (context) => {
    const { recorder, recorded, show, shades } = await bench(context);
    show(20);
    recorder.moved(true);
    show(10);
    recorder.moved(false);
    show(10);
    await recorder.stop();
    const [only, ...more] = recorded;
    assert.ok(only !== undefined && more.length === 0);
    assert.deepEqual(await shades(only), from(14, 29));
    assert.deepEqual([only.at, only.lastsMs], [start + 1_400, 1_500]);
  });

  test("makes a recording of each motion, with nothing twice", async (context) => {
    const { recorder, recorded, show, shades } = await bench(context);
    show(3);
    for (let round = 0; round < 2; round += 1) {
      recorder.moved(true);
      show(3);
      recorder.moved(false);
      show(3);
    }
    await recorder.stop();
    const all = await Promise.all(recorded.map(shades));
    assert.equal(all.length, 2);
    assert.deepEqual([...new Set(all.flat())], all.flat());
  });

  test("goes on in another where it gets too long or too large, without a hole", async (context) => {
    for (const bound of [{ longestMs: 1_000 }, { largestBytes: 24 * 10 }]) {
      const { recorder, recorded, show, shades } = await bench(context, bound);
      recorder.moved(true);
      for (let step = 0; step < 35; step += 1) {
        show(1);
        // Files are opened and closed meanwhile.
        await new Promise((resolve) => setImmediate(resolve));
      }
      recorder.moved(false);
      await recorder.stop();
      assert.ok(recorded.length >= 2, JSON.stringify(bound));
      assert.deepEqual((await Promise.all(recorded.map(shades))).flat(), from(0, 34));
    }
  });
});
