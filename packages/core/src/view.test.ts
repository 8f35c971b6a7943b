// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { NodeId, PeerId, RoomKey, SessionId } from "./ids.ts";
import type { Entry } from "./member.ts";
import type { Change } from "./parcel.ts";
import { emptyView, hasHole, learn, reconcile, rosterOf, type View } from "./view.ts";

const entry = (session: string, order: number, displayName = ""): Entry => ({
  room: "default\nr" as RoomKey,
  peer: `peer of ${session}` as PeerId,
  session: session as SessionId,
  node: "n1" as NodeId,
  order,
  displayName,
  protocol: "native",
  traits: { takes: "trickle", gives: "trickle", media: ["audio"], messages: true },
  services: [],
  claim: "exclusive",
  announced: true,
  listens: true,
});

const joined = (session: string, order: number): Change => ({ kind: "joined", entry: entry(session, order) });
const left = (session: string, order: number): Change => ({
  kind: "left",
  entry: entry(session, order),
  reason: "left",
});
const changed = (session: string, order: number, name: string): Change => ({
  kind: "changed",
  entry: entry(session, order, name),
});
const spelled = (changes: readonly Change[]) =>
  changes.map(({ kind, entry: { session, order } }) => `${kind} ${session}#${order}`);

/** A view that knows its room up to revision 3: ann (1) and bob (2) are in, somebody came and went. */
const viewAt3 = (): View => {
  const view = emptyView();
  reconcile(view, [entry("ann", 1), entry("bob", 2)], 3);
  return view;
};

