// SPDX-License-Identifier: MIT
/** PeerNet in rooms on two nodes that share a directory, a bus and a store. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "@signalbox/backplane/memory";
import { type Limits, withLimits } from "@signalbox/core";
import {
  answerKnock,
  createKnock,
  createServer,
  deleteServer,
  getKnock,
  type RegistryGround,
  takeKnocks,
  updateServer,
} from "@signalbox/core/registry";
import { settled } from "@signalbox/core/testing";
import { meeting } from "@signalbox/peernet";
import { list, part, type Told } from "../hub/box.ts";
import { network } from "../hub/network.ts";
import { granted, testGround } from "../registry/ground.ts";
import { accepting, bodies, fates, offer, offerTo, sdp } from "./met.ts";

const nodes = (given: Partial<Limits> = {}) => {
  const net = network();
  const limits = withLimits(given);
  const test = testGround(memoryStore(), limits);
  const { clock } = net;
  const failures: unknown[] = [];
  const [one, two] = [net.first, net.second].map(({ hub }) => {
    const met = meeting({
      // Each process takes turns with itself only.
      registry: { ...test, clock, wallNow: clock.now, turns: new Map() },
      directory: net.directory,
      limits,
      failed: (error) => failures.push(error),
    });
    met.start(hub);
    return met;
  });
  if (one === undefined || two === undefined) throw new Error("two nodes");
  const register = async (ground: RegistryGround) => {
    const spec = { id: "cam", room: "r", services: [{ protocol: "camera" }] };
    granted(await createServer(ground, spec, {}, test.digest("owner")));
    await settled(200);
  };
  return { ...net, one, two, test, failures, register };
};

test("a device that registered at one node is called from the other, and polls and answers at any", async () => {
  const { peer, one, two, test: ground, failures, register } = nodes();
  await register(one.registry);
  const ann = await peer("n2", "ann");
  await settled(200);
  assert.deepEqual(
    list(ann.told("joined")[0]).map(({ id }) => id),
    ["cam"],
  );
  const of = offerTo(ann, "cam", "call-1");
  await settled(400);
  assert.equal(fates(ann.told(), of).at(-1), "queued");
  const asker = ground.asker("owner");
  const { knocks } = granted(
    await takeKnocks(two.registry, { server: "cam", service: "-" }, asker, "", 50, 0),
  );
  await settled(200);
  assert.deepEqual(fates(ann.told(), of), ["sent"]);
  const [knock] = knocks;
  assert.ok(knock);
  granted(await answerKnock(two.registry, knock, asker, accepting));
  await settled(200);
  const told = ann.told();
  assert.deepEqual(fates(told, of), ["delivered"]);
  assert.equal(bodies(told)[0]?.kind, "answer");
  assert.deepEqual(failures, []);
  one.close();
  two.close();
});

test("a device has one place, and another node gives it one when the first is gone", async () => {
  const { peer, clock, one, two, failures, register } = nodes();
  await register(one.registry);
  const ann = await peer("n2", "ann");
  await settled(200);
  ann.told();
  await register(two.registry);
  assert.deepEqual(ann.told(), [], "it is there already");
  one.close();
  await settled(200);
  assert.equal(ann.told("peer-left")[0]?.id, "cam");
  clock.advance(5_000);
  await register(two.registry);
  assert.equal(part(ann.told("peer-joined")[0], "member").id, "cam");
  assert.deepEqual(failures, []);
  two.close();
});

test("a device that is removed at another node leaves its room at once", async () => {
  const { peer, one, two, test: ground, failures, register } = nodes();
  await register(one.registry);
  const ann = await peer("n2", "ann");
  await settled(200);
  ann.told();
  granted(await deleteServer(two.registry, "cam", ground.asker("owner"), {}));
  await settled(400);
  assert.deepEqual(
    ann.told("peer-left").map(({ id, reason }) => [id, reason]),
    [["cam", "left"]],
  );
  await register(two.registry);
  await settled(400);
  assert.equal(part(ann.told("peer-joined")[0], "member").id, "cam");
  assert.deepEqual(failures, []);
  one.close();
  two.close();
});

test("a device that is changed at another node is shown as it is now", async () => {
  const { peer, one, two, test: ground, failures, register } = nodes();
  await register(one.registry);
  const ann = await peer("n2", "ann");
  await settled(200);
  ann.told();
  granted(await updateServer(two.registry, "cam", ground.asker("owner"), { displayName: "Front door" }));
  await settled(400);
  assert.equal(part(ann.told("peer-changed")[0], "member").displayName, "Front door");
  const elsewhere = { id: "cam", room: "s", services: [{ protocol: "camera" }] };
  const room = { id: "s" };
  granted(await createServer(two.registry, elsewhere, room, ground.digest("owner")));
  await settled(400);
  assert.equal(ann.told("peer-left")[0]?.id, "cam");
  const bob = await peer("n1", "bob", { room: "s" });
  assert.deepEqual(
    list(bob.told("joined")[0]).map(({ id }) => id),
    ["cam"],
  );
  assert.deepEqual(failures, []);
  one.close();
  two.close();
});

test("a device that renews at another node stays where it is", async () => {
  const { peer, clock, one, two, failures, register } = nodes();
  await register(one.registry);
  const ann = await peer("n2", "ann");
  await settled(200);
  ann.told();
  for (let round = 0; round < 5; round += 1) {
    clock.advance(40_000);
    await register(two.registry);
    clock.advance(10_000);
    await settled(200);
  }
  assert.deepEqual(ann.told(), []);
  assert.deepEqual(failures, []);
  one.close();
  two.close();
});

test("a knock made at one node rings at a peer of the other", async () => {
  const { peer, one, two, test: ground, failures } = nodes();
  const services = [{ name: "camera", protocol: "camera" }];
  const cam = await peer("n2", "cam", { services });
  await settled(200);
  cam.told();
  const target = { by: "name", server: "at--r--cam", service: "camera" } as const;
  const made = granted(
    await createKnock(one.registry, target, { offer, complete: true }, ground.digest("client")),
  );
  await settled(400);
  const frame = cam.told("signal")[0];
  const { call } = part(frame, "signal");
  cam.ask({ type: "signal", to: frame?.from, signal: { kind: "answer", call, sdp } });
  cam.ask({ type: "signal", to: frame?.from, signal: { kind: "end-of-candidates", call } });
  await settled(400);
  const read = granted(await getKnock(two.registry, made, ground.asker("client"), 0, 0));
  assert.equal(read.state, "answered");
  assert.deepEqual(failures, []);
  one.close();
  two.close();
});

test("who starts leaves alone what others have in hand, and takes on what they leave", async () => {
  const { peer, clock, second, directory, one, two, test: ground, failures, register } = nodes();
  await register(one.registry);
  const services = [{ name: "camera", protocol: "camera" }];
  const cam = await peer("n2", "live", { services });
  const target = { by: "name", server: "at--r--live", service: "camera" } as const;
  granted(await createKnock(one.registry, target, { offer, complete: true }, ground.digest("client")));
  await settled(400);
  assert.equal(part(cam.told("signal")[0], "signal").kind, "offer");
  let opened = 0;
  const third = meeting({
    registry: { ...ground, clock, wallNow: clock.now, turns: new Map() },
    directory,
    limits: withLimits({}),
    failed: (error) => failures.push(error),
  });
  third.start({
    open(...line) {
      opened += 1;
      return second.hub.open(...line);
    },
  });
  await settled(400);
  assert.equal(opened, 0);
  // The node ends. One of those that go on is told so.
  one.close();
  await settled(400);
  assert.equal(cam.told("peer-left")[0]?.id, "cam");
  third.lookAround();
  await settled(400);
  assert.equal(opened, 2);
  const frames = cam.told();
  assert.equal(
    part(
      frames.find(({ type }) => type === "peer-joined"),
      "member",
    ).id,
    "cam",
  );
  const frame = frames.find(({ type }) => type === "signal");
  const { call } = part(frame, "signal");
  cam.ask({ type: "signal", to: frame?.from, signal: { kind: "answer", call, sdp } });
  cam.ask({ type: "signal", to: frame?.from, signal: { kind: "end-of-candidates", call } });
  await settled(400);
  const [knock] = (await ground.store.scan("knock", undefined, "", 10)).records;
  assert.equal(JSON.parse(knock?.value ?? "{}").state, "answered");
  third.lookAround();
  await settled(400);
  assert.equal(opened, 2);
  assert.deepEqual(failures, []);
  two.close();
  third.close();
});

test("a device that another node has in hand takes no place at this one, however often it renews here", async () => {
  const { peer, clock, one, two, test: ground, failures, register } = nodes({ insideLines: 1 });
  await register(one.registry);
  const ann = await peer("n2", "ann");
  await settled(200);
  ann.told();
  for (let round = 0; round < 3; round += 1) {
    clock.advance(6_000);
    await register(two.registry);
  }
  // There is room for one at each node.
  const dog = { id: "dog", room: "r", services: [{ protocol: "door" }] };
  granted(await createServer(two.registry, dog, {}, ground.digest("owner")));
  await settled(400);
  assert.deepEqual(
    ann.told().map(({ type, member }) => [type, (member as Told | undefined)?.id]),
    [["peer-joined", "dog"]],
  );
  assert.deepEqual(failures, []);
  one.close();
  two.close();
});
