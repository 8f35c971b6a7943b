// SPDX-License-Identifier: MIT
/** Ids, rosters, introductions, bounds and receipts of every protocol, with each peer at another of three processes. */
import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { like, type Raw, rawPeers, rosterOf, type Told } from "./raw.ts";
import { threeNodes } from "./three.ts";

const hall = "hall";
const roomMembers = 12;

const three = await threeNodes([
  ...["--mount", `unrupt=/shared/,room=${hall},announced`],
  ...["--mount", `unrupt=/alone/,room=${hall},announced,refuseTaken`],
  ...["--limit", `roomMembers=${roomMembers}`],
  ...["--turn", "turn:turn.example", "--turn-secret", "between us"],
]);

const peers = rawPeers(three);
const { native, flitter, unrupt } = peers;
afterEach(peers.end);

const limit = { timeout: 60_000 };

const listed = (frame: Told | undefined, field: string): readonly (Told | string)[] => {
  const value = frame?.[field];
  return Array.isArray(value) ? value : [];
};
const idsOf = (frame: Told | undefined): readonly string[] =>
  listed(frame, "members").map((member) => (typeof member === "string" ? member : String(member.id)));

/** Members of a native roster: id and order. */
const membersOf = (members: readonly unknown[]): readonly (readonly [string, number])[] =>
  members.flatMap((member) =>
    typeof member === "object" && member !== null && "id" in member && "order" in member
      ? [[String(member.id), Number(member.order)] as const]
      : [],
  );

const byOrder = (one: Told, other: Told): number => Number(one.order) - Number(other.order);

/** Settles when a native peer knows just these to be there: its node may hear a little later who came and went. */
const knows = (peer: Raw, ids: readonly string[]): Promise<unknown> =>
  peer.told(() => {
    const there = [...rosterOf(peer).values()].map(({ id }) => String(id));
    return there.sort().join() === ids.toSorted().join();
  });

/** Comes into the hall, and is in it. */
const enters = {
  native: async (at: number, id: string): Promise<Raw> => {
    const peer = await native(at, hall, id);
    await peer.told(like({ type: "joined" }));
    return peer;
  },
  flitter: async (at: number, id: string): Promise<Raw> => {
    const peer = await flitter(at, hall, id);
    await peer.told(like({ type: "members" }));
    return peer;
  },
  unrupt: async (at: number, id: string): Promise<Raw> => {
    const peer = await unrupt(at, "/alone/", id);
    await three.held(hall, id, 1);
    return peer;
  },
};

/** Wants an id that somebody else has, and is told so as its protocol has it. */
const refused = {
  native: async (at: number, id: string, code = "id-taken"): Promise<void> => {
    const peer = await native(at, hall, id);
    assert.equal((await peer.told(like({ type: "refused" }))).code, code);
    peer.leave();
    await peer.closed();
  },
  flitter: async (at: number, id: string, error = "User ID already taken"): Promise<void> => {
    const peer = await flitter(at, hall, id);
    assert.deepEqual(await peer.closed(), { code: 1000, reason: "" });
    assert.equal(peer.frames.length, 1);
    assert.ok(String(peer.frames[0]?.error).startsWith(error), JSON.stringify(peer.frames));
  },
  unrupt: async (at: number, id: string): Promise<void> => {
    const peer = await unrupt(at, "/alone/", id);
    assert.equal((await peer.closed()).code, 1008);
    assert.deepEqual(peer.frames, []);
  },
};

const protocols = ["native", "flitter", "unrupt"] as const;

