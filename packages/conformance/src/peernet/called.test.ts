// SPDX-License-Identifier: MIT
/** A device that polls, in its room: seen and called by peers on lines. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  addCandidates,
  answerKnock,
  deleteServer,
  getKnock,
  getServer,
  renewServer,
  sweep,
} from "@signalbox/core/registry";
import { settled } from "@signalbox/core/testing";
import { list, part } from "../hub/box.ts";
import { granted } from "../registry/ground.ts";
import { accepting, answer, bodies, candidate, fates, met, offerTo, sdp } from "./met.ts";

describe("a registered server in its room", () => {
  test("is listed to whoever comes, with its services, and told to those who are there", async () => {
    const box = met();
    const early = await box.peer("early");
    early.told();
    await box.register("cam", { displayName: "Front door" });
    const [joined] = early.told("peer-joined");
    const member = part(joined, "member");
    assert.deepEqual(
      [member.id, member.protocol, member.displayName, part(member, "traits").trickle, member.services],
      [
        "cam",
        "peernet",
        "Front door",
        false,
        [
          {
            name: "camera",
            protocol: "camera",
            version: "1",
            attributes: { width: "640", name: "front" },
          },
        ],
      ],
    );
    const late = await box.peer("late");
    assert.deepEqual(
      list(late.told("joined")[0]).map(({ id }) => id),
      ["early", "cam"],
    );
    box.close();
  });

  test("shows what was changed, follows into another room, and is gone with its removal", async () => {
    const box = met();
    const ann = await box.peer("ann");
    await box.register("cam");
    ann.told();
    await box.register("cam", { services: [{ protocol: "sensor" }] });
    assert.deepEqual(list(part(ann.told("peer-changed")[0], "member"), "services"), [
      { name: "sensor", protocol: "sensor" },
    ]);
    await box.register("cam", { services: [{ protocol: "sensor" }] });
    assert.deepEqual(ann.told(), [], "a renewal is no news");
    await box.register("cam", { room: "attic" });
    assert.equal(ann.told("peer-left")[0]?.id, "cam");
    await box.register("cam");
    assert.equal(part(ann.told("peer-joined")[0], "member").id, "cam");
    granted(await deleteServer(box.ground, "cam", box.test.asker("owner of cam"), {}));
    await settled();
    assert.equal(ann.told("peer-left")[0]?.id, "cam");
    box.close();
  });

  test("leaves when its lease ends, and stays as long as it is renewed", async () => {
    const box = met();
    const ann = await box.peer("ann");
    await box.register("cam");
    ann.told();
    box.parts.clock.advance(50_000);
    await box.register("cam");
    box.parts.clock.advance(50_000);
    await settled();
    assert.deepEqual(ann.told("peer-left"), []);
    box.parts.clock.advance(10_000);
    await settled();
    assert.equal(ann.told("peer-left")[0]?.id, "cam");
    await sweep(box.ground);
    box.close();
  });

  test("that is not heard of for longer than any knock waits has no place, until it is heard of again", async () => {
    const box = met();
    const ann = await box.peer("ann");
    await box.register("cam", { ttlMs: 86_400_000 });
    ann.told();
    box.parts.clock.advance(599_999);
    await settled();
    assert.deepEqual(ann.told("peer-left"), []);
    box.parts.clock.advance(1);
    await settled();
    assert.equal(ann.told("peer-left")[0]?.id, "cam");
    const { record } = granted(await getServer(box.ground, "cam"));
    assert.equal(record.id, "cam", "it is still registered");
    granted(await renewServer(box.ground, "cam", box.test.asker("owner of cam")));
    await settled();
    assert.equal(part(ann.told("peer-joined")[0], "member").id, "cam");
    box.close();
  });

  test("gives way to a peer that has its id, and comes when it renews after that one has gone", async () => {
    const box = met();
    const squatter = await box.peer("cam");
    const ann = await box.peer("ann");
    await box.register("cam");
    ann.told();
    squatter.ask({ type: "leave" });
    await settled();
    ann.told();
    box.parts.clock.advance(5_000);
    await box.register("cam");
    assert.equal(part(ann.told("peer-joined")[0], "member").protocol, "peernet");
    box.close();
  });

  test("takes no more than half of the places of a room", async () => {
    const box = met({ limits: { roomMembers: 4 } });
    for (const id of ["a", "b", "c"]) await box.register(id);
    const ann = await box.peer("ann");
    assert.deepEqual(
      list(ann.told("joined")[0]).map(({ id }) => id),
      ["a", "b"],
    );
    box.close();
  });

  test("tells attributes where all of them fit, and services at least", async () => {
    const box = met();
    const attributes = { text: "x".repeat(3_000) };
    await box.register("cam", {
      services: [
        { protocol: "camera", attributes },
        { protocol: "sensor", attributes },
      ],
    });
    const ann = await box.peer("ann");
    const [cam] = list(ann.told("joined")[0]);
    assert.deepEqual(cam?.services, [
      { name: "camera", protocol: "camera" },
      { name: "sensor", protocol: "sensor" },
    ]);
    box.close();
  });

  test("leaves nothing behind when all is over", async () => {
    const box = met();
    await box.register("cam");
    assert.equal(box.hub.stats.lines, 1);
    box.close();
    await settled();
    assert.deepEqual(box.hub.stats, { lines: 0, sessions: 0, rooms: 0 });
    assert.equal(box.parts.clock.pending, 0);
  });
});

/** Ann calls the device, and the offer is with it. */
const called = async (limits = {}) => {
  const box = met({ limits });
  await box.register("cam");
  const ann = await box.peer("ann");
  ann.told();
  const of = offerTo(ann, "cam", "call-1");
  await settled();
  return { box, ann, of };
};

