// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type FakeLan, fakeLan } from "../testing/fake-lan.ts";
import { type FakeNeighbourhood, fakeNeighbourhood } from "../testing/fake-neighbourhood.ts";
import { announcementBytesMax, type Presence, query, sealAnnouncement } from "./announcement.ts";
import {
  announceAtMostEveryMs,
  announceEveryMs,
  type DiscoveryOptions,
  startDiscovery,
  ttlS,
} from "./discovery.ts";
import { findService } from "./find.ts";
import { createIdentity } from "./identity.ts";
import { checkRate, neighboursMax, neighboursPerAddressMax } from "./table.ts";

const studio: Presence = {
  kind: "peer",
  name: "Studio",
  services: [{ name: "camera", protocol: "webrtc" }],
  call: { id: "studio-7", port: 5111 },
};

const place = (): { readonly lan: FakeLan; readonly hood: FakeNeighbourhood } => {
  const lan = fakeLan();
  return { lan, hood: fakeNeighbourhood(lan) };
};

const start = ({ lan, hood }: ReturnType<typeof place>, address: string, options: DiscoveryOptions = {}) =>
  startDiscovery({ ground: lan, network: hood.host(address), ...options });

const names = (listener: { neighbours(): readonly { readonly name: string }[] }) =>
  listener.neighbours().map(({ name }) => name);

describe("discovery on the LAN", () => {
  test("shows who announces itself, and says nothing of who only listens", async () => {
    const here = place();
    const listener = await start(here, "192.0.2.1");
    await start(here, "192.0.2.2", { announce: studio });
    await here.lan.advance(10);
    const [neighbour] = listener.neighbours();
    assert.deepEqual(
      { ...neighbour, key: "", until: 0 },
      { ...studio, key: "", until: 0, address: "192.0.2.2", addresses: ["192.0.2.2"] },
    );
    assert.ok(here.hood.sent.every(({ from }) => from === "192.0.2.2"));
  });

  test("answers a query within a fifth of a second, to everybody and not to who asked", async () => {
    const here = place();
    await start(here, "192.0.2.2", { announce: studio });
    await here.lan.advance(5_000);
    const before = here.hood.sent.length;
    const listener = await start(here, "192.0.2.1");
    listener.ask();
    await here.lan.advance(210);
    assert.deepEqual(names(listener), ["Studio"]);
    assert.equal(here.hood.sent.length, before + 2);
  });

  test("forgets who goes: at once after a goodbye, in time without one", async () => {
    const here = place();
    const told: string[][] = [];
    const listener = await start(here, "192.0.2.1", {
      onChange: (neighbours) => told.push(neighbours.map(({ name }) => name)),
    });
    const polite = await start(here, "192.0.2.2", { announce: studio });
    const lostNetwork = here.hood.host("192.0.2.3");
    await startDiscovery({ ground: here.lan, network: lostNetwork, announce: { ...studio, name: "Lost" } });
    await here.lan.advance(10);
    assert.deepEqual(names(listener), ["Lost", "Studio"]);
    await polite.close();
    await here.lan.advance(10);
    assert.deepEqual(names(listener), ["Lost"]);
    lostNetwork.send = () => {};
    await here.lan.advance(ttlS * 1_000);
    assert.deepEqual(names(listener), []);
    assert.deepEqual(told.at(-1), []);
  });

  test("stays with who goes on announcing itself, though two in three are lost", async () => {
    const here = place();
    const listener = await start(here, "192.0.2.1");
    const network = here.hood.host("192.0.2.2");
    const { send } = network;
    let count = 0;
    network.send = (packet) => {
      count += 1;
      if (count % 3 === 1) send(packet);
    };
    await startDiscovery({ ground: here.lan, network, announce: studio });
    await here.lan.advance(10);
    for (let passed = 0; passed < 600; passed += 1) {
      assert.deepEqual(names(listener), ["Studio"]);
      await here.lan.advance(1_000);
    }
  });

  test("tells what changed", async () => {
    const here = place();
    const listener = await start(here, "192.0.2.1");
    const announcer = await start(here, "192.0.2.2", { announce: studio });
    await here.lan.advance(10);
    announcer.announce({ ...studio, name: "Stage" });
    await here.lan.advance(announceAtMostEveryMs + 10);
    assert.deepEqual(names(listener), ["Stage"]);
    announcer.announce(undefined);
    await here.lan.advance(10);
    assert.deepEqual(names(listener), []);
  });

  test("tells where what it says does not fit any more, and goes on when it does", async () => {
    const here = place();
    const network = here.hood.host("192.0.2.2");
    const errors: string[] = [];
    await start(here, "192.0.2.2", {
      network,
      announce: {
        ...studio,
        services: Array.from({ length: 10 }, () => ({ name: "x".repeat(60), protocol: "y" })),
      },
      onError: ({ message }) => errors.push(message),
    });
    await here.lan.advance(10);
    const { addresses } = network;
    network.addresses = () => Array.from({ length: 16 }, (_, index) => `198.51.100.${100 + index}`);
    const before = here.hood.sent.length;
    await here.lan.advance(2 * announceEveryMs);
    assert.equal(here.hood.sent.length, before);
    assert.match(errors[0] ?? "", /may have 1200 bytes/);
    network.addresses = addresses;
    await here.lan.advance(2 * announceEveryMs);
    assert.ok(here.hood.sent.length > before);
  });

  test("refuses to announce more than fits, and frees the port", async () => {
    const here = place();
    const network = here.hood.host("192.0.2.2");
    let closed = false;
    network.close = async () => {
      closed = true;
    };
    await assert.rejects(
      startDiscovery({ ground: here.lan, network, announce: { ...studio, name: "x".repeat(100) } }),
      TypeError,
    );
    assert.ok(closed);
    assert.equal(here.lan.pending, 0);
  });

  test("leaves no timer behind", async () => {
    const here = place();
    const both = [await start(here, "192.0.2.1"), await start(here, "192.0.2.2", { announce: studio })];
    await here.lan.advance(10);
    for (const one of both) await one.close();
    await here.lan.advance(10);
    assert.equal(here.lan.pending, 0);
  });
});

