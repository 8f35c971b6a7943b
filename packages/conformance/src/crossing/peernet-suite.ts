// SPDX-License-Identifier: MIT
/** PeerNet devices and clients over plain HTTP meet peers on WebSockets, up to media and data. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect, type Room } from "@signalbox/client";
import { type Box, hall, type OpenBox } from "./box.ts";
import { flitterIn, nativeIn, shows, visitorIn } from "./company.ts";
import { nativeOnWrtc } from "./on-wrtc.ts";
import { peerNetDevice, peerNetKnock, serversInHall } from "./peernet-peer.ts";

export const peerNetSuite = (openBox: OpenBox): void => {
  const timeout = { timeout: 120_000 };

  /** A device that only takes what it is sent. */
  const still = { kinds: [], brightness: 0 };
  const data = { kinds: ["application"], brightness: 0 } as const;
  const video = { kinds: ["video"], brightness: 140 } as const;

  /** A native peer that offers a service, and whose data channels echo. */
  const nativeService = async (box: Box, id: string): Promise<Room> => {
    const stack = nativeOnWrtc(shows.native);
    const { RTCPeerConnection, configuration } = stack;
    const services = [{ name: "echo", protocol: "echo", version: "1" }];
    const room = await connect({ url: box.url, room: hall, id, services, RTCPeerConnection, configuration });
    box.after(() => {
      room.session.close();
      stack.stop();
    });
    room.on("call", (call) => {
      call.on("channel", (channel) => {
        channel.onmessage = ({ data }) => channel.send(data);
      });
      call.accept().catch((error: unknown) => assert.fail(String(error)));
    });
    return room;
  };

  describe("a device that polls over HTTP", () => {
    test("is called by a native peer, up to an open data channel", timeout, async (t) => {
      const box = await openBox(t);
      const device = peerNetDevice(box);
      await device.register("cam-1");
      const seen = await box.present("cam-1");
      assert.deepEqual(
        [seen.protocol, seen.services.map(({ name, version }) => [name, version])],
        ["peernet", [["echo", "1"]]],
      );
      const { room } = await nativeIn(box, "ann");
      const call = room.call("cam-1", { channels: ["talk"] });
      const served = await device.serve("cam-1", still);
      assert.equal(served.peer, "ann");
      await call.opened();
      await Promise.all([served.connected, served.said]);
      const back = new Promise<string>((resolve, reject) => {
        const channel = call.channel("talk");
        if (channel === undefined) return reject(new Error("no data channel"));
        channel.onmessage = ({ data }) => resolve(String(data));
        channel.send("hello");
      });
      assert.equal(await back, "hello");
      const { stages } = await call.why();
      const receipts = stages.filter(({ name }) => name === "receipt" || name === "delivered");
      assert.ok(
        receipts.some(({ detail }) => detail === "queued"),
        JSON.stringify(receipts),
      );
      assert.ok(
        receipts.some(({ detail }) => detail === "delivered"),
        JSON.stringify(stages),
      );
    });

    test("is called by Flitter and by an Unrupt page, up to a connection", timeout, async (t) => {
      const box = await openBox(t);
      const device = peerNetDevice(box);
      await device.register("cam-1");
      await box.present("cam-1");
      const { peer } = flitterIn(box, "flit", "cam-1");
      const first = await device.serve("cam-1", still);
      const end = await peer.ended;
      assert.ok(end.how === "done", String(end.how));
      await Promise.all([first.connected, first.said, end.endpoint.connected]);
      assert.equal(first.peer, "flit");
      const visitor = await visitorIn(box, "vis");
      const path = visitor.page.accept("cam-1");
      const second = await device.serve("cam-1", still);
      await Promise.all([second.connected, second.said, path.connected]);
      assert.equal(second.peer, "vis");
    });
  });

  describe("a client that knocks over HTTP", () => {
    test(
      "reaches a native peer by the service it declares, up to an open data channel",
      timeout,
      async (t) => {
        const box = await openBox(t);
        await nativeService(box, "Ann of the hall");
        await box.present("Ann of the hall");
        const [server] = await serversInHall(box);
        assert.match(server?.name ?? "", /^servers\/at--hall--0x-/);
        const answered = await peerNetKnock(box, { protocol: "echo" }, data);
        await answered.connected;
        assert.equal(await answered.echo("hello"), "hello");
      },
    );

    test("reaches a Flitter peer, which answers with pictures", timeout, async (t) => {
      const box = await openBox(t);
      const { peer } = flitterIn(box, "flit");
      await box.present("flit");
      assert.deepEqual(
        (await serversInHall(box)).map(({ name, services }) => [name, services.map((one) => one.protocol)]),
        [["servers/at--hall--flit", ["flitter"]]],
      );
      const answered = await peerNetKnock(box, { protocol: "flitter" }, video);
      const end = await peer.ended;
      assert.ok(end.how === "done");
      await Promise.all([answered.connected, end.endpoint.connected]);
      await Promise.all([answered.sees(shows.flitter), end.endpoint.sees(video.brightness)]);
      assert.deepEqual(peer.setbacks, []);
    });

    test("reaches an Unrupt page that shares its camera", timeout, async (t) => {
      const box = await openBox(t);
      const visitor = await visitorIn(box, "vis");
      const path = visitor.page.share();
      await box.present("vis");
      const answered = await peerNetKnock(box, { protocol: "unrupt" }, video);
      await Promise.all([answered.connected, path.connected]);
      await answered.sees(shows.unrupt);
      assert.deepEqual(visitor.page.alerts, []);
    });

    test("is told why a Flitter peer cannot take data", timeout, async (t) => {
      const box = await openBox(t);
      flitterIn(box, "flit");
      await box.present("flit");
      await assert.rejects(
        peerNetKnock(box, { protocol: "flitter" }, data),
        /STATE_REJECTED: .*takes video only/,
      );
    });
  });
};