describe("a view of a room", () => {
  test("starts with a snapshot, told as joins", () => {
    const view = emptyView();
    assert.deepEqual(spelled(reconcile(view, [entry("ann", 1), entry("bob", 2)], 3)), [
      "joined ann#1",
      "joined bob#2",
    ]);
    assert.deepEqual(
      rosterOf(view).map((member) => member.session),
      ["ann", "bob"],
    );
  });

  test("tells each piece of news once, in whatever order it comes", () => {
    const view = viewAt3();
    assert.deepEqual(spelled(learn(view, 5, joined("dan", 5))), ["joined dan#5"]);
    assert.equal(hasHole(view), true);
    assert.deepEqual(spelled(learn(view, 4, joined("cid", 4))), ["joined cid#4"]);
    assert.equal(hasHole(view), false);
    for (const [revision, change] of [
      [4, joined("cid", 4)],
      [5, joined("dan", 5)],
      [1, joined("ann", 1)],
    ] as const) {
      assert.deepEqual(learn(view, revision, change), []);
    }
    assert.deepEqual(
      rosterOf(view).map((member) => member.session),
      ["ann", "bob", "cid", "dan"],
    );
  });

  test("tells that the former holder of an id left before it tells of the next one, whichever news comes first", () => {
    const view = viewAt3();
    const heir: Entry = { ...entry("anna", 5), peer: entry("ann", 1).peer };
    assert.deepEqual(spelled(learn(view, 5, { kind: "joined", entry: heir })), [
      "left ann#1",
      "joined anna#5",
    ]);
    assert.deepEqual(learn(view, 4, left("ann", 1)), []);
    assert.deepEqual(
      rosterOf(view).map((member) => member.session),
      ["bob", "anna"],
    );
    // A shared id may have several holders.
    const twin: Entry = { ...entry("bobby", 8), peer: entry("bob", 2).peer, claim: "shared" };
    assert.deepEqual(spelled(learn(view, 8, { kind: "joined", entry: twin })), ["joined bobby#8"]);
  });

  test("is not brought back to an older state by late news", () => {
    const view = viewAt3();
    learn(view, 6, left("cid", 4));
    assert.deepEqual(learn(view, 4, joined("cid", 4)), []);
    learn(view, 7, changed("ann", 1, "new"));
    assert.deepEqual(learn(view, 5, changed("ann", 1, "old")), []);
    assert.equal(rosterOf(view)[0]?.displayName, "new");
  });

  test("is not brought back to an older state by a late snapshot", () => {
    const view = viewAt3();
    for (const [revision, change] of [
      [4, joined("cid", 4)],
      [5, left("bob", 2)],
      [6, changed("ann", 1, "new")],
    ] as const) {
      learn(view, revision, change);
    }
    assert.deepEqual(reconcile(view, [entry("ann", 1), entry("bob", 2), entry("cid", 4)], 4), []);
    assert.deepEqual(
      rosterOf(view).map((member) => member.session),
      ["ann", "cid"],
    );
  });

  test("keeps what came after a snapshot that closes a hole", () => {
    const view = viewAt3();
    learn(view, 6, left("bob", 2));
    learn(view, 7, changed("ann", 1, "new"));
    learn(view, 8, joined("eve", 8));
    assert.deepEqual(
      spelled(reconcile(view, [entry("ann", 1), entry("bob", 2), entry("cid", 4), entry("dan", 5)], 5)),
      ["joined cid#4", "joined dan#5"],
    );
    assert.equal(hasHole(view), false);
    assert.deepEqual(
      rosterOf(view).map((member) => member.session),
      ["ann", "cid", "dan", "eve"],
    );
    assert.equal(rosterOf(view)[0]?.displayName, "new");
  });

  test("tells all that a hole hid: who went, who came, who changed", () => {
    const view = viewAt3();
    const changes = reconcile(view, [entry("bob", 2, "Bob"), entry("cid", 5)], 6);
    assert.deepEqual(spelled(changes), ["left ann#1", "changed bob#2", "joined cid#5"]);
    assert.equal(rosterOf(view)[0]?.displayName, "Bob");
  });

  test("tells a stay that ended and another that began as left, joined, also where the news between went missing", () => {
    const hidden = viewAt3();
    assert.deepEqual(spelled(reconcile(hidden, [entry("bob", 2), entry("ann", 5)], 5)), [
      "left ann#1",
      "joined ann#5",
    ]);
    const skipped = viewAt3();
    assert.deepEqual(spelled(learn(skipped, 5, joined("ann", 5))), ["left ann#1", "joined ann#5"]);
    assert.deepEqual(learn(skipped, 4, left("ann", 1)), []);
    assert.deepEqual(
      rosterOf(skipped).map((member) => member.order),
      [2, 5],
    );
  });

  test("tells the end of a stay that began unheard as the end of the one it knows", () => {
    const view = viewAt3();
    assert.deepEqual(spelled(learn(view, 6, left("ann", 5))), ["left ann#1"]);
    assert.deepEqual([...learn(view, 5, joined("ann", 5)), ...learn(view, 4, left("ann", 1))], []);
  });

  test("takes a change of somebody it has not heard of for the news that it is there", () => {
    const view = viewAt3();
    assert.deepEqual(spelled(learn(view, 5, changed("cid", 4, "Cid"))), ["joined cid#4"]);
    assert.deepEqual(learn(view, 4, joined("cid", 4)), []);
    assert.equal(rosterOf(view)[2]?.displayName, "Cid");
  });

  test("gives the same roster array until something changes", () => {
    const view = viewAt3();
    const before = rosterOf(view);
    learn(view, 3, joined("late", 3));
    reconcile(view, [], 2);
    assert.equal(rosterOf(view), before);
    learn(view, 4, changed("ann", 1, "new"));
    assert.notEqual(rosterOf(view), before);
  });

  test("remembers nothing of the past once it has no hole", () => {
    const view = viewAt3();
    for (let revision = 100; revision > 3; revision -= 1) {
      const session = `s${revision - (revision % 2)}`;
      learn(view, revision, revision % 2 === 0 ? joined(session, revision) : left(session, revision - 1));
    }
    assert.equal(view.known, 100);
    assert.equal(view.early, undefined);
  });
});

/** What really happened in a room: every change, and the room as it stood after each. */
interface History {
  readonly changes: readonly Change[];
  readonly rooms: readonly (readonly Entry[])[];
}

