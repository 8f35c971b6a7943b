// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defaultRealm, type Guard, type Handshake, type IceIssuer, refusal } from "@signalbox/core";
import { openDoor, settled } from "@signalbox/core/testing";
import { assertEmpty, boxWith, part } from "./box.ts";

const offer = (to: string, call: string) => ({ to, signal: { kind: "offer", call, sdp: "v=0\r\n" } });

describe("the first frame", () => {
  test("carries everything: one frame opens, joins and calls, and each part has its answer", async () => {
    const box = boxWith();
    const bob = await box.peer("bob");
    bob.told();
    const ann = box.line();
    ann.ask({
      type: "join",
      room: "r",
      id: "ann",
      displayName: "Ann",
      services: [{ name: "printer", protocol: "ipp", version: "2.0", attributes: { color: "yes" } }],
      media: ["audio"],
      trickle: false,
      signals: [offer("bob", "c1"), offer("nobody", "c2"), { ...offer("bob", "c3"), receipt: "delivered" }],
    });
    await settled();
    const [welcome, joined, ...receipts] = ann.told();
    assert.deepEqual(
      [welcome?.type, welcome?.seq, joined?.type, joined?.seq, joined?.of],
      ["welcome", 1, "joined", 2, 1],
    );
    assert.deepEqual(
      receipts.map(({ type, of, index, fate }) => [type, of, index, fate]),
      [
        ["receipt", 1, 0, "sent"],
        ["receipt", 1, 1, "unknown"],
        ["receipt", 1, 2, "sent"],
      ],
    );
    const [came, first, second, ...rest] = bob.told();
    assert.deepEqual(rest, []);
    assert.equal(came?.type, "peer-joined");
    assert.deepEqual(came?.member, {
      id: "ann",
      session: welcome?.session,
      order: 2,
      protocol: "native",
      displayName: "Ann",
      services: [{ name: "printer", protocol: "ipp", version: "2.0", attributes: { color: "yes" } }],
      traits: { trickle: false, media: ["audio"], messages: true },
    });
    for (const [signal, call] of [
      [first, "c1"],
      [second, "c3"],
    ] as const) {
      assert.deepEqual(
        [signal?.type, signal?.from, signal?.session, signal?.trickle],
        ["signal", "ann", welcome?.session, false],
      );
      assert.deepEqual(signal?.signal, { kind: "offer", call, sdp: "v=0\r\n" });
    }
    assert.deepEqual([first?.ack, second?.ack], [undefined, true]);
    bob.line.send({ type: "ack", seen: second?.seq });
    assert.deepEqual(
      ann.told().map(({ of, index, fate }) => [of, index, fate]),
      [[1, 2, "delivered"]],
    );
  });

  test("may be followed by others before it is answered: they are carried out after it, in order", async () => {
    const box = boxWith();
    const ann = box.line();
    ann.ask({ type: "join", id: "ann" });
    ann.ask({ type: "signal", to: "ann", signal: { kind: "opaque", data: 1 } });
    ann.ask({ type: "leave" });
    ann.ask({ type: "ice" });
    await settled();
    assert.deepEqual(
      ann.told().map(({ type, of }) => [type, of]),
      [
        ["welcome", undefined],
        ["joined", 1],
        ["signal", undefined],
        ["receipt", 2],
        ["left", 3],
        ["ice", 4],
      ],
    );
  });

  test("tells what is in force: the features asked for, the bounds, the grace time, the ICE servers", async () => {
    const ice: IceIssuer = {
      issue: () => ({
        servers: [{ urls: ["turn:192.0.2.1"], username: "u", credential: "c" }],
        ttlMs: 60_000,
      }),
    };
    const box = boxWith({ ice, limits: { sdpBytes: 1_000, graceMs: 7_000 } });
    const peer = await box.peer("ann", { features: ["delivery", "teleport"] });
    const [welcome] = peer.told("welcome");
    assert.deepEqual(welcome?.features, ["delivery"]);
    assert.equal(welcome?.graceMs, 7_000);
    assert.equal(part(welcome, "limits").sdpBytes, 1_000);
    assert.deepEqual(welcome?.iceServers, [{ urls: ["turn:192.0.2.1"], username: "u", credential: "c" }]);
    assert.equal(welcome?.iceTtlMs, 60_000);
    const asked = peer.ask({ type: "ice" });
    const fresh = peer.answer(asked);
    assert.deepEqual([fresh.type, fresh.iceServers, fresh.iceTtlMs], ["ice", welcome?.iceServers, 60_000]);
  });

  test("names its room, or the URL does, or nobody: then it is `default`", async () => {
    const box = boxWith();
    const rooms: readonly (readonly [string, object, string])[] = [
      ["/?room=url", { room: "frame" }, "frame"],
      ["/?room=url", {}, "url"],
      ["/?room=", {}, "default"],
      ["/", {}, "default"],
    ];
    for (const [target, frame, room] of rooms) {
      const peer = box.line(target);
      peer.ask({ type: "join", ...frame });
      await settled();
      assert.equal(peer.told("joined")[0]?.room, room);
    }
  });

  test("without an id gets one that nobody else has", async () => {
    const box = boxWith();
    const ids = new Set<unknown>();
    for (let count = 0; count < 5; count += 1) {
      const peer = box.line();
      peer.ask({ type: "join", room: "r" });
      await settled();
      const [joined] = peer.told("joined");
      ids.add(part(joined, "self").id);
    }
    assert.equal(ids.size, 5);
  });
});

