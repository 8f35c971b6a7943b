// SPDX-License-Identifier: MIT
/** A call that stays up, with Flitter programs on the other side, by way of a server whose certificate nobody vouches for. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import wrtc from "@roamhq/wrtc";
import { type StandingOptions, type StandingState, standingCall } from "@signalbox/client/standing";
import { handClock } from "@signalbox/core/testing";
import { type RunningServer, startServer } from "@signalbox/server";
import { WebSocket } from "ws";
import { hall } from "./box.ts";
import { flitterPeer } from "./flitter-peer.ts";
import { lookFor } from "./media.ts";
import { flitterOnWrtc, wrtcStream } from "./on-wrtc.ts";
import { dial } from "./wire.ts";

const shows = { standing: 50, flitter: 80 };

const selfSigned = async (context: TestContext): Promise<RunningServer> => {
  const server = await startServer({ host: "127.0.0.1", port: 0, level: "silent", tls: "self-signed" });
  context.after(async () => {
    const closed = server.close();
    server.cut();
    await closed;
  });
  return server;
};

/** A Flitter program. Its own clock stands still: what it would try a second time has failed. */
const program = (context: TestContext, server: RunningServer, id: string, call?: string) => {
  const url = `${server.url.replace(/^http/, "ws")}/`;
  const peer = flitterPeer({
    room: hall,
    id,
    ...(call === undefined ? {} : { call }),
    dial: () => dial(url, { rejectUnauthorized: false }),
    endpoint: async () => flitterOnWrtc(shows.flitter),
    clock: handClock(),
  });
  context.after(peer.stop);
  const path = peer.ended.then((end) => {
    if (end.how === "given-up") throw new Error("Flitter gave up", { cause: end.why });
    context.after(end.endpoint.close);
    return end.endpoint;
  });
  return { path, quit: () => path.then(({ close }) => close()) };
};

const stand = (context: TestContext, server: RunningServer, options: Partial<StandingOptions>) => {
  const { stream, stop } = wrtcStream(shows.standing, ["video"]);
  const states: (StandingState | undefined)[] = [];
  const watchers = new Set<() => void>();
  const looks: { stop(): void }[] = [];
  let seen: () => void = () => {};
  const sees = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const problems: unknown[] = [];
  const changed = () => {
    for (const look of watchers) look();
  };
  const standing = standingCall({
    url: server.url,
    verify: false,
    room: hall,
    id: "standing",
    stream,
    RTCPeerConnection: wrtc.RTCPeerConnection,
    configuration: { iceServers: [], bundlePolicy: "max-bundle" },
    WebSocket,
    onState(state) {
      states.push(state);
      changed();
    },
    onProblem(error) {
      problems.push(error);
      changed();
    },
    onTrack(track) {
      const look = lookFor(track, shows.flitter);
      looks.push(look);
      void look.found.then(seen);
    },
    ...options,
  });
  context.after(() => {
    standing.close();
    for (const look of looks) look.stop();
    stop();
  });
  const until = (fits: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!fits()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  return { standing, sees, states, problems, until };
};

test("a standing call calls a Flitter program as soon as it is there: pictures both ways", async (context) => {
  const server = await selfSigned(context);
  const caller = stand(context, server, { call: "program" });
  await caller.until(() => caller.standing.state === "new");
  const { path } = program(context, server, "program");
  const there = await path;
  await Promise.all([there.sees(shows.standing), caller.sees]);
  assert.equal(caller.standing.state, "connected");
  assert.deepEqual(caller.problems, []);
});

test("a standing call is called by a Flitter program, and is made again with its successor", async (context) => {
  const server = await selfSigned(context);
  const callee = stand(context, server, {});
  await callee.until(() => callee.standing.state === "new");
  const first = program(context, server, "first", "standing");
  await Promise.all([first.path.then((path) => path.sees(shows.standing)), callee.sees]);
  await first.quit();
  await callee.until(() => callee.standing.state === "new");
  const second = program(context, server, "second", "standing");
  await second.path.then((path) => path.sees(shows.standing));
  await callee.until(() => callee.standing.state === "connected");
  assert.deepEqual(
    callee.states.filter((state) => state !== "connecting"),
    ["new", "connected", "closed", "new", "connected"],
  );
});

test("a standing call that shall verify does not speak to a server nobody vouches for", async (context) => {
  const server = await selfSigned(context);
  const caller = stand(context, server, { verify: true, call: "program" });
  await caller.until(() => caller.problems.length > 0);
  assert.match(String(caller.problems[0]), /No line opened/);
  assert.deepEqual(caller.states, []);
});
