// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { settled } from "@signalbox/core/testing";
import { boxWith, dataOf, type NativePeer, type Told } from "./box.ts";

const opaque = (to: string, data: unknown, more: object = {}) => ({
  type: "signal",
  to,
  signal: { kind: "opaque", data },
  ...more,
});
const spell = ({ of, fate, code, ttlMs, protocol }: Told) => ({
  of,
  fate,
  ...(code !== undefined && { code }),
  ...(ttlMs !== undefined && { ttlMs }),
  ...(protocol !== undefined && { protocol }),
});
const receipts = (peer: NativePeer) => peer.told("receipt").map(spell);
const dataTo = (peer: NativePeer) => peer.told("signal").map(dataOf);

/** Returns with a session on a new line. */
const comeBack = (
  box: ReturnType<typeof boxWith>,
  welcome: Told | undefined,
  incarnation: number,
  seen: number,
): NativePeer => {
  const line = box.line();
  line.line.send({ type: "resume", session: welcome?.session, token: welcome?.token, incarnation, seen });
  return line;
};

const pair = async (limits: Parameters<typeof boxWith>[0] = {}) => {
  const box = boxWith(limits);
  const ann = await box.peer("ann");
  const bob = await box.peer("bob");
  const [welcome] = bob.told("welcome");
  ann.told();
  return { box, ann, bob, welcome };
};