describe("a call to a device that polls", () => {
  test("is queued while it waits, sent when it was fetched, delivered when it was answered", async () => {
    const { box, ann, of } = await called();
    const receipts = ann.told().filter((frame) => frame.type === "receipt" && frame.of === of);
    assert.equal(receipts.at(-1)?.fate, "queued");
    assert.equal(receipts.at(-1)?.ttlMs, 30_000);
    const [knock] = await box.take("cam");
    assert.ok(knock);
    assert.ok(knock.offer.sdp.includes(candidate.candidate), "it is complete");
    assert.deepEqual(
      [knock.service, knock.offerComplete, knock.attributes],
      ["camera", true, { peer: "ann", protocol: "native" }],
    );
    assert.deepEqual(fates(ann.told(), of), ["sent"]);
    granted(await answerKnock(box.ground, knock, box.test.asker("owner of cam"), accepting));
    await settled();
    const told = ann.told();
    assert.deepEqual(fates(told, of), ["delivered"]);
    assert.deepEqual(bodies(told), [
      { kind: "answer", call: "call-1", sdp: answer.sdp },
      { kind: "end-of-candidates", call: "call-1" },
    ]);
    box.close();
  });

  test("gets the answer's candidates, those that come later too", async () => {
    const { box, ann } = await called();
    const [knock] = await box.take("cam");
    assert.ok(knock);
    const owner = box.test.asker("owner of cam");
    granted(
      await answerKnock(box.ground, knock, owner, { answer, candidates: [candidate], complete: false }),
    );
    await settled();
    assert.deepEqual(
      bodies(ann.told()).map(({ kind }) => kind),
      ["answer", "candidate"],
    );
    const other = { ...candidate, candidate: "candidate:2 1 udp 1 192.0.2.2 9 typ host" };
    granted(await addCandidates(box.ground, knock, owner, [other], true));
    await settled();
    assert.deepEqual(
      bodies(ann.told()).map(({ kind, candidate: given }) => [kind, part({ given }, "given").candidate]),
      [
        ["candidate", other.candidate],
        ["end-of-candidates", undefined],
      ],
    );
    box.close();
  });

  test("that the device turns down ends with its reason", async () => {
    const { box, ann, of } = await called();
    const [knock] = await box.take("cam");
    assert.ok(knock);
    const no = { candidates: [], complete: false, rejectReason: "busy" };
    ann.told();
    granted(await answerKnock(box.ground, knock, box.test.asker("owner of cam"), no));
    await settled();
    const told = ann.told();
    assert.deepEqual(fates(told, of), ["delivered"]);
    assert.deepEqual(bodies(told), [{ kind: "bye", call: "call-1", reason: "busy" }]);
    box.close();
  });

  test("that nobody fetches is refused as expired", async () => {
    const { box, ann, of } = await called();
    await box.register("cam", { ttlMs: 600_000 });
    ann.told();
    box.parts.clock.advance(30_000);
    await settled();
    const told = ann.told();
    assert.deepEqual(fates(told, of), ["refused expired"]);
    assert.deepEqual(bodies(told), [{ kind: "bye", call: "call-1", reason: "expired" }]);
    box.close();
  });

  test("that was fetched and is not answered ends: never answered", async () => {
    const { box, ann, of } = await called();
    await box.register("cam", { ttlMs: 600_000 });
    assert.equal((await box.take("cam")).length, 1);
    ann.told();
    box.parts.clock.advance(30_000);
    await settled();
    const told = ann.told();
    assert.deepEqual(fates(told, of), [], "that it was fetched stays true");
    assert.deepEqual(bodies(told), [{ kind: "bye", call: "call-1", reason: "never-answered" }]);
    box.close();
  });

  for (const [how, frame] of [
    ["hangs up", { type: "signal", to: "cam", signal: { kind: "bye", call: "call-1" } }],
    ["leaves", { type: "leave" }],
  ] as const) {
    test(`whose caller ${how} is taken back`, async () => {
      const { box, ann } = await called();
      const [knock] = await box.take("cam");
      assert.ok(knock);
      ann.ask(frame);
      await settled();
      const read = granted(await getKnock(box.ground, knock, box.test.asker("owner of cam"), 0, 0));
      assert.equal(read.state, "cancelled");
      box.close();
    });
  }

  test("ends when the device goes", async () => {
    const { box, ann, of } = await called();
    ann.told();
    granted(await deleteServer(box.ground, "cam", box.test.asker("owner of cam"), {}));
    await settled();
    const told = ann.told();
    assert.deepEqual(fates(told, of), ["refused expired"]);
    assert.equal(bodies(told)[0]?.kind, "bye");
    box.close();
  });

  test("is one of so many from one caller, and of so many at once", async () => {
    const { box, ann } = await called({ knocksPerKnocker: 1 });
    ann.told();
    const second = offerTo(ann, "cam", "call-2");
    await settled();
    assert.equal(fates(ann.told(), second).at(-1), "refused too-many-knocks");
    const bob = await box.peer("bob");
    const of = offerTo(bob, "cam", "call-3");
    await settled();
    assert.equal(fates(bob.told(), of).at(-1), "queued");
    box.close();
  });

  test("is a knock at the service it names", async () => {
    const box = met();
    await box.register("cam", { services: [{ protocol: "camera" }, { protocol: "sensor" }] });
    const ann = await box.peer("ann");
    const offerFor = (call: string, service: string) => {
      const of = ann.ask({ type: "signal", to: "cam", signal: { kind: "offer", call, sdp, service } });
      ann.ask({ type: "signal", to: "cam", signal: { kind: "end-of-candidates", call } });
      return of;
    };
    offerFor("call-1", "sensor");
    await settled();
    assert.deepEqual(
      (await box.take("cam")).map(({ service }) => service),
      ["sensor"],
    );
    ann.told();
    const of = offerFor("call-2", "toaster");
    await settled();
    assert.equal(fates(ann.told(), of).at(-1), "refused not-understood");
    box.close();
  });

  test("with nothing in common to send is refused, where the device says what it takes", async () => {
    const box = met();
    const services = [{ protocol: "sensor", attributes: { media: "application" } }];
    await box.register("cam", { services });
    const ann = await box.peer("ann");
    const traits = () => part(list(ann.told("joined")[0])[0], "traits").media;
    assert.deepEqual(traits(), ["application"]);
    const video = sdp.replace(
      "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
      "m=video 9 UDP/TLS/RTP/SAVPF 96",
    );
    const of = ann.ask({ type: "signal", to: "cam", signal: { kind: "offer", call: "c", sdp: video } });
    await settled();
    assert.equal(fates(ann.told(), of).at(-1), "refused media-mismatch");
    await box.register("cam", { services: [{ protocol: "sensor", attributes: { media: "audio video" } }] });
    const back = part(ann.told("peer-joined")[0], "member");
    assert.deepEqual(part(back, "traits").media, ["audio", "video"]);
    box.close();
  });

  test("carries one offer: a second one in the same call is refused", async () => {
    const { box, ann } = await called();
    ann.told();
    const of = ann.ask({
      type: "signal",
      to: "cam",
      signal: { kind: "offer", call: "call-1", sdp: `${accepting.answer.sdp}a=x\r\n` },
    });
    ann.ask({ type: "signal", to: "cam", signal: { kind: "end-of-candidates", call: "call-1" } });
    await settled();
    assert.equal(fates(ann.told(), of).at(-1), "refused not-understood");
    assert.equal((await box.take("cam")).length, 1);
    box.close();
  });

  test("to a device without a service is refused, and eighty calls one after the other leave nothing", async () => {
    const { box, ann } = await called();
    for (let round = 0; round < 80; round += 1) {
      const call = `round-${round}`;
      const of = offerTo(ann, "cam", call);
      await settled();
      assert.equal(fates(ann.told(), of).at(-1), "queued", call);
      ann.ask({ type: "signal", to: "cam", signal: { kind: "bye", call } });
      await settled();
      ann.told();
    }
    await box.register("cam", { services: [] });
    const of = offerTo(ann, "cam", "none");
    await settled();
    assert.equal(fates(ann.told(), of).at(-1), "refused not-understood");
    box.close();
  });
});
