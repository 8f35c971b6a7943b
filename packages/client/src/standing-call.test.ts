// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import wrtc from "@roamhq/wrtc";
import { handClock, settled } from "@signalbox/core/testing";
import {
  type StandingCall,
  type StandingOptions,
  type StandingState,
  standingCall,
} from "./standing-call.ts";
import { next } from "./testing/events.ts";
import { type MemoryServer, memoryServer, type Plug } from "./testing/memory-server.ts";
import { videoTrack, wrtcStack } from "./testing/stacks.ts";
import { joinAs } from "./testing/two-peers.ts";

interface Watched {
  readonly standing: StandingCall;
  readonly plug: Plug;
  readonly states: readonly (StandingState | undefined)[];
  readonly problems: readonly unknown[];
  readonly tracks: readonly MediaStreamTrack[];
  /** The first track that comes: that may be after the connection stands. */
  readonly track: Promise<MediaStreamTrack>;
  /** Settles when that state stands. */
  reaches(state: StandingState | undefined): Promise<void>;
}

const streamOf = (context: TestContext): MediaStream => {
  const track = videoTrack();
  context.after(() => track.stop());
  return new wrtc.MediaStream([track]);
};

/** Two-way video between peers of a real hub, on a clock turned by hand. */
const bench = (context: TestContext) => {
  const server: MemoryServer = memoryServer();
  context.after(() => server.close());
  const stand = (id: string, options: Partial<StandingOptions> = {}, plug = server.plug()): Watched => {
    const states: (StandingState | undefined)[] = [];
    const problems: unknown[] = [];
    const tracks: MediaStreamTrack[] = [];
    const waiting = new Set<() => void>();
    let gotTrack: (track: MediaStreamTrack) => void = () => {};
    const track = new Promise<MediaStreamTrack>((resolve) => {
      gotTrack = resolve;
    });
    const standing = standingCall({
      url: "http://box/",
      room: "hall",
      id,
      clock: server.clock,
      RTCPeerConnection: wrtcStack.RTCPeerConnection,
      configuration: { iceServers: [] },
      WebSocket: plug.WebSocket,
      black: () => streamOf(context),
      onProblem: (error) => problems.push(error),
      onTrack(came) {
        tracks.push(came);
        gotTrack(came);
      },
      onState(state) {
        states.push(state);
        for (const look of waiting) look();
      },
      ...options,
    });
    context.after(() => standing.close());
    return {
      standing,
      plug,
      states,
      problems,
      tracks,
      track,
      reaches: (wanted) =>
        new Promise((resolve) => {
          const look = () => {
            if (standing.state !== wanted) return;
            waiting.delete(look);
            resolve();
          };
          waiting.add(look);
          look();
        }),
    };
  };
  /** What is due at once, and what follows from it. */
  const pass = async (ms = 0) => {
    server.clock.advance(ms);
    await settled();
  };
  return { server, stand, pass };
};

/** Connecting may be over before anybody is told of it. */
const lasting = (states: readonly (StandingState | undefined)[]) =>
  states.filter((state) => state !== "connecting");

