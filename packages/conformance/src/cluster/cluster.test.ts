// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryDirectory } from "@signalbox/backplane/memory";
import { createHub, type Hub, type NodeId } from "@signalbox/core";
import { type HandClock, handClock, settled, testParts } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import fc from "fast-check";
import { type Shuffled, shuffled } from "./shuffled.ts";
import { type Witness, witness } from "./witness.ts";

const dialect = native();

interface Cluster {
  readonly network: Shuffled;
  readonly clock: HandClock;
  readonly hubs: readonly Hub[];
  /** Lets one thing happen, and whatever follows from it on the spot. */
  step(choice: number): Promise<void>;
  /** Lets everything happen, in an order drawn from `choices`. */
  drain(choices?: () => number): Promise<void>;
  refetches(): number;
}

const cluster = (nodes: number): Cluster => {
  const network = shuffled(memoryDirectory());
  const clock = handClock();
  const parts = Array.from({ length: nodes }, (_, index) => {
    const node = `n${index}` as NodeId;
    return testParts(node, network.directory(node), network.bus(node), { clock });
  });
  const hubs = parts.map((part) => createHub(part));
  const step = async (choice: number) => {
    await settled(10);
    network.step(choice);
    await settled(10);
  };
  return {
    network,
    clock,
    hubs,
    step,
    async drain(choices = () => 0) {
      for (let count = 0; count < 20_000; count += 1) {
        await settled(10);
        if (network.ready === 0) return;
        await step(choices());
      }
      assert.fail("the cluster never came to rest");
    },
    refetches: () =>
      parts.flatMap((part) => part.observed).filter((observed) => observed.type === "rosterRefetched").length,
  };
};

type Action =
  | { readonly do: "come"; readonly peer: number; readonly node: number }
  | { readonly do: "leave" | "end" | "drop"; readonly peer: number }
  | { readonly do: "signal"; readonly peer: number; readonly to: number }
  | { readonly do: "step"; readonly choice: number };

const peers = 6;
const peer = fc.nat(peers - 1);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant("come" as const), peer, node: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("leave", "end", "drop"), peer }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("signal" as const), peer, to: peer }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("step" as const), choice: fc.nat(50) }) },
);

interface Crowd {
  /** Whoever is on stage under each name, last comer last. */
  readonly all: Witness[];
  act(action: Action): Promise<void>;
}

const crowdIn = (box: Cluster): Crowd => {
  const current = new Map<number, Witness>();
  const all: Witness[] = [];
  return {
    all,
    async act(action) {
      if (action.do === "step") return box.step(action.choice);
      const actor = current.get(action.peer);
      if (action.do === "come") {
        if (actor?.line.closing === undefined && actor !== undefined && !actor.refused) return;
        const hub = box.hubs[action.node % box.hubs.length];
        if (hub === undefined) return;
        const comer = witness(hub, dialect, `p${action.peer}`);
        current.set(action.peer, comer);
        all.push(comer);
        comer.join("r");
        return;
      }
      if (actor === undefined || actor.line.closing !== undefined) return;
      switch (action.do) {
        case "signal":
          actor.signal(`p${action.to}`);
          return;
        case "leave":
          actor.leave();
          current.delete(action.peer);
          return;
        case "end":
          actor.end();
          current.delete(action.peer);
          return;
        case "drop":
          actor.line.drop();
          current.delete(action.peer);
      }
    },
  };
};

/** Everyone that is in knows exactly the others that are in. */
const assertOneTruth = (crowd: Crowd) => {
  assert.deepEqual(
    crowd.all.flatMap((one) => one.complaints),
    [],
  );
  const present = crowd.all.filter(
    (one) => one.joined && one.line.closing === undefined && one.line.line.settled,
  );
  const names = present.map((one) => one.session).sort();
  for (const one of present) {
    assert.deepEqual(
      [...one.known.keys()].sort(),
      names.filter((session) => session !== one.session),
      `${one.name} sees another room`,
    );
  }
};

