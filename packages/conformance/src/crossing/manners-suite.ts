// SPDX-License-Identifier: MIT
/** What peers of different protocols notice of each other, over real sockets and real WebRTC. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Call, CallError, type Room } from "@signalbox/client";
import { type HandClock, handClock } from "@signalbox/core/testing";
import { type Box, hall, type OpenBox } from "./box.ts";
import { flitterIn, nativeIn, offersTo, shows, visitorIn } from "./company.ts";
import { flitterOnWrtc } from "./on-wrtc.ts";
import { rawNative } from "./raw-native.ts";

export const mannersSuite = (openBox: OpenBox): void => {
  const limit = { timeout: 60_000 };

  /** A server whose time stands still until it is turned: so far at once that no line could answer a ping. */
  const openStill = async (t: TestContext): Promise<{ readonly box: Box; readonly clock: HandClock }> => {
    const clock = handClock();
    const limits = { pingEveryMs: 3_600_000 };
    return { box: await openBox(t, { clock, config: { limits } }), clock };
  };

  const nextCall = (room: Room): Promise<Call> =>
    new Promise((resolve) => {
      const off = room.on("call", (call) => {
        queueMicrotask(() => off());
        resolve(call);
      });
    });

  /** Until its offer is known to be written: a clock that is turned before takes the node that has it for lost. */
  const receipted = async (call: Call): Promise<void> => {
    const known = async () =>
      (await call.why()).stages.some(({ name, detail }) => name === "receipt" && detail === "sent");
    while (!(await known())) await nextTurn();
  };

  const ended = (call: Call): Promise<string> =>
    new Promise((resolve) => {
      call.on("ended", ({ code }) => resolve(code));
    });

  const dataOnly =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:0\r\n";

  describe("who sees whom in a room of three protocols", () => {
    test(
      "Flitter lists everybody, native peers are told each one's protocol and traits, Unrupt is told nobody",
      limit,
      async (t) => {
        const box = await openBox(t);
        const visitor = await visitorIn(box, "page");
        await box.present("page");
        const { peer } = flitterIn(box, "desk");
        const { room } = await nativeIn(box, "web");
        const [desk] = await Promise.all([box.present("desk"), box.present("web")]);
        await peer.listed((members) => members.length === 4);
        assert.deepEqual(new Set(peer.lists.at(-1)), new Set(["witness", "page", "desk", "web"]));
        assert.deepEqual([...room.peers.values()].map(({ id, protocol }) => [id, protocol]).sort(), [
          ["desk", "flitter"],
          ["page", "unrupt"],
          ["witness", "native"],
        ]);
        assert.deepEqual(desk.traits, { trickle: false, media: ["video"], messages: false });
        assert.deepEqual((await box.present("page")).traits, {
          trickle: true,
          media: ["audio", "video"],
          messages: false,
        });
        await room.leave();
        await peer.listed((members) => members.length === 3 && !members.includes("web"));
        await visitor.caughtUp();
        assert.deepEqual([visitor.page.heard, visitor.page.alerts], [["round"], []]);
      },
    );

    test(
      "in a room whose mount announces nobody, a page can be called by whoever knows its id",
      limit,
      async (t) => {
        const mounts = [{ dialect: "unrupt", path: "/websocket/", room: hall }];
        const box = await openBox(t, { config: { mounts } });
        const visitor = await visitorIn(box, "page");
        await visitor.caughtUp();
        visitor.page.share();
        const { room, stack } = await nativeIn(box, "web");
        assert.ok(!room.peers.has("page"));
        const call = room.call("page", stack.media);
        const path = stack.pathOf(call);
        await call.opened();
        await path.sees(shows.unrupt);
        assert.deepEqual(visitor.page.alerts, []);
      },
    );
  });

  describe("what cannot match is refused, naming the kinds", () => {
    for (const [protocol, takes] of [
      ["flitter", "video only"],
      ["unrupt", "audio and video only"],
    ] as const) {
      test(`a data channel offered to ${protocol}`, limit, async (t) => {
        const box = await openBox(t);
        if (protocol === "flitter") flitterIn(box, "callee");
        else await visitorIn(box, "callee");
        await box.present("callee");
        const peer = await rawNative(box, "web");
        peer.signal("callee", { kind: "offer", call: "c", sdp: dataOnly });
        const { code, sentence = "" } = await peer.told("receipt", ({ fate }) => fate === "refused");
        assert.equal(code, "media-mismatch");
        assert.ok(sentence.includes(protocol) && sentence.includes(takes), sentence);
        assert.ok(sentence.includes("a data channel only"), sentence);
        const { room } = await nativeIn(box, "page");
        const call = room.call("callee", { channels: ["talk"] });
        await assert.rejects(
          call.opened(),
          (error) => error instanceof CallError && error.verdict.code === "media-mismatch",
        );
      });
    }

    test("Flitter's pictures, for who takes data only", limit, async (t) => {
      const box = await openBox(t);
      await rawNative(box, "web", ["application"]);
      const { peer, clock } = flitterIn(box, "cam", "web");
      await peer.listed((members) => members.includes("web"));
      await peer.setBack(1);
      const [sentence = ""] = peer.setbacks;
      assert.ok(sentence.includes("a data channel only") && sentence.includes("video only"), sentence);
      assert.equal(clock.pending, 1);
    });

    test("a page's call, for who takes data only: neither is told", limit, async (t) => {
      const box = await openBox(t);
      const web = await rawNative(box, "web", ["application"]);
      const visitor = await visitorIn(box, "page");
      visitor.page.accept("web");
      await visitor.page.says("offer");
      await visitor.caughtUp();
      await box.witness.send("after it", { to: "web" });
      await web.told("message");
      assert.ok(web.frames.every(({ type }) => type !== "signal"));
      assert.deepEqual([visitor.page.heard, visitor.page.alerts], [["round"], []]);
    });
  });

  describe("a page that is not ready", () => {
    test("is offered to again every 10 s, until it answers", limit, async (t) => {
      const { box, clock } = await openStill(t);
      const visitor = await visitorIn(box, "page");
      await box.present("page");
      const { room, stack } = await nativeIn(box, "web");
      const call = room.call("page", stack.media);
      const path = stack.pathOf(call);
      await receipted(call);
      for (const times of [1, 2]) {
        await visitor.page.hears("offer", times);
        clock.advance(10_000);
      }
      await visitor.page.hears("offer", 3);
      visitor.page.share();
      clock.advance(10_000);
      await call.opened();
      await path.sees(shows.unrupt);
      clock.advance(60_000);
      await visitor.caughtUp();
      assert.deepEqual([offersTo(visitor), visitor.page.alerts], [4, []]);
    });

    test("is not offered to any more when the caller hangs up", limit, async (t) => {
      const { box, clock } = await openStill(t);
      box.besideWitness();
      const visitor = await visitorIn(box, "page");
      await box.present("page");
      const { room, stack } = await nativeIn(box, "web");
      const call = room.call("page", stack.media);
      await visitor.page.hears("offer");
      const changed = new Promise((resolve) => box.witness.on("peer-changed", resolve));
      call.hangUp();
      // Told after the hanging up, for frames of one line are carried out in order.
      await room.update({ displayName: "Web" });
      await changed;
      clock.advance(60_000);
      await visitor.caughtUp();
      assert.deepEqual([offersTo(visitor), visitor.page.alerts], [1, []]);
    });

    test("is not offered to any more when a Flitter caller goes", limit, async (t) => {
      const { box, clock } = await openStill(t);
      box.besideWitness();
      const visitor = await visitorIn(box, "page");
      await box.present("page");
      const { peer } = flitterIn(box, "cam", "page");
      await visitor.page.hears("offer");
      const left = new Promise((resolve) => box.witness.on("peer-left", resolve));
      peer.stop();
      await left;
      clock.advance(60_000);
      await visitor.caughtUp();
      assert.deepEqual([offersTo(visitor), visitor.page.alerts], [1, []]);
    });
  });

  describe("a native peer that is called", () => {
    test(
      "turns Flitter down: to Flitter it disappears, and 5 s later it calls again and is taken",
      limit,
      async (t) => {
        const box = await openBox(t);
        const { room, stack } = await nativeIn(box, "web");
        const first = nextCall(room);
        const { peer, clock } = flitterIn(box, "cam", "web");
        (await first).reject("busy");
        await peer.setBack(1);
        assert.deepEqual(peer.setbacks, ["web disappeared"]);
        const second = nextCall(room);
        clock.advance(5_000);
        const call = await second;
        const path = stack.pathOf(call);
        await call.accept(stack.media);
        await path.sees(shows.flitter);
        assert.equal((await peer.ended).how, "done");
      },
    );

    test(
      "turns a page down: the page is told nothing, and what it repeats rings no more",
      limit,
      async (t) => {
        const box = await openBox(t);
        const { room } = await nativeIn(box, "web");
        let rung = 0;
        room.on("call", (call) => {
          rung += 1;
          call.reject("busy");
        });
        const visitor = await visitorIn(box, "page");
        visitor.page.accept("web");
        for (const times of [1, 2, 3]) {
          await visitor.page.says("offer", times);
          visitor.clock.advance(10_000);
        }
        await visitor.caughtUp();
        const message = new Promise((resolve) => room.on("message", resolve));
        await box.witness.send("after it", { to: "web" });
        await message;
        assert.equal(rung, 1);
        assert.deepEqual([visitor.page.heard, visitor.page.alerts], [["round"], []]);
      },
    );

    test("hears that a Flitter caller went before it answered", limit, async (t) => {
      const box = await openBox(t);
      const { room } = await nativeIn(box, "web");
      const called = nextCall(room);
      const { peer } = flitterIn(box, "cam", "web");
      const call = await called;
      const why = ended(call);
      peer.stop();
      assert.equal(await why, "peer-left");
    });
  });

  describe("leaving the server", () => {
    test("Flitter leaves before there is a path, and the call goes on", limit, async (t) => {
      const box = await openBox(t);
      const { peer } = flitterIn(box, "desk");
      await box.present("desk");
      const web = await rawNative(box, "web");
      const endpoint = flitterOnWrtc(shows.native);
      box.after(endpoint.close);
      web.signal("desk", { kind: "offer", call: "c", sdp: await endpoint.offer() });
      web.signal("desk", { kind: "end-of-candidates", call: "c" });
      const { signal } = await web.told("signal");
      assert.ok(signal.kind === "answer");
      await web.told("peer-left", ({ id }) => id === "desk");
      const end = await peer.ended;
      assert.ok(end.how === "done");
      box.after(end.endpoint.close);
      // Only now does anybody know where Flitter is.
      await endpoint.finish(signal.sdp);
      await Promise.all([endpoint.connected, end.endpoint.connected]);
      await Promise.all([endpoint.sees(shows.flitter), end.endpoint.sees(shows.native)]);
    });

    test(
      "a page is closed after the call stands: the native end hears that it left, and the call goes on",
      limit,
      async (t) => {
        const box = await openBox(t);
        const { room, stack } = await nativeIn(box, "web");
        const called = nextCall(room);
        const visitor = await visitorIn(box, "page");
        const endpoint = visitor.page.accept("web");
        const call = await called;
        const path = stack.pathOf(call);
        await call.accept(stack.media);
        await Promise.all([path.connected, endpoint.connected]);
        const left = new Promise((resolve) => room.on("peer-left", resolve));
        visitor.breakLine();
        await left;
        await path.sees(shows.unrupt);
        await endpoint.sees(shows.native);
        assert.equal(call.state, "connected");
      },
    );
  });

  describe("two pages with one id", () => {
    test("both are offered to, and the first answer stands", limit, async (t) => {
      const { box, clock } = await openStill(t);
      const here = await visitorIn(box, "twin");
      const there = await visitorIn(box, "twin", 140);
      await Promise.all([here.caughtUp(), there.caughtUp()]);
      const { room, stack } = await nativeIn(box, "web");
      here.page.share();
      const call = room.call("twin", stack.media);
      const path = stack.pathOf(call);
      await Promise.all([here.page.hears("offer"), there.page.hears("offer"), call.opened()]);
      await path.sees(shows.unrupt);
      there.page.share();
      clock.advance(10_000);
      await there.page.says("answer");
      await there.caughtUp();
      await room.update({ displayName: "Web" });
      assert.deepEqual([call.state, room.calls.size], ["connected", 1]);
      assert.deepEqual([here.page.alerts, there.page.alerts], [[], []]);
      assert.deepEqual([offersTo(here), offersTo(there)], [1, 2]);
    });
  });
};
