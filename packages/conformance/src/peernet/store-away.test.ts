// SPDX-License-Identifier: MIT
/** The store that all nodes share cannot be reached for a while: calls that are under way come to their end all the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { memoryStore } from "@signalbox/backplane/memory";
import {
  answerKnock,
  createKnock,
  getKnock,
  type Store,
  StoreAway,
  takeKnocks,
} from "@signalbox/core/registry";
import { settled } from "@signalbox/core/testing";
import { list, part } from "../hub/box.ts";
import { granted } from "../registry/ground.ts";
import { accepting, bodies, fates, met, offer, offerTo, sdp } from "./met.ts";

/** A store that is away as long as it is told to be. */
const flaky = () => {
  const store = memoryStore();
  let away = false;
  const guarded =
    <Args extends readonly unknown[], Result>(run: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (away) throw new StoreAway("it is away");
      return run(...args);
    };
  const guardedStore: Store = {
    get: guarded(store.get),
    scan: guarded(store.scan),
    count: guarded(store.count),
    commit: guarded(store.commit),
    next: guarded(store.next),
    expired: guarded(store.expired),
    watch: store.watch,
  };
  return {
    store: guardedStore,
    /** Where nobody is ever away. */
    whole: store,
    leave() {
      away = true;
    },
    comeBack() {
      away = false;
    },
  };
};

test("an answer that was given meanwhile, at another node, is told once the store is back", async () => {
  const { store, whole, leave, comeBack } = flaky();
  const box = met({ store });
  await box.register("cam");
  const ann = await box.peer("ann");
  ann.told();
  const of = offerTo(ann, "cam", "call-1");
  await settled(200);
  leave();
  const elsewhere = { ...box.test, store: whole };
  const asker = box.test.asker("owner of cam");
  const { knocks } = granted(await takeKnocks(elsewhere, { server: "cam", service: "-" }, asker, "", 50, 0));
  const [knock] = knocks;
  assert.ok(knock);
  granted(await answerKnock(elsewhere, knock, asker, accepting));
  await settled(200);
  comeBack();
  ann.told();
  box.parts.clock.advance(1_000);
  await settled(200);
  const told = ann.told();
  assert.deepEqual(fates(told, of), ["sent", "delivered"]);
  assert.equal(bodies(told)[0]?.kind, "answer");
  box.close();
});

test("a peer's answer to a knock is written once the store is back", async () => {
  const { store, leave, comeBack } = flaky();
  const box = met({ store });
  const cam = await box.peer("cam", { services: [{ name: "camera", protocol: "camera" }] });
  cam.told();
  const target = { by: "name", server: "at--r--cam", service: "camera" } as const;
  const made = granted(
    await createKnock(box.ground, target, { offer, complete: true }, box.test.digest("client")),
  );
  await settled(200);
  const frame = cam.told("signal")[0];
  leave();
  const { call } = part(frame, "signal");
  cam.ask({ type: "signal", to: frame?.from, signal: { kind: "answer", call, sdp } });
  cam.ask({ type: "signal", to: frame?.from, signal: { kind: "end-of-candidates", call } });
  await settled(200);
  comeBack();
  box.parts.clock.advance(1_000);
  await settled(200);
  const knock = granted(await getKnock(box.ground, made, box.test.asker("client"), 0, 0));
  assert.equal(knock.state, "answered");
  box.close();
});

test("a call that cannot become a knock is refused: the server is cut off", async () => {
  const { store, leave, comeBack } = flaky();
  const box = met({ store });
  await box.register("cam");
  const ann = await box.peer("ann");
  ann.told();
  leave();
  const of = offerTo(ann, "cam", "call-1");
  await settled(200);
  assert.equal(fates(ann.told(), of).at(-1), "refused cluster-away");
  comeBack();
  assert.throws(box.close, { message: "PeerNet failed in a room" }, "the operator is told too");
});

test("a lease that ends meanwhile is looked up once the store is back, and registered servers are found at a start", async () => {
  const { store, whole, leave, comeBack } = flaky();
  const first = met({ store: whole });
  await first.register("cam", { ttlMs: 300_000 });
  first.close();
  leave();
  const box = met({ store, test: first.test });
  const ann = await box.peer("ann");
  assert.deepEqual(list(ann.told("joined")[0]), []);
  comeBack();
  box.parts.clock.advance(1_000);
  await settled(200);
  assert.equal(part(ann.told("peer-joined")[0], "member").id, "cam");
  leave();
  box.parts.clock.advance(300_000);
  await settled(200);
  assert.deepEqual(ann.told("peer-left"), [], "nobody knows whether it was renewed");
  comeBack();
  box.parts.clock.advance(1_000);
  await settled(200);
  assert.equal(ann.told("peer-left")[0]?.id, "cam");
  box.close();
});