describe("the fate of a signal", () => {
  test("is `sent` when it was written to the target's line, and names the protocol there", async () => {
    const { ann, bob } = await pair();
    const of = ann.ask(opaque("bob", 1));
    assert.deepEqual(receipts(ann), [{ of, fate: "sent", protocol: "native" }]);
    assert.deepEqual(dataTo(bob), [1]);
  });

  test("is told at once between two peers of one node: no promise is awaited", async () => {
    const { ann, bob } = await pair();
    ann.ask(opaque("bob", 1));
    assert.equal(ann.told().length + bob.told().length, 2);
  });

  test("is `delivered` when the target acknowledged it, where that was asked for", async () => {
    const { ann, bob } = await pair();
    const plain = ann.ask(opaque("bob", 1));
    const asked = ann.ask(opaque("bob", 2, { receipt: "delivered" }));
    assert.deepEqual(
      receipts(ann).map(({ of, fate }) => [of, fate]),
      [
        [plain, "sent"],
        [asked, "sent"],
      ],
    );
    const [first, second] = bob.told("signal");
    assert.deepEqual([first?.ack, second?.ack], [undefined, true]);
    bob.line.send({ type: "ack", seen: first?.seq });
    assert.deepEqual(receipts(ann), []);
    bob.line.send({ type: "ping", seen: second?.seq });
    assert.deepEqual(
      receipts(ann).map(({ of, fate }) => [of, fate]),
      [[asked, "delivered"]],
    );
    bob.line.send({ type: "ack", seen: second?.seq });
    assert.deepEqual(receipts(ann), [], "told once");
  });

  test("is not `delivered` by an acknowledgement of what was never told", async () => {
    const { ann, bob } = await pair();
    ann.ask(opaque("bob", 1, { receipt: "delivered" }));
    bob.line.send({ type: "ack", seen: 1_000 });
    assert.deepEqual(
      receipts(ann).map(({ fate }) => fate),
      ["sent"],
    );
  });

  test("is `queued` while the target is away, with the time it is held, then `sent` when the target is back", async () => {
    const { box, ann, bob, welcome } = await pair({ limits: { graceMs: 10_000 } });
    bob.line.drop();
    box.parts.clock.advance(4_000);
    const of = ann.ask(opaque("bob", 1, { receipt: "delivered" }));
    assert.deepEqual(receipts(ann), [{ of, fate: "queued", ttlMs: 6_000, protocol: "native" }]);
    const back = comeBack(box, welcome, 2, 2);
    assert.deepEqual(
      receipts(ann).map(({ of: which, fate }) => [which, fate]),
      [[of, "sent"]],
    );
    const [signal] = back.told("signal");
    assert.equal(signal?.ack, true);
    back.line.send({ type: "ack", seen: signal?.seq });
    assert.deepEqual(
      receipts(ann).map(({ of: which, fate }) => [which, fate]),
      [[of, "delivered"]],
    );
  });

  test("is not told twice as `sent` when the target breaks off and returns once more", async () => {
    const { box, ann, bob, welcome } = await pair();
    bob.line.drop();
    ann.ask(opaque("bob", 1));
    const back = comeBack(box, welcome, 2, 2);
    assert.deepEqual(
      receipts(ann).map(({ fate }) => fate),
      ["queued", "sent"],
    );
    back.line.drop();
    const again = comeBack(box, welcome, 3, 2);
    assert.deepEqual(receipts(ann), []);
    assert.deepEqual(dataTo(again), [1]);
  });

  test("is `refused` as expired when the target's grace time ends, or it ends itself", async () => {
    for (const end of ["grace", "itself"] as const) {
      const { box, ann, bob, welcome } = await pair();
      bob.line.drop();
      const of = ann.ask(opaque("bob", 1));
      assert.equal(receipts(ann)[0]?.fate, "queued");
      if (end === "grace") box.parts.clock.advance(box.dialect.limits.graceMs);
      else {
        const back = comeBack(box, welcome, 2, 2);
        back.line.send({ type: "end" });
      }
      await settled();
      const [last] = receipts(ann).slice(-1);
      // What it took before it ended is not called back.
      assert.deepEqual(
        last,
        end === "grace" ? { of, fate: "refused", code: "expired" } : { of, fate: "sent", protocol: "native" },
      );
    }
  });

  test("is `unknown` where nobody has that id, or not that stay of it", async () => {
    const { ann, bob, welcome } = await pair();
    const nobody = ann.ask(opaque("cid", 1));
    const old = ann.ask(opaque("bob", 2, { session: "another" }));
    const right = ann.ask(opaque("bob", 3, { session: welcome?.session }));
    await settled();
    assert.deepEqual(
      receipts(ann).map(({ of, fate }) => [of, fate]),
      [
        [nobody, "unknown"],
        [old, "unknown"],
        [right, "sent"],
      ],
    );
    assert.deepEqual(dataTo(bob), [3]);
  });

  test("is `unknown` once the target has left the room, though its session lives", async () => {
    const { ann, bob } = await pair();
    bob.ask({ type: "leave" });
    await settled();
    ann.told();
    ann.ask(opaque("bob", 1));
    await settled();
    assert.equal(receipts(ann)[0]?.fate, "unknown");
  });

  test("is `refused` when as much waits for an absent target as is held; what was accepted stays", async () => {
    const { box, ann, bob, welcome } = await pair({ limits: { replayFrames: 5 } });
    bob.line.send({ type: "ack", seen: 2 });
    bob.line.drop();
    for (let number = 1; number <= 7; number += 1) ann.ask(opaque("bob", number));
    assert.deepEqual(
      receipts(ann).map(({ fate, code }) => code ?? fate),
      ["queued", "queued", "queued", "queued", "queued", "mailbox-full", "mailbox-full"],
    );
    const back = comeBack(box, welcome, 2, 2);
    assert.deepEqual(
      back.told("resumed").map(({ gap }) => gap),
      [false],
    );
    assert.deepEqual(dataTo(comeBack(box, welcome, 3, 2)), [1, 2, 3, 4, 5]);
  });

  test("comes back to a sender that calls itself", async () => {
    const { ann } = await pair();
    const of = ann.ask(opaque("ann", 1, { receipt: "delivered" }));
    const [signal, receipt] = ann.told();
    assert.deepEqual([signal?.type, signal?.from, receipt?.of, receipt?.fate], ["signal", "ann", of, "sent"]);
    ann.line.send({ type: "ack", seen: signal?.seq });
    assert.deepEqual(receipts(ann), [{ of, fate: "delivered", protocol: "native" }]);
  });

  test("is kept for a sender that is away when it is known", async () => {
    const { box, ann, bob } = await pair();
    const welcome = JSON.parse(ann.line.told[0] ?? "{}");
    const of = ann.ask(opaque("bob", 1, { receipt: "delivered" }));
    const seen = Number(ann.told().at(-1)?.seq);
    ann.line.drop();
    bob.line.send({ type: "ack", seen: bob.told("signal")[0]?.seq });
    assert.deepEqual(receipts(comeBack(box, welcome, 2, seen)), [
      { of, fate: "delivered", protocol: "native" },
    ]);
  });
});
