// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { memoryDirectory, memoryNetwork } from "@signalbox/backplane/memory";
import { type Bus, createHub, type Dialect, type NodeId, type Parcel } from "@signalbox/core";
import { alteredCodec, handClock, settled, testParts } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { type NativePeer, peerOn } from "./box.ts";

const dialect = native();
/** The native codec, but its peers share their ids: as in a protocol where two tabs of one page are one address. */
const sharing: Dialect = {
  ...dialect,
  name: "sharing",
  open(handshake, mint) {
    const codec = dialect.open(handshake, mint);
    return alteredCodec(codec, {
      decode(frame, now) {
        const decoded = codec.decode(frame, now);
        return {
          ...decoded,
          commands: decoded.commands.map((command) =>
            command.type === "join" ? { ...command, claim: "shared" as const } : command,
          ),
        };
      },
    });
  },
};

let serial = 0;
const bye = (to: string, more: object = {}) => {
  serial += 1;
  return { type: "signal", to, signal: { kind: "bye", call: `c${serial}` }, ...more };
};

const nodes = (lost: (from: string, type: Parcel["type"]) => boolean = () => false) => {
  const directory = memoryDirectory();
  const buses = memoryNetwork();
  const clock = handClock();
  let finds = 0;
  const lossy = (bus: Bus, from: string): Bus => ({
    ...bus,
    send: async (to, parcel) => (lost(from, parcel.type) ? "accepted" : bus.send(to, parcel)),
  });
  const hubs = new Map(
    ["n1", "n2", "n3"].map((name) => {
      const counting = {
        ...directory,
        find(...given: Parameters<typeof directory.find>) {
          finds += 1;
          return directory.find(...given);
        },
      };
      const parts = testParts(name, counting, lossy(buses.bus(name as NodeId), name), { clock });
      return [name, createHub(parts)] as const;
    }),
  );
  const line = (at: string, as: Dialect) => {
    const hub = hubs.get(at);
    assert.ok(hub !== undefined);
    return peerOn(hub, as);
  };
  return {
    clock,
    finds: () => finds,
    line,
    async peer(at: string, id: string, as: Dialect = dialect): Promise<NativePeer> {
      const made = line(at, as);
      made.ask({ type: "join", room: "r", id });
      await settled();
      return made;
    },
  };
};

const fates = (peer: NativePeer) =>
  peer.told("receipt").map(({ of, fate, code, protocol }) => [of, code ?? fate, protocol]);
const signals = (peer: NativePeer) => peer.told("signal").length;

