// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Entry, isRefusal, type NodeId, withLimits } from "@signalbox/core";
import { settled } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { dataOf, idsOf, part, peerOn } from "./box.ts";
import { deaf, network, opaque, quiet, receipts } from "./network.ts";

/** An entry of a peer on a node that is not played here. */
const far = (number: number): Omit<Entry, "order"> => ({
  room: "default\nr" as Entry["room"],
  peer: `far ${number}` as Entry["peer"],
  session: `far ${number}` as Entry["session"],
  node: "n2" as NodeId,
  protocol: "native",
  traits: { takes: "trickle", gives: "trickle", media: [], messages: true },
  services: [],
  claim: "exclusive",
  announced: true,
  listens: true,
});

describe("the roster of a room on two nodes", () => {
  test("is fetched once, not for every piece of news, when far too much was missed", async () => {
    const flood = 1_200;
    const roomy = native({ limits: withLimits({ frameBurst: 2 * flood }) });
    let lose = true;
    let answer: () => void = () => {};
    const { first, second } = network((bus, node) => ({
      ...bus,
      send: async (to, parcel) =>
        node === "n2" && parcel.type === "news" && lose ? "accepted" : bus.send(to, parcel),
    }));
    const ann = peerOn(first.hub, roomy);
    ann.ask({ type: "join", room: "r", id: "ann" });
    await settled();
    const { roster } = first.parts.directory;
    first.parts.directory.roster = async (...given) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return roster(...given);
    };
    const bob = peerOn(second.hub, roomy);
    bob.ask({ type: "join", room: "r", id: "bob" });
    await settled();
    lose = false;
    ann.told();
    for (let number = 0; number < flood; number += 1) bob.ask({ type: "update", displayName: `${number}` });
    await settled(20 * flood);
    const fetches = () => first.parts.observed.filter(({ type }) => type === "rosterRefetched").length;
    assert.equal(fetches(), 1);
    answer();
    await settled();
    assert.equal(fetches(), 1);
    assert.equal(part(ann.told().at(-1), "member").displayName, `${flood - 1}`);
  });

  test("is learned page by page, and what changes between two pages from the news", async () => {
    const count = 2_345;
    const { first, peer, directory, buses } = network();
    for (let number = 0; number < count; number += 1) await directory.claim(far(number), 10_000);
    const { roster } = first.parts.directory;
    let pages = 0;
    first.parts.directory.roster = async (room, after, limit) => {
      const page = await roster(room, after, limit);
      pages += 1;
      if (pages === 1) {
        const changed = await directory.change({ ...far(0), order: 1, displayName: "changed" });
        if (changed === undefined || isRefusal(changed)) assert.fail();
        const { entry, revision } = changed;
        await buses
          .bus("n2" as NodeId)
          .send("n1" as NodeId, { type: "news", room, revision, change: { kind: "changed", entry } });
      }
      return page;
    };
    const ann = await peer("n1", "ann", {}, native({ limits: withLimits({ roomMembers: 10_000 }) }));
    await settled();
    const told = ann.told();
    assert.equal(pages, 3);
    assert.equal(told.find(({ type }) => type === "joined")?.size, count);
    const [one] = (told.find(({ type }) => type === "joined")?.members ?? []) as readonly {
      displayName?: string;
    }[];
    const later = told.find(({ type }) => type === "peer-changed")?.member as
      | { displayName?: string }
      | undefined;
    assert.equal(later?.displayName ?? one?.displayName, "changed");
  });

  test("is told to a peer that comes in before anything that comes for it meanwhile", async () => {
    const { first, peer } = network();
    const ann = await peer("n2", "ann");
    const shy = await peer("n1", "shy", {}, quiet);
    const answers: (() => void)[] = [];
    const { roster } = first.parts.directory;
    first.parts.directory.roster = async (...given) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return roster(...given);
    };
    const bob = await peer("n1", "bob");
    for (const sender of [ann, shy]) sender.told();
    const far = ann.ask(opaque("bob", "far"));
    const near = shy.ask(opaque("bob", "near"));
    await settled();
    assert.deepEqual(receipts(shy), [[near, "queued"]]);
    assert.deepEqual(
      bob.told().map(({ type }) => type),
      ["welcome"],
    );
    for (let answer = answers.shift(); answer !== undefined; answer = answers.shift()) {
      answer();
      await settled();
    }
    assert.deepEqual(
      bob.told().map((frame) => dataOf(frame) ?? frame.type),
      ["joined", "near", "far"],
    );
    assert.deepEqual(receipts(shy), [[near, "sent"]]);
    assert.deepEqual(receipts(ann), [[far, "sent"]]);
  });

  test("lets so much wait for a peer that is coming in, and no more, and nothing of a peer that went meanwhile", async () => {
    const tight = native({ limits: withLimits({ heldSignals: 2 }) });
    const { first, peer } = network();
    const shy = await peer("n1", "shy", {}, quiet);
    const answers: (() => void)[] = [];
    const { roster } = first.parts.directory;
    first.parts.directory.roster = async (...given) => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return roster(...given);
    };
    const bob = await peer("n1", "bob", {}, tight);
    const cid = await peer("n1", "cid", {}, deaf("native", true));
    shy.told();
    cid.ask(opaque("bob", 0));
    const sent = [1, 2].map((data) =>
      data === 1 ? shy.ask({ type: "message", to: "bob", body: data }) : shy.ask(opaque("bob", data)),
    );
    await settled();
    assert.deepEqual(receipts(shy), [
      [sent[0], "queued"],
      [sent[1], "mailbox-full"],
    ]);
    cid.line.send({ type: "end" });
    await settled();
    for (let answer = answers.shift(); answer !== undefined; answer = answers.shift()) {
      answer();
      await settled();
    }
    assert.deepEqual(
      bob.told().map(({ type }) => type),
      ["welcome", "joined", "message"],
    );
    assert.deepEqual(receipts(shy), [[sent[0], "sent"]]);
  });

  test("lets so many parcels wait while it is fetched; of more is said that they did not arrive", async () => {
    const flood = 1_030;
    const wide = native({ limits: withLimits({ frameBurst: 2 * flood, replayFrames: 2 * flood }) });
    let lose = true;
    const { second, peer } = network((bus) => ({
      ...bus,
      send: async (to, parcel) => (parcel.type === "news" && lose ? "accepted" : bus.send(to, parcel)),
    }));
    const bob = await peer("n2", "bob", {}, wide);
    const ann = await peer("n1", "ann", {}, wide);
    lose = false;
    let answer: () => void = () => {};
    const { roster } = second.parts.directory;
    second.parts.directory.roster = async (...given) => {
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return roster(...given);
    };
    ann.told();
    for (let number = 0; number < flood; number += 1) ann.ask(opaque("bob", number));
    await settled(30 * flood);
    assert.deepEqual(
      receipts(ann).map(([, fate]) => fate),
      Array(flood - 1_024).fill("unreachable"),
    );
    answer();
    await settled(200);
    assert.equal(bob.told("signal").length, 1_024);
    assert.deepEqual(
      receipts(ann).map(([, fate]) => fate),
      Array(1_024).fill("sent"),
    );
  });

  test("is looked at anew when a first listener comes, whoever stayed in the room unlistening", async () => {
    const { peer } = network();
    await peer("n1", "shy", {}, quiet);
    const ann = await peer("n1", "ann");
    ann.ask({ type: "leave" });
    await settled();
    await peer("n2", "bob");
    const cid = await peer("n1", "cid");
    assert.deepEqual(idsOf(cid.told("joined")[0]), ["bob"]);
  });
});
