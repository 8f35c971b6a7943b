// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { Guest } from "@signalbox/client/peernet";
import { handClock } from "@signalbox/core/testing";
import { loadWebRtc, type NodeWebRtc, type Picture, pngOf, resized } from "@signalbox/video";
import { type Ends, twoEnds } from "../../testing/connected.ts";
import { type CameraOptions, openCamera } from "../camera.ts";
import { askForVideo, type CameraEvents, cameraChannel, viewCamera } from "../view-camera.ts";
import { cameraProtocol, type MotionNews, type Recording } from "../wire.ts";
import { nodePictures } from "./node-pictures.ts";
import { paintedPicture } from "./painted.ts";

const webRtc = await loadWebRtc();
assert.ok(webRtc !== undefined);
const stack: NodeWebRtc = webRtc;
const [width, height] = [64, 48];

const cameraWith = (context: TestContext, more: Partial<CameraOptions> = {}) => {
  const clock = handClock(1_700_000_000_000);
  const pictures = nodePictures(stack, { width, height, rate: 25 });
  const camera = openCamera({ label: "Yard", pictures, now: clock.now, ...more });
  const feeding = setInterval(() => pictures.feed(paintedPicture(clock.now(), width, height)), 40);
  context.after(() => {
    clearInterval(feeding);
    camera.close();
  });
  return { camera, pictures, clock };
};

type CameraBench = ReturnType<typeof cameraWith>;

/** Offers, and the camera's answer to it: undefined, or its refusal. */
const knock = async (ends: Ends, { camera }: CameraBench) => {
  const { viewer, device } = ends;
  const end = new AbortController();
  const guest: Guest = {
    pc: device,
    service: "camera",
    knock: "",
    attributes: {},
    signal: end.signal,
    close() {
      device.close();
      end.abort();
    },
  };
  const offer = await viewer.createOffer();
  await Promise.all([viewer.setLocalDescription(offer), device.setRemoteDescription(offer)]);
  const no = await camera.service.accept(guest);
  if (no !== undefined) return no;
  const answer = await device.createAnswer();
  await Promise.all([device.setLocalDescription(answer), viewer.setRemoteDescription(answer)]);
  return undefined;
};

const viewed = async (context: TestContext, bench: CameraBench, events: CameraEvents = {}) => {
  const ends = twoEnds(context);
  askForVideo(ends.viewer);
  const track = new Promise<MediaStreamTrack>((resolve) => {
    ends.viewer.addEventListener("track", (event) => resolve(event.track));
  });
  const channel = ends.viewer.createDataChannel(cameraChannel.label, { protocol: cameraProtocol });
  assert.equal(await knock(ends, bench), undefined);
  return { ends, track: await track, view: await viewCamera(channel, events) };
};

/** Settles with a picture of a track that fits. */
const seen = (context: TestContext, track: MediaStreamTrack, fits: (picture: Picture) => boolean) =>
  new Promise<Picture>((resolve) => {
    const stop = stack.watch(track, (picture) => {
      if (fits(picture)) resolve(picture);
    });
    context.after(stop);
  });

const tenMore = (context: TestContext, track: MediaStreamTrack) => {
  let pictures = 0;
  return seen(context, track, () => {
    pictures += 1;
    return pictures > 10;
  });
};