describe("an attacker on the discovery port", () => {
  test("who floods with queries draws one announcement a second from each, never more bytes than it sent", async () => {
    const here = place();
    await start(here, "192.0.2.2", { announce: studio });
    await here.lan.advance(2_000);
    const before = here.hood.sent.length;
    for (let second = 0; second < 10; second += 1) {
      for (let count = 0; count < 100; count += 1) here.hood.forge(query, "192.0.2.66");
      await here.lan.advance(1_000);
    }
    const answers = here.hood.sent.slice(before).filter(({ packet }) => packet.length !== query.length);
    assert.ok(answers.length <= 10_000 / announceAtMostEveryMs + 1, `${answers.length} announcements`);
    assert.ok(answers.every(({ packet }) => packet.length <= announcementBytesMax));
  });

  test("who replays what it heard, from its own address or under the true one, changes nothing", async () => {
    const here = place();
    const listener = await start(here, "192.0.2.1");
    const announcer = await start(here, "192.0.2.2", { announce: studio });
    await here.lan.advance(10);
    const [first] = here.hood.sent;
    assert.ok(first !== undefined);
    const late = await start(here, "192.0.2.3");
    here.hood.forge(first.packet, "192.0.2.66");
    await here.lan.advance(10);
    // Somebody who had not heard it before does not take it from there either.
    assert.deepEqual(names(late), []);
    assert.equal(late.counts.elsewhere, 1);
    assert.equal(listener.neighbours()[0]?.address, "192.0.2.2");
    await announcer.close();
    await here.lan.advance(10);
    assert.deepEqual(names(listener), []);
    here.hood.forge(first.packet, "192.0.2.2");
    await here.lan.advance(10);
    assert.deepEqual(names(listener), [], "the dead were brought back");
    await here.lan.advance(80_000);
    here.hood.forge(first.packet, "192.0.2.2");
    await here.lan.advance(20_000);
    here.hood.forge(first.packet, "192.0.2.2");
    await here.lan.advance(10);
    assert.deepEqual(names(listener), []);
  });

  test("who makes up ever new keys fills its own share of the table, and with many addresses the table, and no more", async () => {
    const here = place();
    const listener = await start(here, "192.0.2.1");
    let time = here.lan.now();
    const forge = (address: string) => {
      time += 1;
      const announcement = { ...studio, time, ttlS: 50, addresses: [address] };
      here.hood.forge(sealAnnouncement(announcement, createIdentity()), address);
    };
    for (let count = 0; count < 50; count += 1) forge("192.0.2.66");
    await here.lan.advance(1_000);
    assert.equal(listener.neighbours().length, neighboursPerAddressMax);
    for (let host = 0; host < 25; host += 1) {
      for (let count = 0; count < 20; count += 1) forge(`198.51.100.${host}`);
      await here.lan.advance(200);
    }
    assert.equal(listener.neighbours().length, neighboursMax);
    assert.ok(listener.counts.full > 0);
  });

  test("who floods with forged signatures has only so many checked", async () => {
    const here = place();
    const listener = await start(here, "192.0.2.1");
    const forged = sealAnnouncement(
      { ...studio, time: here.lan.now(), ttlS: 50, addresses: ["192.0.2.66"] },
      createIdentity(),
    );
    forged[60] = (forged[60] ?? 0) ^ 1;
    for (let count = 0; count < 2_000; count += 1) here.hood.forge(forged, "192.0.2.66");
    await here.lan.advance(10);
    assert.ok(listener.counts.forged <= checkRate.burst + 10);
    assert.equal(listener.counts.forged + listener.counts["too-often"], 2_000);
    await start(here, "192.0.2.2", { announce: studio });
    await here.lan.advance(100);
    assert.deepEqual(names(listener), ["Studio"]);
  });

  test("who speaks for a known key without holding it is not heard, and does not silence it", async () => {
    const here = place();
    const listener = await start(here, "192.0.2.1");
    const announcer = await start(here, "192.0.2.2", { announce: studio });
    await here.lan.advance(10);
    const [first] = here.hood.sent;
    assert.ok(first !== undefined);
    const goodbye = Buffer.from(first.packet);
    goodbye.writeBigUInt64BE(BigInt(here.lan.now() + 60_000), 8);
    here.hood.forge(goodbye, "192.0.2.2");
    await here.lan.advance(announceEveryMs);
    announcer.announce({ ...studio, name: "Stage" });
    await here.lan.advance(announceAtMostEveryMs + 300);
    assert.deepEqual(names(listener), ["Stage"]);
  });
});

