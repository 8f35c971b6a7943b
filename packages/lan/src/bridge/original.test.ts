// SPDX-License-Identifier: MIT
/** The bridge with recordings of the original on the LAN, and a peer in the room that is told what they say. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "../packet.ts";
import { bridgedBox, calls, video } from "../testing/bridged-box.ts";
import { theKey } from "../testing/lan-end.ts";
import { lanAt, play, transcript } from "../testing/transcript.ts";

test("the original's caller rings in the room once for each of its offers, and gets the answer in a packet it takes", async (context) => {
  const recorded = transcript("caller-alone");
  const lan = lanAt(recorded);
  const { member } = await bridgedBox(context, [{ id: "studio-7" }], {}, lan);
  const ann = await member("ann");
  const original = lan.socket("original", false);
  await play(lan, recorded, (packet) => original.send(packet, "everyone"));
  const rung = calls(ann);
  assert.equal(rung.length, 2);
  assert.ok(rung.every(({ offer, from }) => from === "studio-7" && /^m=video/m.test(String(offer))));

  const answers: string[] = [];
  const key = await theKey();
  original.onDatagram = (packet) => {
    const message = open(packet, key, Math.floor(lan.now() / 1_000));
    if (typeof message !== "string" && message.kind === "answer") answers.push(message.sdp);
  };
  ann.send({ type: "answer", to: "studio-7", answer: video("answer of ann") });
  await lan.advance(10);
  assert.deepEqual(answers, [video("answer of ann")]);
});

test("the original's answerer answers a call from the room: its first packet is the answer, the others change nothing", async (context) => {
  const recorded = transcript("answerer-unheard");
  const lan = lanAt(recorded);
  const { member } = await bridgedBox(context, [{ id: "studio-7" }], {}, lan);
  const ann = await member("ann");
  const original = lan.socket("original", true);
  ann.send({ type: "call", to: "studio-7", offer: video("offer of ann") });
  await lan.advance(10);
  const broadcast = lan.sent.at(-1);
  assert.ok(broadcast !== undefined && broadcast.to === "everyone");
  ann.take();
  await play(lan, recorded, (packet) => original.send(packet, broadcast.from));
  const answers = ann.take().filter(({ type }) => type === "answer");
  assert.equal(answers.length, 1);
  assert.match(String(answers[0]?.answer), /^m=video/m);
});
