// SPDX-License-Identifier: MIT
/** Peers on lines, as servers of PeerNet: found, and knocked at. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryStore } from "@signalbox/backplane/memory";
import { isRefusal } from "@signalbox/core";
import {
  addCandidates,
  type CandidateRecord,
  cancelKnock,
  createKnock,
  createServer,
  deleteServer,
  getKnock,
  getServer,
  getService,
  listServers,
  type Server,
} from "@signalbox/core/registry";
import { settled } from "@signalbox/core/testing";
import { list, type NativePeer, part, type Told } from "../hub/box.ts";
import { granted, refusedWith, testGround } from "../registry/ground.ts";
import { bodies, candidate, type Met, met, offer, sdp } from "./met.ts";

const camera = { name: "camera", protocol: "camera", version: "1.2", attributes: { room: "porch" } };
const place = { by: "name", server: "at--r--cam", service: "camera" } as const;

const found = async (box: Met, filter: object = {}, page: object = {}) =>
  granted(await listServers(box.ground, { room: "r", ...filter }, page));
const idsIn = (items: readonly Server[]) => items.map(({ record }) => record.id);

describe("a peer with services is a server of its room", () => {
  test("with its name, its services and what it speaks; one without services is not", async () => {
    const box = met();
    await box.peer("cam", { services: [camera], displayName: "Porch" });
    await box.peer("ann");
    const { items } = await found(box);
    assert.deepEqual(idsIn(items), ["at--r--cam"]);
    const { record } = granted(await getServer(box.ground, "at--r--cam"));
    assert.deepEqual(record, items[0]?.record);
    assert.deepEqual(
      [record.room, record.displayName, record.live?.peer, record.live?.protocol],
      ["r", "Porch", "cam", "native"],
    );
    const service = granted(await getService(box.ground, "at--r--cam", "camera"));
    assert.deepEqual(
      [service.record.protocol, service.record.version, service.record.attributes],
      ["camera", "1.2", { room: "porch" }],
    );
    assert.equal(refusedWith(await getServer(box.ground, "at--r--ann")), "not-found");
    box.close();
  });

  test("as long as it is there, and as it is now", async () => {
    const box = met();
    const cam = await box.peer("cam", { services: [camera] });
    const first = granted(await getServer(box.ground, "at--r--cam"));
    cam.ask({ type: "update", services: [{ ...camera, version: "2" }] });
    await settled();
    const second = granted(await getServer(box.ground, "at--r--cam"));
    assert.notEqual(second.etag, first.etag);
    assert.equal(second.record.services[0]?.version, "2");
    cam.ask({ type: "leave" });
    await settled();
    assert.equal(refusedWith(await getServer(box.ground, "at--r--cam")), "not-found");
    assert.equal(refusedWith(await listServers(box.ground, { room: "r" }, {})), "not-found");
    box.close();
  });

  test("beside the registered ones, in pages and by protocol; registered ones are not shown twice", async () => {
    const box = met();
    await box.register("device");
    for (const id of ["c", "a", "b"]) await box.peer(id, { services: [camera] });
    await box.peer("s", { services: [{ name: "thermo", protocol: "sensor" }] });
    const seen: string[] = [];
    let token = "";
    do {
      const page = await found(box, {}, { size: 2, token });
      assert.ok(page.items.length <= 2);
      seen.push(...idsIn(page.items));
      token = page.nextToken;
    } while (token !== "");
    assert.deepEqual(seen, ["device", "at--r--c", "at--r--a", "at--r--b", "at--r--s"]);
    assert.deepEqual(idsIn((await found(box, { protocol: "sensor" })).items), ["at--r--s"]);
    assert.deepEqual(idsIn((await found(box, { protocol: "camera", version: "1" })).items), [
      "device",
      "at--r--c",
      "at--r--a",
      "at--r--b",
    ]);
    box.close();
  });

  test("where its room is named: nobody finds it without", async () => {
    const box = met();
    await box.peer("cam", { services: [camera] });
    assert.deepEqual(granted(await listServers(box.ground, {}, {})).items, []);
    box.close();
  });

  test("that nobody can change, take from or register as", async () => {
    const box = met();
    await box.peer("cam", { services: [camera] });
    const asker = box.test.asker("somebody");
    assert.equal(refusedWith(await deleteServer(box.ground, "at--r--cam", asker, {})), "forbidden");
    assert.equal(refusedWith(await deleteServer(box.ground, "at--r--cam", {}, {})), "unauthorized");
    for (const id of ["at--r--cam", "at--other"])
      assert.equal(
        refusedWith(await createServer(box.ground, { id }, undefined, box.test.digest("me"))),
        "bad-name",
      );
    box.close();
  });

  for (const [peer, id] of [
    ["Cam_1", "at--r--0x-8dgmqnph"],
    ["0x-cam", undefined],
    ["küche", undefined],
    ["a--b", undefined],
    ["-a", undefined],
    ["ABCDEFGHIJKLMNOP", undefined],
  ] as const) {
    test(`under an id that says which: ${peer}`, async () => {
      const box = met();
      await box.peer(peer, { services: [camera] });
      const { items } = await found(box);
      const [shown = ""] = idsIn(items);
      if (id !== undefined) assert.equal(shown, id);
      assert.match(shown, /^at--r--0x-[0-9a-v]+$/);
      assert.equal(granted(await getServer(box.ground, shown)).record.live?.peer, peer);
      assert.equal(refusedWith(await getServer(box.ground, `${shown}0`)), "not-found");
      box.close();
    });
  }

  test("but for one whose id is too long to be written", async () => {
    const box = met();
    await box.peer("x".repeat(100), { services: [camera] });
    await box.peer("cam", { services: [{ ...camera, name: "y".repeat(100) }, camera] });
    const { items } = await found(box);
    assert.deepEqual(idsIn(items), ["at--r--cam"]);
    assert.deepEqual(
      items[0]?.record.services.map((service) => service.id),
      ["camera"],
    );
    box.close();
  });
});

/** A PeerNet client knocks at the camera, which is on a line. */
const knocked = async (box: Met, more: object = {}) => {
  const made = granted(
    await createKnock(box.ground, place, { offer, complete: true, ...more }, box.test.digest("client")),
  );
  await settled();
  const read = async () => granted(await getKnock(box.ground, made, box.test.asker("client"), 0, 0));
  return { made, read };
};
const withCamera = async (limits = {}) => {
  const box = met({ limits });
  const cam = await box.peer("cam", { services: [camera] });
  cam.told();
  return { box, cam };
};
const signal = (cam: NativePeer, to: unknown, body: object) => cam.ask({ type: "signal", to, signal: body });