describe("finding a service", () => {
  const member = { id: "cam", services: [{ name: "camera", protocol: "webrtc" }] };
  const room = { peers: new Map([[member.id, member]]) };

  test("asks the LAN first, and the server not at all where somebody there offers it", async () => {
    const here = place();
    await start(here, "192.0.2.2", { announce: studio });
    await here.lan.advance(5_000);
    const discovery = await start(here, "192.0.2.1");
    const finding = findService(
      { service: "camera" },
      { discovery, ground: here.lan, room: () => assert.fail("the server was asked") },
    );
    await here.lan.advance(300);
    const [found] = await finding;
    assert.ok(found?.where === "lan");
    assert.deepEqual(found.neighbour.call, { id: "studio-7", port: 5111 });
    // And at once where it is known already.
    const [again] = await findService({ service: "camera" }, { discovery, ground: here.lan });
    assert.equal(again?.where, "lan");
  });

  test("asks the server second", async () => {
    const here = place();
    const discovery = await start(here, "192.0.2.1");
    for (const server of [room, async () => room]) {
      const finding = findService({ service: "camera" }, { discovery, ground: here.lan, room: server });
      await here.lan.advance(1_000);
      assert.deepEqual(await finding, [{ where: "room", member, service: member.services[0] }]);
    }
  });

  test("asks the server's directory of devices too, where a service goes by its id", async () => {
    const here = place();
    const discovery = await start(here, "192.0.2.1");
    const server = {
      id: "cam-1",
      services: [
        { name: "servers/cam-1/services/camera", protocol: "rtsp" },
        { name: "servers/cam-1/services/control", protocol: "webrtc" },
      ],
    };
    const find = async (wanted: Parameters<typeof findService>[0]) => {
      const finding = findService(wanted, {
        discovery,
        ground: here.lan,
        room,
        directory: async () => [server],
      });
      await here.lan.advance(1_000);
      return finding;
    };
    assert.deepEqual(
      (await find({ service: "camera" })).map(({ where, service }) => [where, service.protocol]),
      [
        ["room", "webrtc"],
        ["directory", "rtsp"],
      ],
    );
    assert.deepEqual(await find({ service: "control" }), [
      { where: "directory", server, service: server.services[1] },
    ]);
    assert.deepEqual(await find({ service: "control", protocol: "rtsp" }), []);
    assert.deepEqual(await find({ service: "control", key: "somebody" }), []);
  });

  test("takes only what fits: name, protocol and, where one is asked for, key", async () => {
    const here = place();
    const identity = createIdentity();
    await start(here, "192.0.2.2", { announce: studio });
    await start(here, "192.0.2.3", { announce: { ...studio, name: "True" }, identity });
    const discovery = await start(here, "192.0.2.1");
    discovery.ask();
    await here.lan.advance(300);
    const find = async (wanted: Parameters<typeof findService>[0]) => {
      const finding = findService(wanted, { discovery, ground: here.lan, room });
      await here.lan.advance(1_000);
      return (await finding).map((found) => (found.where === "lan" ? found.neighbour.name : found.where));
    };
    assert.deepEqual(await find({ service: "camera" }), ["Studio", "True"]);
    assert.deepEqual(await find({ service: "camera", key: identity.publicKey.toString("base64url") }), [
      "True",
    ]);
    assert.deepEqual(await find({ service: "camera", key: "another" }), []);
    assert.deepEqual(await find({ service: "camera", protocol: "ftp" }), []);
    assert.deepEqual(await find({ service: "printer" }), []);
  });

  test("can be given up", async () => {
    const here = place();
    const discovery = await start(here, "192.0.2.1");
    const abort = new AbortController();
    const finding = findService({ service: "camera" }, { discovery, ground: here.lan, signal: abort.signal });
    abort.abort(new Error("enough"));
    await assert.rejects(finding, /enough/);
    assert.equal(here.lan.pending, 0 + 1 /* the query on its way */);
  });
});