describe("a standing call", () => {
  test("is two-way video by default, black where there is nothing to send", async (context) => {
    const { stand, pass } = bench(context);
    const desk = stand("desk");
    const cam = stand("cam", { call: "desk", stream: streamOf(context) });
    await pass();
    await Promise.all([desk.reaches("connected"), cam.reaches("connected")]);
    for (const side of [desk, cam]) {
      await side.track;
      assert.deepEqual(
        side.tracks.map(({ kind }) => kind),
        ["video"],
      );
      assert.deepEqual(
        side.standing.call?.connection.getTransceivers().map(({ currentDirection }) => currentDirection),
        ["sendrecv"],
      );
      assert.deepEqual(lasting(side.states), ["new", "connected"]);
    }
  });

  test("is only received where there is no way to make black", async (context) => {
    const { stand, pass } = bench(context);
    const desk = stand("desk", { black: () => undefined });
    const cam = stand("cam", { call: "desk", stream: streamOf(context) });
    await pass();
    await Promise.all([desk.reaches("connected"), cam.reaches("connected")]);
    await desk.track;
    assert.equal(cam.tracks.length, 0);
  });

  test("waits for whom it calls, and calls as soon as that one is there", async (context) => {
    const { stand, pass } = bench(context);
    const cam = stand("cam", { call: "desk" });
    await pass();
    await cam.reaches("new");
    assert.equal(cam.standing.call, undefined);
    const desk = stand("desk");
    await pass();
    await Promise.all([desk.reaches("connected"), cam.reaches("connected")]);
  });

  test("is made again by itself when the other side ends it", async (context) => {
    const { stand, pass } = bench(context);
    const desk = stand("desk");
    const cam = stand("cam", { call: "desk" });
    await pass();
    await Promise.all([desk.reaches("connected"), cam.reaches("connected")]);
    desk.standing.call?.hangUp();
    await cam.reaches("new");
    await pass();
    await Promise.all([desk.reaches("connected"), cam.reaches("connected")]);
    assert.deepEqual(lasting(cam.states), ["new", "connected", "closed", "new", "connected"]);
    assert.deepEqual(cam.problems, []);
  });

  test("that did not come about is tried again after five seconds", async (context) => {
    const { server, stand, pass } = bench(context);
    const { room } = await joinAs(server, "desk");
    context.after(() => room.session.close());
    const cam = stand("cam", { call: "desk" });
    const [first] = await Promise.all([next(room, "call"), pass()]);
    first[0].reject("not now");
    await cam.reaches("closed").then(() => cam.reaches("new"));
    await pass(4_900);
    assert.equal(cam.standing.call, undefined);
    const [second] = await Promise.all([next(room, "call"), pass(200)]);
    assert.equal(second[0].peer.id, "cam");
  });

  test("outlives its line to the server: what is lost is opened again", async (context) => {
    const { server, stand, pass } = bench(context);
    const plug = server.plug();
    plug.down = true;
    const cam = stand("cam", {}, plug);
    await pass();
    assert.equal(cam.problems.length, 1);
    assert.equal(cam.standing.state, undefined);
    plug.down = false;
    await pass(5_000);
    await cam.reaches("new");
  });

  test("of a taken id comes back until it is free", async (context) => {
    const { server, stand, pass } = bench(context);
    const { room } = await joinAs(server, "cam");
    const cam = stand("cam");
    await pass();
    assert.match(String(cam.problems[0]), /already taken/);
    room.session.close();
    await pass(5_000);
    await cam.reaches("new");
  });

  test("is torn down and begun anew when an attribute changes, and not otherwise", async (context) => {
    const { stand, pass } = bench(context);
    const desk = stand("desk");
    const cam = stand("cam", { call: "desk" });
    await pass();
    await Promise.all([desk.reaches("connected"), cam.reaches("connected")]);
    const before = cam.standing.call;
    const same = { url: "http://box/", room: "hall", id: "cam", call: "desk" };
    cam.standing.change({ ...same, verify: true });
    assert.equal(cam.standing.call, before);
    cam.standing.change({ ...same, room: "other" });
    assert.equal(cam.standing.state, undefined);
    await desk.reaches("new");
    desk.standing.change({ url: "ws://box/", room: "other", id: "desk", call: "" });
    await pass();
    await Promise.all([desk.reaches("connected"), cam.reaches("connected")]);
    assert.equal(cam.standing.room?.name, "other");
  });

  test("does nothing while an attribute it needs is empty", async (context) => {
    const { stand, pass } = bench(context);
    const cam = stand("cam", { room: "" });
    await pass(60_000);
    assert.deepEqual([cam.states, cam.problems, cam.plug.sent], [[], [], []]);
    cam.standing.change({ url: "http://box/", room: "hall", id: "cam" });
    await pass();
    await cam.reaches("new");
    cam.standing.change({ url: "", room: "hall", id: "cam" });
    assert.equal(cam.standing.state, undefined);
  });

  test("has no place for a third: it is told so, and the call goes on", async (context) => {
    const { server, stand, pass } = bench(context);
    const desk = stand("desk");
    const cam = stand("cam", { call: "desk" });
    await pass();
    await Promise.all([desk.reaches("connected"), cam.reaches("connected")]);
    const { room } = await joinAs(server, "eve");
    context.after(() => room.session.close());
    const call = room.call("desk", { channels: ["hello"] });
    const [verdict] = await next(call, "ended");
    assert.deepEqual([verdict.code, verdict.detail], ["rejected-by-peer", "busy"]);
    assert.equal(desk.standing.state, "connected");
  });

  test("shows something else without being negotiated anew", async (context) => {
    const { stand, pass } = bench(context);
    const desk = stand("desk");
    const cam = stand("cam", { call: "desk" });
    await pass();
    await Promise.all([desk.reaches("connected"), cam.reaches("connected")]);
    const sent = () => cam.standing.call?.connection.getSenders()[0]?.track?.id;
    const black = sent();
    const stream = streamOf(context);
    const frames = cam.plug.sent.length;
    cam.standing.show(stream);
    await settled();
    assert.equal(sent(), stream.getTracks()[0]?.id);
    cam.standing.show(undefined);
    await settled();
    assert.equal(sent(), black);
    assert.equal(cam.plug.sent.length, frames);
  });

  test("ends when it is told to, and leaves no timer", async (context) => {
    const { server, stand, pass } = bench(context);
    const abort = new AbortController();
    const desk = stand("desk", { signal: abort.signal });
    const cam = stand("cam", { call: "desk" });
    await pass();
    await Promise.all([desk.reaches("connected"), cam.reaches("connected")]);
    abort.abort();
    assert.equal(desk.standing.state, undefined);
    cam.standing.close();
    await settled();
    await pass();
    // An end that arrives while the server is busy with something else is lost with the line: then the grace time counts.
    await pass(15_000);
    assert.equal(server.clock.pending, 0);
    assert.equal(server.hub.stats.sessions, 0);
  });
});

describe("verify", () => {
  const attributes = { url: "https://box/", room: "hall", id: "cam", verify: false };

  test("set to false is passed on to the WebSocket, with an https address meaning wss", async () => {
    const asked: (readonly [string, object | undefined])[] = [];
    class Recorded {
      onopen = null;
      onmessage = null;
      onclose = null;
      onerror = null;
      constructor(url: string, _protocol: string, options?: object) {
        asked.push([url, options]);
      }
      send() {}
      close() {}
    }
    const clock = handClock();
    const standing = standingCall({ ...attributes, WebSocket: Recorded, clock });
    clock.advance(0);
    await settled();
    standing.close();
    assert.deepEqual(asked, [["wss://box/", { rejectUnauthorized: false }]]);
  });

  test("set to false is refused where a browser's WebSocket would have to obey it", () => {
    assert.throws(() => standingCall(attributes), /needs the WebSocket of `ws`/);
    assert.throws(
      () => standingCall({ ...attributes, WebSocket: globalThis.WebSocket }),
      /needs the WebSocket of `ws`/,
    );
  });
});