describe("an id", () => {
  for (const holder of protocols) {
    test(
      `of a ${holder} peer is refused at every other node, in each protocol's words, and free once it left`,
      limit,
      async () => {
        await three.emptied(hall);
        const peer = await enters[holder](0, "ann");
        for (const at of [1, 2]) for (const protocol of protocols) await refused[protocol](at, "ann");
        // A shared id is not shared with somebody who has it alone.
        const tab = await unrupt(1, "/shared/", "ann");
        assert.equal((await tab.closed()).code, 1008);
        assert.equal(peer.closing, undefined);
        peer.leave();
        await three.held(hall, "ann", 0);
        await enters[holder](2, "ann");
      },
    );
  }

  test("that three nodes are asked for at once is given to one", limit, async () => {
    for (let round = 0; round < 10; round += 1) {
      const room = `race-${round}`;
      const rivals = await Promise.all([
        native(round, room, "ann"),
        flitter(round + 1, room, "ann"),
        native(round + 2, room, "ann"),
      ]);
      const answers = await Promise.all(
        rivals.map((peer) =>
          peer.told(({ type }) => ["joined", "refused", "members", "error"].includes(String(type))),
        ),
      );
      const granted = answers.filter(({ type }) => type === "joined" || type === "members");
      assert.equal(granted.length, 1, JSON.stringify(answers));
      assert.equal((await three.holders(room, "ann")).length, 1);
    }
  });

  test(
    "that is shared is heard wherever it is held, word for word, and answered from anywhere",
    limit,
    async () => {
      const tabs: Raw[] = [];
      for (const at of [0, 1, 2]) {
        const tab = await unrupt(at, "/websocket/", "twin");
        tabs.push(tab);
        // What it says to its own id comes to itself, and to those who were there before: from then on all know of all.
        tab.say({ to: "twin", tab: at });
        for (const one of tabs) await one.told(like({ tab: at }));
      }
      const caller = await unrupt(0, "/websocket/", "caller");
      const call = { to: "twin", retry: 5, from: "caller", type: "offer", sdp: "v=0\r\n", session: 1 };
      caller.say(call);
      for (const tab of tabs) assert.deepEqual(await tab.told(like({ type: "offer" })), call);
      const answer = { to: "caller", retry: 0, from: "twin", type: "answer", sdp: "v=0\r\n", session: 1 };
      tabs[2]?.say(answer);
      assert.deepEqual(await caller.told(like({ type: "answer" })), answer);
    },
  );
});

describe("a room", () => {
  test(
    "introduces those who come at the same moment once, to one side, and shows all the same roster",
    limit,
    async () => {
      for (const round of [0, 1, 2]) {
        const room = `crowd-${round}`;
        const ids = [...Array(roomMembers).keys()].map((number) => `p${number}`);
        const crowd = new Map(
          await Promise.all(
            ids.map(
              async (id, index): Promise<[string, Raw]> => [
                id,
                // Every fourth speaks Flitter.
                await (index % 4 === 3 ? flitter : native)(index, room, id),
              ],
            ),
          ),
        );
        const isNative = (id: string): boolean => ids.indexOf(id) % 4 !== 3;
        const natives = ids.filter(isNative);
        for (const id of ids) {
          const peer = crowd.get(id);
          assert.ok(peer);
          if (!isNative(id)) await peer.told((frame) => idsOf(frame).length === ids.length);
          else {
            await knows(
              peer,
              ids.filter((other) => other !== id),
            );
            const told = peer.frames.flatMap(({ type, members, member }) =>
              type === "joined"
                ? idsOf({ members })
                : type === "peer-joined"
                  ? idsOf({ members: [member] })
                  : [],
            );
            assert.equal(told.length, ids.length - 1, "nobody is introduced twice");
          }
        }
        // Who came later is the same for both: a rule such as "the newcomer offers" makes one of them offer.
        const orders = (id: string): ReadonlyMap<string, number> =>
          new Map(
            (crowd.get(id)?.frames ?? []).flatMap(({ type, self, members, member }) =>
              type === "joined"
                ? membersOf([self, ...listed({ members }, "members")])
                : type === "peer-joined"
                  ? membersOf([member])
                  : [],
            ),
          );
        const [first = ""] = natives;
        for (const id of natives) {
          const [own, theirs] = [orders(id), orders(first)];
          assert.equal(new Set(own.values()).size, ids.length);
          for (const other of ids) assert.equal(own.get(other), theirs.get(other), `${id} on ${other}`);
        }
        const lists = ids.filter((id) => !isNative(id)).map((id) => idsOf(crowd.get(id)?.frames.at(-1)));
        for (const list of lists) assert.deepEqual(list, lists[0]);
      }
    },
  );

  test("is full for all nodes at once, and has room again when anybody left", limit, async () => {
    await three.emptied(hall);
    const [first] = await Promise.all(
      [...Array(roomMembers).keys()].map((number) => enters.flitter(number, `m${number}`)),
    );
    await refused.native(0, "late", "room-full");
    await refused.flitter(1, "late", "The room holds as many members");
    await refused.unrupt(2, "late");
    first?.leave();
    await three.held(hall, "m0", 0);
    const late = await enters.native(2, "late");
    await knows(
      late,
      [...Array(roomMembers).keys()].slice(1).map((number) => `m${number}`),
    );
  });

  test(
    "tells its members the same of each other at each node, ICE servers and bounds too",
    limit,
    async () => {
      await three.emptied(hall);
      await enters.flitter(0, "flit");
      await enters.unrupt(1, "page");
      const seen: unknown[] = [];
      for (const at of [0, 1, 2]) {
        const peer = await native(at, hall, "web");
        const {
          session: _,
          token: __,
          seq: ___,
          iceServers,
          ...bounds
        } = await peer.told(like({ type: "welcome" }));
        await knows(peer, ["flit", "page"]);
        const [turn] = listed({ iceServers }, "iceServers");
        assert.ok(typeof turn === "object");
        const { urls, username, credential } = turn;
        assert.match(String(username), /^\d+:./);
        assert.notEqual(credential ?? "", "");
        seen.push({ bounds, urls, members: [...rosterOf(peer).values()].sort(byOrder) });
        peer.leave();
        await three.held(hall, "web", 0);
      }
      assert.deepEqual(seen[1], seen[0]);
      assert.deepEqual(seen[2], seen[0]);
    },
  );
});