describe("a camera", () => {
  test("shows its pictures to several viewers at once, and says what it is", async (context) => {
    const bench = cameraWith(context);
    for (const { track, view } of [await viewed(context, bench), await viewed(context, bench)]) {
      assert.deepEqual(view.description, {
        protocol: "camera/1",
        label: "Yard",
        width,
        height,
        rate: 25,
        paused: false,
        motion: { watched: false, moving: false },
        snapshot: "image/png",
        now: bench.clock.now(),
      });
      // The blue of the sky: more blue than the middle.
      await seen(
        context,
        track,
        ({ width: w, height: h, data }) => w === width && (data[w * h + 3] ?? 0) > 132,
      );
    }
    assert.equal(bench.camera.viewers, 2);
  });

  test("refuses one viewer too many with the reason, and takes the next when one goes", async (context) => {
    const bench = cameraWith(context, { viewersMax: 1 });
    const { view } = await viewed(context, bench);
    const other = twoEnds(context);
    askForVideo(other.viewer);
    assert.deepEqual(await knock(other, bench), { reject: "This camera takes no more than 1 at once." });
    view.close();
    await view.closed;
    await viewed(context, bench);
  });

  test("gives snapshots in full, or smaller", async (context) => {
    const bench = cameraWith(context);
    const { view } = await viewed(context, bench);
    bench.pictures.feed(paintedPicture(bench.clock.now(), width, height));
    const [whole, small] = await Promise.all([view.snapshot(), view.snapshot(32)]);
    const picture = paintedPicture(bench.clock.now(), width, height);
    assert.deepEqual([whole.mediaType, whole.at], ["image/png", bench.clock.now()]);
    assert.deepEqual(whole.bytes, await pngOf(picture));
    assert.deepEqual(small.bytes, await pngOf(resized(picture, 32, 24)));
  });

  test("gives a snapshot of many messages as it is", async (context) => {
    const bench = cameraWith(context);
    const noise = paintedPicture(0, 1024, 768);
    for (let at = 0; at < noise.data.length; at += 1) noise.data[at] = (at * at * 31) % 251;
    const bytes = await pngOf(noise);
    const snapshot = async () => ({ mediaType: "image/png", bytes });
    const large = cameraWith(context, { pictures: { ...bench.pictures, snapshot } });
    const { view } = await viewed(context, large);
    const taken = await view.snapshot();
    assert.ok(bytes.length > 1_000_000);
    assert.deepEqual(taken.bytes, bytes);
  });

  test("is a camera for snapshots and motion alone, where the viewer offers no video", async (context) => {
    const bench = cameraWith(context);
    const ends = twoEnds(context);
    const channel = ends.viewer.createDataChannel("c", { protocol: cameraProtocol });
    assert.equal(await knock(ends, bench), undefined);
    const view = await viewCamera(channel);
    bench.pictures.feed(paintedPicture(0, width, height));
    assert.ok((await view.snapshot()).bytes.length > 100);
  });

  test("tells of motion and of recordings, unasked and when asked", async (context) => {
    const recording = { name: "a.y4m", mediaType: "video/x-yuv4mpeg2", bytes: 5, at: 1, lastsMs: 2 };
    const bench = cameraWith(context, {
      watchesMotion: true,
      recordings: { service: "file", list: async () => [recording] },
    });
    const told: (MotionNews | Recording)[] = [];
    const { view } = await viewed(context, bench, {
      onMotion: (news) => told.push(news),
      onRecorded: (one) => told.push(one),
    });
    assert.deepEqual(
      [view.description.motion, view.description.recordings],
      [{ watched: true, moving: false }, "file"],
    );
    bench.camera.moved({ moving: true, at: 7, share: 0.25 });
    bench.camera.recorded(recording);
    assert.deepEqual(await view.recordings(), [recording]);
    const [motion, recorded] = told;
    assert.ok(motion !== undefined && "moving" in motion);
    assert.deepEqual([motion.moving, motion.at, motion.share], [true, 7, 0.25]);
    assert.deepEqual(recorded, recording);
    const late = await viewed(context, bench);
    assert.equal(late.view.description.motion.moving, true);
  });

  test("pauses for one viewer, or for all, who are told", async (context) => {
    const bench = cameraWith(context);
    const told: boolean[] = [];
    const { view, track } = await viewed(context, bench, { onPaused: (paused) => told.push(paused) });
    const other = await viewed(context, bench);
    await seen(context, track, () => true);
    await view.pause(true);
    let after = 0;
    context.after(
      stack.watch(track, () => {
        after += 1;
      }),
    );
    // What was on its way arrives; the other sees on, long enough for it.
    await tenMore(context, other.track);
    const arrived = after;
    await tenMore(context, other.track);
    assert.equal(after, arrived);
    await view.pause(false);
    await seen(context, track, () => true);
    bench.camera.pause(true);
    await assert.rejects(view.snapshot(), { reason: "NO_PICTURE" });
    assert.deepEqual(told, [true]);
    bench.camera.pause(false);
    await seen(context, track, () => true);
  });

  test("answers what makes no sense with an error that has its reason", async (context) => {
    const bench = cameraWith(context);
    const ends = twoEnds(context);
    const channel = ends.viewer.createDataChannel("c", { protocol: cameraProtocol });
    assert.equal(await knock(ends, bench), undefined);
    await viewCamera(channel);
    for (const [request, reason] of [
      ["no JSON", "MALFORMED"],
      ['{"type":"describe"}', "MALFORMED"],
      ['{"type":"dance","id":7}', "UNKNOWN_TYPE"],
      ['{"type":"snapshot","id":7,"maxWidth":1}', "BAD_ARGUMENT"],
      ['{"type":"pause","id":7}', "BAD_ARGUMENT"],
      ['{"type":"recordings","id":7}', "NO_RECORDINGS"],
    ] as const) {
      const answer = new Promise<string>((resolve) => {
        channel.addEventListener("message", ({ data }) => resolve(data), { once: true });
      });
      channel.send(request);
      assert.equal(JSON.parse(await answer).reason, reason, request);
    }
    for (let id = 0; id < 20; id += 1) channel.send(JSON.stringify({ type: "describe", id }));
    await new Promise<void>((resolve) => {
      channel.addEventListener("message", ({ data }) => {
        if (JSON.parse(data).reason === "RATE_LIMITED") resolve();
      });
    });
  });
});
