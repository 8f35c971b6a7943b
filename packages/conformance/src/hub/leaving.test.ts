// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryDirectory } from "@signalbox/backplane/memory";
import { refusal } from "@signalbox/core";
import { openDoor, settled } from "@signalbox/core/testing";
import fc from "fast-check";
import { type Shuffled, shuffled } from "../cluster/shuffled.ts";
import { assertEmpty, type Box, boxWith, idsOf, type NativePeer, nodeName } from "./box.ts";

const slow = (given: Parameters<typeof boxWith>[0] = {}) => {
  const network = shuffled(memoryDirectory());
  const box = boxWith({ directory: network.directory(nodeName), ...given });
  return { box, network };
};

/** Lets every directory call happen. */
const rest = async (network: Shuffled) => {
  for (await settled(); network.ready > 0; await settled()) network.step(0);
};

const atOnce = async (box: Box, network: Shuffled) => {
  // What was said before a line closed is carried out first.
  await rest(network);
  box.parts.clock.advance(box.dialect.limits.graceMs);
  await rest(network);
  box.parts.clock.advance(1_000);
  await rest(network);
  // The directory behind the network answers at once: it is looked at, not asked by a node.
  const looking = assertEmpty(box);
  await rest(network);
  await looking;
};

describe("draining", () => {
  test("tells every peer to come back, and ends every session", async () => {
    const box = boxWith();
    const peers = [await box.peer("ann"), await box.peer("bob")];
    const away = await box.peer("cid");
    away.line.drop();
    const unopened = box.line();
    for (const peer of peers) peer.told();
    box.hub.drain();
    for (const peer of [...peers, unopened]) {
      assert.deepEqual(
        peer.told("closing").map(({ code, retry }) => [code, retry]),
        [["draining", true]],
      );
      assert.ok((peer.line.closing?.code ?? 0) < 4500);
    }
    await assertEmpty(box);
  });

  test("refuses new lines with the same words", async () => {
    const box = boxWith();
    box.hub.drain();
    const late = box.line();
    assert.deepEqual(
      late.told().map(({ type, code }) => [type, code]),
      [["closing", "draining"]],
    );
    late.ask({ type: "join" });
    await assertEmpty(box);
  });

  test("does not let in whose guard answers afterwards", async () => {
    let admit: () => void = () => {};
    const box = boxWith({
      guard: {
        ...openDoor,
        admit: (handshake) =>
          new Promise((resolve) => (admit = () => resolve(openDoor.admit(handshake, undefined)))),
      },
    });
    const ann = box.line();
    ann.ask({ type: "join", room: "r", id: "ann" });
    box.hub.drain();
    admit();
    await assertEmpty(box);
  });

  test("tells what waited for those who will not return that it expired", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const bob = await box.peer("bob");
    ann.told();
    bob.line.drop();
    ann.ask({ type: "signal", to: "bob", signal: { kind: "opaque", data: 1 } });
    assert.equal(ann.told("receipt")[0]?.fate, "queued");
    box.hub.close();
    await assertEmpty(box);
  });
});

describe("a hub that is closed", () => {
  test("ends all lines and sessions and rings no timer any more", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const bob = await box.peer("bob", { trickle: false });
    ann.ask({ type: "signal", to: "bob", signal: { kind: "offer", call: "c", sdp: "v=0\r\n" } });
    bob.line.drop();
    box.hub.close();
    assert.equal(ann.line.closing?.reason, "draining");
    await assertEmpty(box);
  });
});

describe("a line that is closed", () => {
  test("takes no frame any more, not even one that would bring a session to it", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const [welcome] = ann.told();
    ann.line.drop();
    const gone = box.line();
    gone.line.drop();
    gone.line.send({
      type: "resume",
      session: welcome?.session,
      token: welcome?.token,
      incarnation: 2,
      seen: 0,
    });
    gone.ask({ type: "join", room: "r", id: "bob" });
    await settled();
    assert.deepEqual(gone.line.told, []);
    assert.deepEqual(box.hub.stats, { lines: 0, sessions: 1, rooms: 1 });
  });

  test("may be closed, refused and dropped again without effect", async () => {
    const box = boxWith();
    const ann = await box.peer("ann");
    const bob = await box.peer("bob");
    ann.line.line.refuse(refusal("unresponsive"));
    assert.equal(ann.line.closing?.reason, "unresponsive");
    const told = ann.line.told.length;
    ann.line.line.refuse(refusal("silent"));
    ann.line.drop();
    ann.line.drop();
    assert.equal(ann.line.told.length, told);
    assert.equal(box.hub.stats.lines, 1);
    bob.told();
    box.parts.clock.advance(box.dialect.limits.graceMs);
    await settled();
    assert.deepEqual(
      bob.told().map(({ type, reason }) => [type, reason]),
      [["peer-left", "lost"]],
    );
  });
});