describe("a receipt", () => {
  const opaque = (to: string) => ({
    type: "signal",
    to,
    receipt: "delivered",
    signal: { kind: "opaque", data: 1 },
  });
  const offer = (to: string, media: string) => ({
    type: "signal",
    to,
    receipt: "delivered",
    signal: {
      kind: "offer",
      call: `call-${to}-${media}`,
      sdp: `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=${media} 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=mid:0\r\na=sendrecv\r\na=rtpmap:96 VP8/90000\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n`,
    },
  });

  test("says of a peer of another protocol at another node what is known, and not more", limit, async () => {
    await three.emptied(hall);
    const flit = await enters.flitter(1, "flit");
    const page = await enters.unrupt(2, "page");
    const other = await enters.native(1, "other");
    const web = await native(0, hall, "web");
    await web.told(like({ type: "joined" }));
    const fates = (of: number) =>
      web.frames
        .filter((frame) => frame.type === "receipt" && frame.of === of)
        .map(({ fate, code, protocol }) => [fate, code ?? protocol]);
    const settled = async (of: number, fate: string) => {
      await web.told(like({ type: "receipt", of, fate }));
      return fates(of);
    };
    assert.deepEqual(await settled(web.ask(opaque("nobody")), "unknown"), [["unknown", undefined]]);
    assert.deepEqual(await settled(web.ask(opaque("flit")), "refused"), [["refused", "not-understood"]]);
    assert.deepEqual(await settled(web.ask(offer("flit", "audio")), "refused"), [
      ["refused", "media-mismatch"],
    ]);
    const toFlitter = web.ask(offer("flit", "video"));
    const toPage = web.ask(offer("page", "video"));
    const toOther = web.ask(offer("other", "video"));
    await flit.told(like({ type: "call", from: "web" }));
    await page.told(like({ type: "offer", from: "web" }));
    const { seq } = await other.told(like({ type: "signal", from: "web" }));
    assert.deepEqual((await settled(toFlitter, "sent")).at(-1), ["sent", "flitter"]);
    assert.deepEqual((await settled(toPage, "sent")).at(-1), ["sent", "unrupt"]);
    await settled(toOther, "sent");
    other.say({ type: "ack", seen: seq });
    await settled(toOther, "delivered");
    // What neither protocol can acknowledge is not called delivered, whatever its peer answers.
    flit.say({ type: "answer", to: "web", answer: "v=0\r\n" });
    await web.told((frame) => frame.type === "signal" && frame.from === "flit");
    for (const sent of [toFlitter, toPage])
      assert.ok(!fates(sent).some(([fate]) => fate === "delivered"), JSON.stringify(fates(sent)));
    flit.leave();
    await web.told(like({ type: "peer-left", id: "flit" }));
    assert.deepEqual(await settled(web.ask(offer("flit", "video")), "unknown"), [["unknown", undefined]]);
  });
});
