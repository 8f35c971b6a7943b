// SPDX-License-Identifier: MIT
/** A call between two dialects, one end of which changes nodes in the middle of it. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startRedis } from "@signalbox/backplane/testing";
import type { RoomName } from "@signalbox/core";
import { handClock, handshakeAt, testLine } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { unrupt } from "@signalbox/dialects/unrupt";
import { type RedisNode, redisCluster, until } from "./on-redis.ts";
import { type Frame, traveller } from "./traveller.ts";

const redis = await startRedis();
after(() => redis.stop());

const sdp = [
  "v=0",
  "o=- 1 1 IN IP4 0.0.0.0",
  "s=-",
  "t=0 0",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "c=IN IP4 0.0.0.0",
  "a=mid:0",
  "a=ice-ufrag:m7Np",
  "a=ice-pwd:qcSC+ExMmoGrUUWiaFeXf1rv",
  "",
].join("\r\n");
const candidate = (number: number) => `candidate:${number} 1 udp 2122260223 192.0.2.${number} 50000 typ host`;

/** A native peer that stays where it is, and calls. */
const caller = async (node: RedisNode, name: string) => {
  const line = testLine(node.hub, native(), handshakeAt("/", { protocols: ["signalbox.v1"] }));
  let seq = 1;
  line.send({ type: "join", seq, room: "r", id: name });
  await until(() => line.told.some((text) => JSON.parse(text).type === "joined"));
  return {
    signal(to: string, signal: object): number {
      seq += 1;
      line.send({ type: "signal", seq, room: "r", to, signal: { call: "call-1", ...signal } });
      return seq;
    },
    /** What it was told of the fate of a signal, in order. */
    fates: (of: number): readonly unknown[] =>
      line.told
        .map((text): Frame => JSON.parse(text))
        .filter((frame) => frame.of === of)
        .map(({ fate, code }) => (fate === "refused" ? code : fate)),
  };
};

const signals = (frames: readonly Frame[]) =>
  frames.filter(({ type }) => type === "signal").map(({ signal }) => signal as Frame);

const pair = async (clock = handClock()) => {
  const cluster = redisCluster(redis.url);
  const [first, second] = [await cluster.node("first"), await cluster.node("second", { clock })];
  return { cluster, first, second, clock };
};

describe("a call whose receiver comes back to another node", () => {
  test("goes on there: candidates that waited to be folded into its offer are in it", async () => {
    const { cluster, first, second, clock } = await pair();
    const ann = await traveller(first, "ann", { trickle: false });
    const bob = await caller(second, "bob");
    await until(() => ann.known.has("bob"));
    ann.lose();
    const sent = [
      bob.signal("ann", { kind: "offer", sdp }),
      bob.signal("ann", { kind: "candidate", candidate: { candidate: candidate(1), sdpMid: "0" } }),
    ];
    await until(() => sent.every((of) => bob.fates(of).at(-1) === "queued"));
    ann.resume(second);
    assert.equal((await ann.resumed())?.gap, false);
    // The node it came to waits for more candidates, and then lets go of the offer.
    const later = bob.signal("ann", {
      kind: "candidate",
      candidate: { candidate: candidate(2), sdpMid: "0" },
    });
    await until(() => bob.fates(later).length > 0);
    clock.advance(2_000);
    await until(() => signals(ann.frames).length > 0);
    const [offer, ...more] = signals(ann.frames);
    assert.deepEqual([offer?.kind, more], ["offer", []]);
    for (const number of [1, 2]) assert.ok(String(offer?.sdp).includes(candidate(number)), `${number}`);
    await until(() => [...sent, later].every((of) => bob.fates(of).at(-1) === "sent"));
    assert.deepEqual([...sent, later].map(bob.fates), Array(3).fill(["queued", "sent"]));
    await cluster.stop();
  });

  test("goes on there: later candidates follow the description that was told before", async () => {
    const { cluster, first, second } = await pair();
    const ann = await traveller(first, "ann");
    const page = testLine(
      second.hub,
      unrupt({ room: "r" as RoomName, announced: true }),
      handshakeAt("/websocket/?finger=page"),
    );
    await until(() => ann.known.has("page"));
    const say = (type: string, text: string) =>
      page.send({ to: "ann", from: "page", type, sdp: text, session: 17 });
    say("offer", sdp);
    await until(() => signals(ann.frames).length === 1);
    ann.lose();
    ann.resume(second);
    assert.equal((await ann.resumed())?.gap, false);
    say("candidate", candidate(1));
    await until(() => signals(ann.frames).length === 2);
    // The page offers again until it is answered: that is told once.
    say("offer", sdp);
    say("candidate", candidate(2));
    await until(() => signals(ann.frames).length === 3);
    assert.deepEqual(
      signals(ann.frames).map(({ kind }) => kind),
      ["offer", "candidate", "candidate"],
    );
    await cluster.stop();
  });

  test("whose hand-over comes too late is told of a gap, and the senders of what waited that it expired", async () => {
    const { cluster, first, second, clock } = await pair();
    const ann = await traveller(first, "ann", { trickle: false });
    const bob = await caller(first, "bob");
    await until(() => ann.known.has("bob"));
    ann.lose();
    const sent = [
      bob.signal("ann", { kind: "opaque", data: 1 }),
      bob.signal("ann", { kind: "offer", sdp }),
      bob.signal("ann", { kind: "candidate", candidate: { candidate: candidate(1), sdpMid: "0" } }),
    ];
    await until(() => sent.every((of) => bob.fates(of).at(-1) === "queued"));
    const timers = clock.pending;
    ann.resume(second);
    await until(() => clock.pending > timers);
    clock.advance(2_000);
    assert.equal((await ann.resumed())?.gap, true);
    await until(() => sent.every((of) => bob.fates(of).length === 2));
    assert.deepEqual(sent.map(bob.fates), Array(3).fill(["queued", "expired"]));
    assert.deepEqual(signals(ann.frames), []);
    await cluster.stop();
  });
});