describe("an id that several sessions share", () => {
  test("is one address: a signal reaches all of them on all nodes, and its sender is told once", async () => {
    const { peer } = nodes();
    const ann = await peer("n1", "ann");
    const tabs = [
      await peer("n1", "tab", sharing),
      await peer("n1", "tab", sharing),
      await peer("n2", "tab", sharing),
      await peer("n3", "tab", sharing),
    ];
    ann.told();
    const of = ann.ask(bye("tab"));
    await settled(100);
    assert.deepEqual(fates(ann), [[of, "sent", "sharing"]]);
    assert.deepEqual(tabs.map(signals), [1, 1, 1, 1]);
  });

  test("reaches its own other sessions, and itself", async () => {
    const { peer } = nodes();
    const here = await peer("n1", "tab", sharing);
    const there = await peer("n2", "tab", sharing);
    here.ask(bye("tab"));
    await settled(100);
    assert.deepEqual([signals(here), signals(there)], [1, 1]);
  });

  test("asks the directory only while another node holds it too", async () => {
    const { peer, finds } = nodes();
    const ann = await peer("n1", "ann");
    const here = await peer("n1", "tab", sharing);
    ann.ask(bye("tab"));
    assert.equal(finds(), 0);
    const there = await peer("n2", "tab", sharing);
    ann.ask(bye("tab"));
    await settled(100);
    assert.deepEqual([finds(), signals(here), signals(there)], [1, 2, 1]);
    there.line.send({ type: "end" });
    await settled(100);
    const afterItLeft = finds();
    ann.ask(bye("tab"));
    await settled(100);
    assert.deepEqual([finds() - afterItLeft, signals(here)], [0, 1]);
  });

  for (const away of ["n1", "n2"]) {
    test(`gets the best of its fates told: sent to one is sent, with the session on ${away} away`, async () => {
      const { peer } = nodes();
      const ann = await peer("n1", "ann");
      const tabs = { n1: await peer("n1", "tab", sharing), n2: await peer("n2", "tab", sharing) };
      ann.told();
      (away === "n1" ? tabs.n1 : tabs.n2).line.drop();
      const of = ann.ask(bye("tab"));
      await settled(100);
      assert.deepEqual(fates(ann), [[of, "sent", "sharing"]]);
    });
  }

  test("gets the best fate that is known told when a node does not answer in time", async () => {
    const { peer, clock } = nodes((_, type) => type === "receipt");
    const ann = await peer("n1", "ann");
    const here = await peer("n1", "tab", sharing);
    await peer("n2", "tab", sharing);
    ann.told();
    const known = ann.ask(bye("tab"));
    await settled(100);
    assert.deepEqual(fates(ann), [], "the other node may still do better");
    clock.advance(5_000);
    assert.deepEqual(fates(ann), [[known, "sent", "sharing"]]);
    here.line.send({ type: "end" });
    await settled();
    const unknown = ann.ask(bye("tab"));
    await settled(100);
    clock.advance(5_000);
    assert.deepEqual(fates(ann), [[unknown, "unreachable", undefined]]);
  });

  test("waits for every node that was asked, however often one of them speaks", async () => {
    const { peer, line, clock } = nodes((from, type) => from === "n3" && type === "receipt");
    const ann = await peer("n1", "ann");
    const second = await peer("n2", "tab", sharing);
    const [welcome, joined] = second.told();
    await peer("n3", "tab", sharing);
    ann.told();
    second.line.drop();
    const of = ann.ask(bye("tab"));
    await settled(100);
    const again = line("n2", sharing);
    again.line.send({
      type: "resume",
      session: welcome?.session,
      token: welcome?.token,
      incarnation: 2,
      seen: joined?.seq,
    });
    await settled(100);
    assert.deepEqual(fates(ann), []);
    clock.advance(5_000);
    assert.deepEqual(fates(ann), [[of, "sent", "sharing"]]);
  });

  test("leaves its address to the others when one of them goes", async () => {
    const { peer } = nodes();
    const ann = await peer("n1", "ann");
    const [first, second] = [await peer("n1", "tab", sharing), await peer("n1", "tab", sharing)];
    first.line.send({ type: "end" });
    await settled();
    ann.told();
    const of = ann.ask(bye("tab"));
    assert.deepEqual(fates(ann), [[of, "sent", "sharing"]]);
    assert.equal(signals(second), 1);
    second.line.send({ type: "end" });
    await settled();
    const gone = ann.ask(bye("tab"));
    await settled(100);
    assert.deepEqual(fates(ann), [[gone, "unknown", undefined]]);
  });

  test("may be addressed at one stay only", async () => {
    const { peer } = nodes();
    const ann = await peer("n1", "ann");
    const first = await peer("n1", "tab", sharing);
    const [welcome] = first.told("welcome");
    const others = [await peer("n1", "tab", sharing), await peer("n2", "tab", sharing)];
    ann.ask(bye("tab", { session: welcome?.session }));
    ann.ask({ type: "message", to: "tab", session: welcome?.session, body: 1 });
    await settled(100);
    assert.deepEqual(
      first
        .told()
        .map(({ type }) => type)
        .filter((type) => type !== "peer-joined"),
      ["signal", "message"],
    );
    for (const other of others)
      assert.equal(
        other.told().some(({ type }) => type === "signal" || type === "message"),
        false,
      );
  });
});