describe("a session that ends while its join is on its way", () => {
  for (let steps = 0; steps <= 4; steps += 1) {
    for (const others of [false, true]) {
      test(`leaves nothing behind, ${steps} directory step(s) in, ${others ? "with" : "without"} others in the room`, async () => {
        const { box, network } = slow();
        let ann: NativePeer | undefined;
        if (others) {
          ann = box.line();
          ann.ask({ type: "join", room: "r", id: "ann" });
          await rest(network);
          ann.told();
        }
        const bob = box.line();
        bob.ask({ type: "join", room: "r", id: "bob" });
        for (let count = 0; count < steps; count += 1) {
          await settled();
          network.step(0);
        }
        bob.line.drop();
        box.parts.clock.advance(box.dialect.limits.graceMs);
        await rest(network);
        box.parts.clock.advance(1_000);
        await rest(network);
        assert.equal(
          box.parts.observed.filter(({ type }) => type === "rosterRefetched").length,
          0,
          "a hole was left in the room's news",
        );
        if (ann !== undefined) {
          const news = ann.told().map(({ type }) => type);
          assert.ok(news.length === 0 || news.join() === "peer-joined,peer-left", `ann was told ${news}`);
          ann.line.send({ type: "end" });
        }
        await atOnce(box, network);
      });
    }
  }

  test("does not keep its id from others", async () => {
    const { box, network } = slow();
    const first = box.line();
    first.ask({ type: "join", room: "r", id: "ann" });
    await settled();
    first.line.drop();
    box.parts.clock.advance(box.dialect.limits.graceMs);
    await rest(network);
    const second = box.line();
    second.ask({ type: "join", room: "r", id: "ann" });
    await rest(network);
    assert.equal(second.told("joined").length, 1);
  });

  test("leaves no room behind where the roster comes later than its leaving", async () => {
    const inner = memoryDirectory();
    let answer: () => void = () => {};
    const box = boxWith({
      directory: {
        ...inner,
        async roster(...given) {
          await new Promise<void>((resolve) => {
            answer = resolve;
          });
          return inner.roster(...given);
        },
      },
    });
    const bob = await box.peer("bob");
    bob.line.drop();
    box.parts.clock.advance(box.dialect.limits.graceMs);
    await settled();
    answer();
    await settled();
    assert.deepEqual(box.hub.stats, { lines: 0, sessions: 0, rooms: 0 });
    assert.equal(box.parts.clock.pending, 0);
  });

  test("does not leave a room whose roster could not be fetched looking empty", async () => {
    const inner = memoryDirectory();
    let fails = false;
    const failures: unknown[] = [];
    const box = boxWith({
      directory: {
        ...inner,
        roster: (...given) => (fails ? Promise.reject(new Error("out of order")) : inner.roster(...given)),
      },
      observe: (observation) => {
        if (observation.type === "failed") failures.push(observation.what);
      },
    });
    // Somebody on another node, whom this one has to learn of from the directory.
    await inner.claim(
      {
        room: "default\nr" as never,
        peer: "far" as never,
        session: "far" as never,
        node: "n2" as never,
        protocol: "native",
        traits: { takes: "trickle", gives: "trickle", media: [], messages: true },
        services: [],
        claim: "exclusive",
        announced: true,
        listens: true,
      },
      10,
    );
    fails = true;
    const ann = await box.peer("ann");
    assert.equal(ann.line.closing?.reason, "overloaded");
    assert.deepEqual(failures, ["join"]);
    fails = false;
    const bob = await box.peer("bob");
    assert.ok(idsOf(bob.told("joined")[0]).includes("far"));
  });
});

type Act = {
  readonly who: number;
  readonly do: "come" | "leave" | "end" | "drop" | "signal" | "message" | "update" | "list" | "step" | "turn";
  readonly n: number;
};
const act: fc.Arbitrary<Act> = fc.record({
  who: fc.nat(4),
  do: fc.constantFrom(
    "come",
    "come",
    "leave",
    "end",
    "drop",
    "signal",
    "message",
    "update",
    "list",
    "step",
    "step",
    "step",
    "turn",
  ),
  n: fc.nat(6_000),
});

describe("whatever happens in whatever order", () => {
  test("nothing is left when everybody has gone: no line, session, room, timer, entry or listener", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60, size: "max" }), fc.boolean(), async (acts, refuses) => {
        const { box, network } = slow(
          refuses
            ? {
                guard: {
                  ...openDoor,
                  allows: (_, { type }) => (type === "update" ? refusal("forbidden") : undefined),
                },
                limits: { roomMembers: 3 },
              }
            : {},
        );
        const peers = new Map<number, NativePeer>();
        for (const { who, do: what, n } of acts) {
          if (what === "step") {
            await settled(10);
            network.step(n);
            continue;
          }
          if (what === "turn") {
            box.parts.clock.advance(n);
            continue;
          }
          const peer = peers.get(who);
          if (peer === undefined || peer.line.closing !== undefined) {
            if (what !== "come") continue;
            const fresh = box.line();
            peers.set(who, fresh);
            fresh.ask({ type: "join", room: "r", id: `p${who}`, trickle: n % 2 === 0 });
            continue;
          }
          switch (what) {
            case "come":
              peer.ask({ type: "join", room: "r", id: `p${who}` });
              break;
            case "leave":
              peer.ask({ type: "leave", room: "r" });
              break;
            case "end":
              peer.line.send({ type: "end" });
              break;
            case "drop":
              peer.line.drop();
              peers.delete(who);
              break;
            case "signal":
              peer.ask({
                type: "signal",
                room: "r",
                to: `p${n % 5}`,
                signal: { kind: n % 3 === 0 ? "offer" : "answer", call: `c${n % 4}`, sdp: "v=0\r\n" },
              });
              break;
            case "message":
              peer.ask({ type: "message", room: "r", ...(n % 2 === 0 ? {} : { to: `p${n % 5}` }), body: n });
              break;
            case "update":
              peer.ask({ type: "update", room: "r", displayName: `${n}` });
              break;
            case "list":
              peer.ask({ type: "roster", room: "r" });
          }
        }
        await settled(10);
        for (const peer of peers.values()) peer.line.drop();
        await atOnce(box, network);
      }),
      { numRuns: 300 },
    );
  });
});