const sessions = ["ann", "bob", "cid", "dan"];
const history = fc
  .array(fc.record({ who: fc.nat(sessions.length - 1), changes: fc.boolean() }), { maxLength: 14 })
  .map((acts): History => {
    const room = new Map<string, Entry>();
    const changes: Change[] = [];
    const rooms: Entry[][] = [[]];
    for (const { who, changes: alters } of acts) {
      const session = sessions[who] ?? "";
      const revision = changes.length + 1;
      const before = room.get(session);
      if (before === undefined) room.set(session, entry(session, revision));
      else if (alters) room.set(session, entry(session, before.order, `as of ${revision}`));
      else room.delete(session);
      const now = room.get(session);
      if (before === undefined && now !== undefined) changes.push({ kind: "joined", entry: now });
      else if (now !== undefined) changes.push({ kind: "changed", entry: now });
      else if (before !== undefined) changes.push({ kind: "left", entry: before, reason: "left" });
      rooms.push([...room.values()].sort((a, b) => a.order - b.order));
    }
    return { changes, rooms };
  });

type Delivery =
  | { readonly news: number }
  | { readonly page: number; readonly later: number; readonly cut: number };

const deliveries = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ news: fc.nat(13) }) },
    { weight: 1, arbitrary: fc.record({ page: fc.nat(14), later: fc.nat(3), cut: fc.nat(14) }) },
  ),
  { maxLength: 40, size: "max" },
);

/** A listener's own picture, made of nothing but what it is told. */
const listener = () => {
  const known = new Map<string, Entry>();
  const stays = new Set<string>();
  return {
    known,
    tell(changes: readonly Change[]) {
      for (const { kind, entry: member } of changes) {
        const before = known.get(member.session);
        const stay = `${member.session}#${member.order}`;
        if (kind === "joined") {
          assert.equal(before, undefined, `${stay} joined while ${before?.order} was there`);
          assert.equal(stays.has(stay), false, `${stay} was introduced twice`);
          stays.add(stay);
          known.set(member.session, member);
        } else {
          assert.equal(before?.order, member.order, `${kind} of ${stay}, which is not there`);
          if (kind === "left") known.delete(member.session);
          else known.set(member.session, member);
        }
      }
    },
  };
};

const deliver = (
  view: View,
  { changes, rooms }: History,
  one: Delivery,
  reads = { upTo: 0 },
): readonly Change[] => {
  if ("news" in one) {
    const change = changes[one.news];
    return change === undefined ? [] : learn(view, one.news + 1, change);
  }
  // A roster fetched in two pages: the second is read later than the first, whose revision is the one given.
  // The next roster is asked for when the last one was taken in, so none is older than what that one read.
  const first = Math.max(reads.upTo, Math.min(one.page, rooms.length - 1));
  const second = Math.min(first + one.later, rooms.length - 1);
  reads.upTo = second;
  const entries = [
    ...(rooms[first] ?? []).filter((member) => member.order <= one.cut),
    ...(rooms[second] ?? []).filter((member) => member.order > one.cut),
  ];
  return reconcile(view, entries, first);
};

const contents = (entries: Iterable<Entry>) => [...entries].sort((a, b) => a.order - b.order);

describe("whatever is lost, doubled, late or out of order", () => {
  test("a last snapshot leads to the room as it is; every stay was told at most once, and listeners see what the view sees", () => {
    fc.assert(
      fc.property(history, deliveries, (past, order) => {
        const view = emptyView();
        const told = listener();
        const reads = { upTo: 0 };
        for (const one of order) {
          told.tell(deliver(view, past, one, reads));
          assert.deepEqual(contents(told.known.values()), rosterOf(view));
        }
        told.tell(deliver(view, past, { page: past.changes.length, later: 0, cut: 0 }));
        assert.deepEqual(rosterOf(view), past.rooms.at(-1));
        assert.deepEqual(contents(told.known.values()), rosterOf(view));
        assert.equal(view.early, undefined);
      }),
      { numRuns: 3_000 },
    );
  });

  test("all the news, in any order, leads to the room as it is without another snapshot", () => {
    fc.assert(
      fc.property(history, deliveries, (past, order) => {
        const view = emptyView();
        const told = listener();
        const reads = { upTo: 0 };
        for (const one of order) told.tell(deliver(view, past, one, reads));
        for (const news of past.changes.keys()) told.tell(deliver(view, past, { news }));
        assert.deepEqual(rosterOf(view), past.rooms.at(-1));
        assert.deepEqual(contents(told.known.values()), rosterOf(view));
        assert.equal(hasHole(view), false);
      }),
      { numRuns: 3_000 },
    );
  });
});