describe("a cluster of nodes", () => {
  for (const nodes of [1, 2, 3]) {
    test(`after any interleaving on ${nodes} node(s) all members have the same roster, were introduced once, and got no signal before`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(action, { maxLength: 80, size: "max" }),
          fc.infiniteStream(fc.nat(50)),
          async (actions, stream) => {
            const box = cluster(nodes);
            const crowd = crowdIn(box);
            const draw = () => stream.next().value ?? 0;
            for (const one of actions) await crowd.act(one);
            await box.drain(draw);
            // Sessions whose line broke are awaited, then leave.
            box.clock.advance(dialect.limits.graceMs + 1_000);
            await box.drain(draw);
            box.clock.advance(10_000);
            await box.drain(draw);
            assertOneTruth(crowd);
            for (const one of crowd.all) {
              for (const numbers of one.received.values()) {
                assert.deepEqual(
                  numbers,
                  [...numbers].sort((a, b) => a - b),
                  "order was lost",
                );
                assert.equal(new Set(numbers).size, numbers.length, "a signal came twice");
              }
            }
            for (const hub of box.hubs) hub.close();
            await box.drain(draw);
            for (const hub of box.hubs) assert.deepEqual(hub.stats, { lines: 0, sessions: 0, rooms: 0 });
            assert.equal(box.clock.pending, 0, "a timer was left behind");
          },
        ),
        { numRuns: 400 },
      );
    });
  }

  test("lost news is noticed by the next piece of news, and mended from the directory", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 40, size: "max" }),
        fc.integer({ min: 1, max: 4 }),
        async (actions, lost) => {
          const box = cluster(2);
          const crowd = crowdIn(box);
          for (const one of actions.slice(0, 20)) await crowd.act(one);
          box.network.loseNews(lost);
          for (const one of actions.slice(20)) await crowd.act(one);
          await box.drain();
          box.clock.advance(dialect.limits.graceMs + 1_000);
          await box.drain();
          box.network.loseNews(-lost);
          // One more peer on each node: somebody hears that something was missed.
          for (const [index, hub] of box.hubs.entries()) {
            const late = witness(hub, dialect, `late ${index}`);
            crowd.all.push(late);
            late.join("r");
            await box.drain();
          }
          box.clock.advance(10_000);
          await box.drain();
          assertOneTruth(crowd);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("every signal to somebody on another node ends in one receipt that is true", async () => {
    const box = cluster(2);
    const [first, second] = box.hubs;
    if (first === undefined || second === undefined) assert.fail();
    const ann = witness(first, dialect, "ann");
    ann.join("r");
    await box.drain();
    const bob = witness(second, dialect, "bob");
    bob.join("r");
    await box.drain();
    const there = ann.signal("bob");
    const nowhere = ann.signal("nobody");
    await box.drain();
    assert.equal(ann.fates.get(there), "sent");
    assert.equal(ann.fates.get(nowhere), "unknown");
    bob.line.drop();
    const held = ann.signal("bob");
    await box.drain();
    assert.equal(ann.fates.get(held), "queued");
    box.clock.advance(dialect.limits.graceMs);
    await box.drain();
    assert.equal(ann.fates.get(held), "refused");
    assert.deepEqual([...bob.received.values()], [[1]]);
  });

  test("a node that takes a parcel and never answers leaves its sender with a stated fate", async () => {
    const box = cluster(2);
    const [first, second] = box.hubs;
    if (first === undefined || second === undefined) assert.fail();
    const ann = witness(first, dialect, "ann");
    ann.join("r");
    const bob = witness(second, dialect, "bob");
    bob.join("r");
    await box.drain();
    const number = ann.signal("bob");
    // The directory answers; the parcel stays in its lane.
    await box.step(0);
    assert.equal(ann.fates.get(number), undefined);
    box.clock.advance(5_000);
    assert.equal(ann.fates.get(number), "refused");
  });
});