describe("a first frame that is no join", () => {
  const wrong: readonly (readonly [string, string | object | Uint8Array, string])[] = [
    ["text that is not JSON", "hello", "malformed"],
    ["a JSON value that is no object", "[]", "malformed"],
    ["an object without a type", {}, "malformed"],
    ["a type nobody knows", { type: "hello", seq: 1 }, "malformed"],
    ["a binary frame", new Uint8Array([1]), "malformed"],
    [
      "another frame of the protocol",
      { type: "signal", seq: 1, to: "bob", signal: { kind: "opaque", data: 1 } },
      "malformed",
    ],
    ["a ping", { type: "ping" }, "malformed"],
    ["a join without a number", { type: "join" }, "malformed"],
    ["a join under a name with a line feed", { type: "join", seq: 1, id: "a\nb" }, "malformed"],
    [
      "a return to a session that is not there",
      { type: "resume", session: "s", token: "t", incarnation: 2, seen: 0 },
      "session-unknown",
    ],
  ];
  for (const [what, frame, code] of wrong) {
    test(`ends the line with its reason: ${what}`, async () => {
      const box = boxWith();
      const peer = box.line();
      peer.line.send(frame);
      await settled();
      const [closing, ...rest] = peer.told();
      assert.deepEqual([closing?.type, closing?.code, rest], ["closing", code, []]);
      assert.equal(peer.line.closing?.reason, code);
      await assertEmpty(box);
    });
  }
});

describe("the guard", () => {
  const seen: (string | undefined)[] = [];
  const secret: Guard = {
    admit: async (_: Handshake, credential) => {
      seen.push(credential);
      return credential === "open sesame" ? { realm: defaultRealm } : refusal("unauthorized");
    },
    allows: () => undefined,
  };

  test("is handed the credential of the frame, or else of the header", async () => {
    const box = boxWith({ guard: secret });
    seen.length = 0;
    for (const [bearer, credential] of [
      ["header", "frame"],
      ["header", undefined],
      [undefined, "frame"],
      [undefined, undefined],
    ]) {
      const peer = box.line("/", bearer === undefined ? {} : { bearer });
      peer.ask({ type: "join", ...(credential === undefined ? {} : { credential }) });
      await settled();
    }
    assert.deepEqual(seen, ["frame", "header", "frame", undefined]);
  });

  test("that refuses ends the line with its reason, and nothing is left", async () => {
    const box = boxWith({ guard: secret });
    const peer = box.line();
    peer.ask({ type: "join", room: "r", credential: "guess" });
    peer.ask({ type: "join", room: "r", credential: "open sesame" });
    await settled();
    assert.deepEqual(
      peer.told().map(({ type, code }) => [type, code]),
      [["closing", "unauthorized"]],
    );
    assert.ok((peer.line.closing?.code ?? 0) >= 4500, "not to be tried again unchanged");
    await assertEmpty(box);
  });

  test("that admits lets its peer in", async () => {
    const box = boxWith({ guard: secret });
    const peer = box.line();
    peer.ask({ type: "join", room: "r", credential: "open sesame" });
    await settled();
    assert.equal(peer.told("joined").length, 1);
  });

  test("may grant one id only: another is refused, none means that one", async () => {
    const box = boxWith({
      guard: { ...openDoor, admit: async () => ({ realm: defaultRealm, peer: "ann" as never }) },
    });
    const peer = box.line();
    const other = peer.ask({ type: "join", room: "r", id: "bob" });
    await settled();
    assert.deepEqual([peer.answer(other).code], ["forbidden"]);
    const own = peer.ask({ type: "join", room: "r" });
    await settled();
    assert.equal(part(peer.answer(own), "self").id, "ann");
  });

  test("may refuse single commands: each is told with its number, and the line lives on", async () => {
    const guard: Guard = {
      ...openDoor,
      allows: (_, command) =>
        command.type === "open" ? undefined : refusal("forbidden", `Not ${command.type}.`),
    };
    const box = boxWith({ guard });
    const peer = box.line();
    const join = peer.ask({ type: "join", room: "r", id: "ann", signals: [offer("bob", "c")] });
    await settled();
    const [, refused, receipt] = peer.told();
    assert.deepEqual([refused?.type, refused?.of, refused?.code], ["refused", join, "forbidden"]);
    assert.deepEqual(
      [receipt?.type, receipt?.of, receipt?.index, receipt?.fate, receipt?.code],
      ["receipt", join, 0, "refused", "not-joined"],
    );
    assert.equal(peer.line.closing, undefined);
  });

  for (const [type, frame] of [
    ["signal", { to: "ann", signal: { kind: "opaque", data: 1 } }],
    ["message", { body: 1 }],
    ["message", { to: "ann", body: 1 }],
    ["update", { displayName: "A" }],
  ] as const) {
    test(`may refuse a ${type}${"to" in frame ? " to one" : ""} of a member`, async () => {
      const guard: Guard = {
        ...openDoor,
        allows: (_, command) => (command.type === "join" ? undefined : refusal("forbidden")),
      };
      const box = boxWith({ guard });
      const peer = await box.peer("ann");
      peer.told();
      const asked = peer.ask({ type, ...frame });
      await settled();
      const told = peer.told();
      assert.deepEqual(
        told.map((one) => [one.type, one.of, one.code]),
        [["refused", asked, "forbidden"]],
      );
    });
  }
});
