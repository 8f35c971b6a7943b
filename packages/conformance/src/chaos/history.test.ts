// SPDX-License-Identifier: MIT
/** What reads the histories can fail: a history that breaks one promise is told apart from one that keeps them all. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Chronicle, chronicle, type Frame } from "./chronicle.ts";
import { violations } from "./history.ts";

const member = (id: string) => ({ id, session: `${id}'s` });
const signal = (seq: number, data: number): Frame => ({
  type: "signal",
  seq,
  from: "ann",
  session: "ann's",
  signal: { kind: "opaque", data },
});
const sentBy = (ann: Chronicle, fates: readonly (string | undefined)[]): void => {
  for (const [at, fate] of fates.entries()) {
    const of = 2 + at;
    ann.sends(of, "bob's");
    if (fate !== undefined) ann.take({ type: "receipt", seq: 4 + at, of, fate });
  }
};

/** Ann, who knows bob, sends him these, and is told these fates. */
const annWith = (...fates: readonly (string | undefined)[]): Chronicle => {
  const ann = chronicle("ann");
  ann.take({ type: "welcome", seq: 1, session: "ann's" });
  ann.take({ type: "joined", seq: 2, members: [] });
  ann.take({ type: "peer-joined", seq: 3, member: member("bob") });
  sentBy(ann, fates);
  return ann;
};

/** Bob, who was told ann, and then these frames. */
const bobTold = (...frames: readonly Frame[]): Chronicle => {
  const bob = chronicle("bob");
  bob.take({ type: "welcome", seq: 1, session: "bob's" });
  bob.take({ type: "joined", seq: 2, members: [member("ann")] });
  for (const frame of frames) bob.take(frame);
  return bob;
};

const gap: Frame = { type: "resumed", session: "bob's", gap: true };
const shown = (seq: number): Frame => ({ type: "joined", seq, members: [member("ann")] });
const closed = (chronicle: Chronicle): Chronicle => {
  chronicle.forget();
  return chronicle;
};

const kept: readonly (readonly [string, Chronicle, Chronicle])[] = [
  ["all signals came, in order, once", annWith("sent", "delivered"), bobTold(signal(3, 1), signal(4, 2))],
  ["a signal was refused, and did not come", annWith("sent", "refused"), bobTold(signal(3, 1))],
  ["a signal was refused for want of an answer, and came", annWith("refused"), bobTold(signal(3, 1))],
  ["a signal was lost, and a gap told", annWith("sent", "sent"), bobTold(signal(3, 1), gap)],
  ["a signal was lost with the stay it was for", annWith("sent"), closed(bobTold())],
  ["numbers go on above after a gap", annWith("sent"), bobTold(gap, signal(9, 1))],
  [
    "what was kept above a gap speaks of peers whose coming is lost",
    annWith(),
    bobTold(gap, { type: "peer-left", seq: 9, ...member("cat") }, shown(10)),
  ],
  ["no fate was told to a stay that is over", closed(annWith(undefined)), bobTold()],
];

const broken: readonly (readonly [string, RegExp, Chronicle, Chronicle])[] = [
  [
    "a signal that was sent is lost",
    /2 of ann's, .* was sent, bob's, .* never took it/,
    annWith("sent", "sent"),
    bobTold(signal(3, 1)),
  ],
  ["a signal that was queued is lost", /1 of ann's, .* was queued/, annWith("queued"), bobTold()],
  ["a signal that was delivered is lost", /1 of ann's, .* was delivered/, annWith("delivered"), bobTold()],
  ["a signal comes twice", /1,1 of ann's: doubled/, annWith("sent"), bobTold(signal(3, 1), signal(4, 1))],
  [
    "signals come out of order",
    /2,1 of ann's: .*out of order/,
    annWith("sent", "sent"),
    bobTold(signal(3, 2), signal(4, 1)),
  ],
  ["a signal has no fate", /1 of ann's was left without a fate/, annWith(undefined), bobTold(signal(3, 1))],
  [
    "a frame comes twice",
    /bob was told 3 twice/,
    annWith("sent"),
    bobTold(signal(3, 1), { type: "left", seq: 3 }),
  ],
  ["a frame is missing", /bob was told 5 after 2, and of no gap/, annWith("sent"), bobTold(signal(5, 1))],
  [
    "frames are missing after the first above a gap",
    /bob was told 12 after 9/,
    annWith("sent", "sent"),
    bobTold(gap, signal(9, 1), signal(12, 2)),
  ],
  [
    "a peer is introduced twice",
    /bob was introduced to ann twice/,
    annWith(),
    bobTold({ type: "peer-joined", seq: 3, member: member("ann") }),
  ],
  [
    "a peer is introduced twice after a gap",
    /bob was introduced to ann twice/,
    annWith(),
    bobTold(gap, shown(9), { type: "peer-joined", seq: 10, member: member("ann") }),
  ],
  [
    "a signal precedes the introduction of its sender",
    /bob was told something of ann, who was not there/,
    annWith("sent"),
    bobTold({ type: "peer-left", seq: 3, ...member("ann") }, signal(4, 1)),
  ],
  [
    "somebody leaves who was not there",
    /bob was told that cat left/,
    annWith(),
    bobTold({ type: "peer-left", seq: 3, ...member("cat") }),
  ],
];

describe("a history is found to keep the promises where", () => {
  for (const [name, ann, bob] of kept) test(name, () => assert.deepEqual(violations([ann, bob]), []));
});

describe("a history is found to break a promise where", () => {
  for (const [name, sentence, ann, bob] of broken) {
    test(name, () => {
      const found = violations([ann, bob]);
      assert.equal(found.length, 1, found.join("\n"));
      assert.match(found[0] ?? "", sentence);
    });
  }
});