describe("a knock at a peer on a line", () => {
  test("is an offer to it; its answer comes back whole, with its candidates inside", async () => {
    const { box, cam } = await withCamera();
    const { read } = await knocked(box, { candidates: [candidate] });
    const frames = cam.told();
    const [offered, trickled, ended] = bodies(frames);
    const { from, protocol } = frames.find(({ type }) => type === "signal") ?? {};
    assert.deepEqual(
      [offered?.kind, offered?.sdp, offered?.service, protocol],
      ["offer", sdp, "camera", "peernet"],
    );
    assert.equal(part(trickled, "candidate").candidate, candidate.candidate);
    assert.equal(ended?.kind, "end-of-candidates");
    assert.equal((await read()).state, "delivered");
    const { call } = offered as Told;
    signal(cam, from, { kind: "answer", call, sdp: `${sdp}a=setup:active\r\n` });
    const other = { ...candidate, candidate: "candidate:7 1 udp 1 192.0.2.7 9 typ host" };
    signal(cam, from, { kind: "candidate", call, candidate: other });
    signal(cam, from, { kind: "end-of-candidates", call });
    await settled();
    const knock = await read();
    assert.equal(knock.state, "answered");
    assert.ok(knock.answer?.sdp.includes(other.candidate));
    assert.equal(knock.answerComplete, true);
    await settled();
    assert.deepEqual(box.hub.stats.lines, 1, "the knocker's line is gone");
    box.close();
  });

  test("sends candidates after it, as they are added, until it is over", async () => {
    const { box, cam } = await withCamera();
    const { made } = await knocked(box, { complete: false });
    assert.deepEqual(
      bodies(cam.told()).map(({ kind }) => kind),
      ["offer"],
    );
    const asker = box.test.asker("client");
    const records: readonly CandidateRecord[] = [candidate];
    granted(await addCandidates(box.ground, made, asker, records, false));
    await settled();
    assert.deepEqual(
      bodies(cam.told()).map(({ kind }) => kind),
      ["candidate"],
    );
    granted(await addCandidates(box.ground, made, asker, [], true));
    await settled();
    assert.deepEqual(
      bodies(cam.told()).map(({ kind }) => kind),
      ["end-of-candidates"],
    );
    box.close();
  });

  test("that it turns down is rejected, with its reason", async () => {
    const { box, cam } = await withCamera();
    const { read } = await knocked(box);
    const frame = cam.told("signal")[0];
    signal(cam, frame?.from, { kind: "bye", call: part(frame, "signal").call, reason: "busy" });
    await settled();
    const { state, rejectReason } = await read();
    assert.deepEqual([state, rejectReason], ["rejected", "busy"]);
    box.close();
  });

  test("whose peer leaves is rejected: it has gone", async () => {
    const { box, cam } = await withCamera();
    const { read } = await knocked(box);
    cam.ask({ type: "leave" });
    await settled();
    const { state, rejectReason } = await read();
    assert.deepEqual([state, rejectReason], ["rejected", "The peer has gone."]);
    box.close();
  });

  test("waits for a peer whose line is broken, and ends with its grace", async () => {
    const { box, cam } = await withCamera();
    cam.line.drop();
    const { read } = await knocked(box);
    assert.equal((await read()).state, "pending");
    box.parts.clock.advance(15_000);
    await settled();
    assert.equal((await read()).state, "rejected");
    box.close();
  });

  test("that is not answered expires, and the peer is told that nobody calls any more", async () => {
    const { box, cam } = await withCamera();
    const { read } = await knocked(box, { ttlMs: 10_000 });
    cam.told();
    box.parts.clock.advance(10_000);
    await settled();
    assert.equal((await read()).state, "expired");
    assert.deepEqual(
      bodies(cam.told()).map(({ kind, reason }) => [kind, reason]),
      [["bye", "expired"]],
    );
    box.close();
  });

  test("that is taken back is hung up", async () => {
    const { box, cam } = await withCamera();
    const { made } = await knocked(box);
    cam.told();
    granted(await cancelKnock(box.ground, made, box.test.asker("client")));
    await settled();
    assert.deepEqual(
      bodies(cam.told()).map(({ kind }) => kind),
      ["bye"],
    );
    box.close();
  });

  test("with nothing in common to send is rejected in words", async () => {
    const box = met();
    await box.peer("cam", { services: [camera], media: ["video"] });
    const { read } = await knocked(box);
    assert.match((await read()).rejectReason, /takes video only; this offer has a data channel only/);
    box.close();
  });

  test("is found by what it must be, and is one of so many", async () => {
    const { box } = await withCamera({ knocksPerService: 1 });
    const selector = {
      by: "selector",
      room: "r",
      protocol: "camera",
      version: "1",
      server: "",
      displayName: "",
    } as const;
    const made = granted(await createKnock(box.ground, selector, { offer }, box.test.digest("ann")));
    assert.equal(made.server, "at--r--cam");
    assert.equal(
      refusedWith(await createKnock(box.ground, selector, { offer }, box.test.digest("bob"))),
      "too-many-knocks",
    );
    await box.register("cam");
    assert.equal(
      refusedWith(await createKnock(box.ground, selector, { offer }, box.test.digest("bob"))),
      "ambiguous-selector",
    );
    box.close();
  });

  test("beyond what can be under way at once is rejected", async () => {
    const { box } = await withCamera({ insideLines: 1 });
    const first = await knocked(box);
    const second = await knocked(box);
    assert.deepEqual([(await first.read()).state, (await second.read()).state], ["delivered", "rejected"]);
    box.close();
  });

  test("is not shown to the others of the room", async () => {
    const { box } = await withCamera();
    const ann = await box.peer("ann");
    ann.told();
    await knocked(box);
    assert.deepEqual(ann.told(), []);
    const bob = await box.peer("bob");
    assert.deepEqual(
      list(bob.told("joined")[0]).map(({ id }) => id),
      ["cam", "ann"],
    );
    box.close();
  });
});

test("after a restart registered servers are back in their rooms, and knocks ring where their peers come back", async () => {
  const store = memoryStore();
  const ground = testGround(store);
  const before = met({ store, test: ground });
  await before.peer("cam", { services: [camera] });
  await before.register("device");
  const { made } = await knocked(before);
  before.close();
  const box = met({ store, test: ground });
  await settled(200);
  const ann = await box.peer("ann");
  assert.deepEqual(
    list(ann.told("joined")[0]).map(({ id }) => id),
    ["device"],
  );
  assert.equal(
    isRefusal(await getKnock(box.ground, made, ground.asker("client"), 0, 0)) ? "gone" : "there",
    "there",
  );
  const cam = await box.peer("cam", { services: [camera] });
  await settled();
  const frame = cam.told("signal")[0];
  assert.equal(part(frame, "signal").kind, "offer");
  signal(cam, frame?.from, { kind: "answer", call: part(frame, "signal").call, sdp });
  signal(cam, frame?.from, { kind: "end-of-candidates", call: part(frame, "signal").call });
  await settled();
  const knock = granted(await getKnock(box.ground, made, ground.asker("client"), 0, 0));
  assert.equal(knock.state, "answered");
  box.close();
});
