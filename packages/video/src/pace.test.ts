// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { PassThrough, Readable, Writable } from "node:stream";
import { describe, test } from "node:test";
import { handClock, settled } from "@signalbox/core/testing";
import { play, playBlack } from "./player.ts";
import { recorder } from "./recorder.ts";
import { blackPicture, type Picture, readY4m } from "./y4m.ts";

const shade = (value: number, width = 4, height = 4): Picture => {
  const picture = blackPicture(width, height);
  picture.data.fill(value, 0, width * height);
  return picture;
};

/** Turns the clock in small steps, with turns for what promises do in between. */
const turn = async (clock: ReturnType<typeof handClock>, ms: number, step = 10): Promise<void> => {
  for (let passed = 0; passed < ms; passed += step) {
    await settled();
    clock.advance(step);
  }
  await settled();
};

describe("playing a video", () => {
  test("shows each picture when it is due", async () => {
    const clock = handClock(0);
    const shown: (readonly [number, number | undefined])[] = [];
    const pictures = (async function* () {
      for (const value of [1, 2, 3]) yield shade(value);
    })();
    const playing = play({
      pictures,
      rate: 10,
      ground: clock,
      show: ({ data }) => shown.push([clock.now(), data[0]]),
    });
    await turn(clock, 500);
    await playing;
    assert.deepEqual(shown, [
      [0, 1],
      [100, 2],
      [200, 3],
    ]);
  });

  test("catches up after a stall of the file, but does not hurry after a long one", async () => {
    const clock = handClock(0);
    const shown: number[] = [];
    const pictures = (async function* () {
      yield shade(1);
      await new Promise<void>((resolve) => clock.after(350, resolve));
      yield* [shade(2), shade(3), shade(4), shade(5)];
      await new Promise<void>((resolve) => clock.after(5_000, resolve));
      yield* [shade(6), shade(7)];
    })();
    const playing = play({ pictures, rate: 10, ground: clock, show: () => shown.push(clock.now()) });
    await turn(clock, 6_000);
    await playing;
    assert.deepEqual(shown, [0, 350, 350, 350, 400, 5_400, 5_500]);
  });

  test("ends when it is told to, and keeps no timer", async () => {
    const clock = handClock(0);
    const abort = new AbortController();
    const shown: number[] = [];
    const pictures = Readable.from([shade(1), shade(2), shade(3)]);
    const playing = play({
      pictures,
      rate: 1,
      ground: clock,
      show: () => shown.push(1),
      signal: abort.signal,
    });
    await turn(clock, 10);
    abort.abort();
    await playing;
    assert.equal(shown.length, 1);
    assert.equal(clock.pending, 0);
  });

  test("is black where there is nothing to show", () => {
    const clock = handClock(0);
    const shown: Picture[] = [];
    const stop = playBlack((picture) => shown.push(picture), clock);
    clock.advance(1_000);
    stop();
    clock.advance(1_000);
    assert.equal(shown.length, 6);
    assert.ok(
      shown.every(({ data, width, height }) => data[0] === 16 && data.length === (width * height * 3) / 2),
    );
  });
});

describe("writing a video", () => {
  const written = async (run: (take: (picture: Picture) => void, wait: (ms: number) => void) => void) => {
    let now = 0;
    const sink = new PassThrough({ highWaterMark: 1 << 20 });
    const { take, counts } = recorder({ sink, rate: 10, now: () => now });
    run(take, (ms) => {
      now += ms;
    });
    sink.end();
    const video = await readY4m(sink);
    const shades: (number | undefined)[] = [];
    for await (const { data } of video.pictures) shades.push(data[0]);
    return { video, shades, counts };
  };

  test("keeps an even pace: what is missing is repeated, what is too much is left out", async () => {
    const { shades, video } = await written((take, wait) => {
      take(shade(1));
      wait(100);
      take(shade(2));
      wait(300);
      take(shade(3));
      for (let index = 0; index < 10; index += 1) {
        wait(10);
        take(shade(100 + index));
      }
    });
    assert.deepEqual(shades, [1, 2, 2, 2, 3, 104]);
    assert.equal(video.rate, 10);
  });

  test("does not drift where pictures come a little early or late", async () => {
    const { shades } = await written((take, wait) => {
      for (let index = 0; index < 50; index += 1) {
        take(shade(index));
        wait(index % 2 === 0 ? 70 : 130);
      }
    });
    assert.deepEqual(
      shades,
      Array.from({ length: 50 }, (_, index) => index),
    );
  });

  test("has one size, whatever the encoder makes of it on the way", async () => {
    const { video, shades } = await written((take, wait) => {
      take(shade(1, 8, 8));
      wait(100);
      take(shade(2, 4, 4));
      wait(100);
      take(shade(3, 16, 16));
    });
    assert.deepEqual([video.width, video.height, shades], [8, 8, [1, 2, 3]]);
  });

  test("cuts a long pause, and leaves pictures out where the disk does not keep up", async () => {
    const { shades } = await written((take, wait) => {
      take(shade(1));
      wait(60_000);
      take(shade(2));
    });
    assert.deepEqual(shades, [1, 2]);
    let now = 0;
    const stuck = new Writable({ write() {} });
    const { take, counts } = recorder({ sink: stuck, rate: 10, now: () => now, waitingBytesMax: 1_000 });
    for (let index = 0; index < 100; index += 1) {
      take(shade(index));
      now += 100;
    }
    assert.equal(counts.written + counts.leftOut, 100);
    assert.ok(counts.leftOut > 0 && stuck.writableLength < 1_100);
  });
});
