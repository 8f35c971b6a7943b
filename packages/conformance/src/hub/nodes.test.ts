// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Parcel } from "@signalbox/core";
import { settled } from "@signalbox/core/testing";
import { idsOf, part } from "./box.ts";
import { network, opaque, quiet, receipts } from "./network.ts";

describe("two nodes", () => {
  test("introduce their peers to each other, and carry what they say", async () => {
    const { peer } = network();
    const ann = await peer("n1", "ann");
    const bob = await peer("n2", "bob");
    assert.deepEqual(idsOf(bob.told("joined")[0]), ["ann"]);
    assert.deepEqual(
      ann.told("peer-joined").map((frame) => part(frame, "member").id),
      ["bob"],
    );
    bob.ask({ type: "update", displayName: "Bob" });
    bob.ask({ type: "message", body: 1 });
    bob.ask(opaque("ann", 2));
    bob.ask({ type: "leave" });
    await settled();
    assert.deepEqual(
      ann.told().map(({ type }) => type),
      ["peer-changed", "message", "signal", "peer-left"],
    );
  });

  test("answer a signal with one receipt, also where the answer is quicker than the bus's own word", async () => {
    const { clock, peer } = network((bus) => ({
      ...bus,
      send: async (to, parcel) => {
        const accepted = await bus.send(to, parcel);
        // The bus takes its time to say that it took the parcel, as a server between the nodes may.
        await settled();
        return accepted;
      },
    }));
    const ann = await peer("n1", "ann");
    await peer("n2", "bob");
    await settled(200);
    ann.told();
    const sent = ann.ask(opaque("bob", 1));
    const message = ann.ask({ type: "message", to: "bob", body: 1 });
    await settled(400);
    clock.advance(60_000);
    await settled(200);
    assert.deepEqual(receipts(ann), [
      [sent, "sent"],
      [message, "sent"],
    ]);
  });

  test("tell of delivery across the bus", async () => {
    const { clock, peer } = network();
    const ann = await peer("n1", "ann");
    const bob = await peer("n2", "bob");
    const of = ann.ask(opaque("bob", 1, { receipt: "delivered" }));
    await settled();
    assert.deepEqual(receipts(ann), [[of, "sent"]]);
    bob.line.send({ type: "ack", seen: bob.told("signal")[0]?.seq });
    await settled();
    assert.deepEqual(receipts(ann), [[of, "delivered"]]);
    assert.equal(clock.pending, 0, "nothing is waited for any more");
  });

  test("say that a node is out of reach when the bus knows that it is gone", async () => {
    const { second, peer } = network();
    const ann = await peer("n1", "ann");
    await peer("n2", "bob");
    ann.told();
    // It stops without a word: its entries stay in the directory.
    second.parts.directory.release = async () => undefined;
    second.hub.close();
    await settled();
    const of = ann.ask(opaque("bob", 1));
    await settled();
    assert.deepEqual(receipts(ann), [[of, "unreachable"]]);
  });

  test("carry out to the end what a line said before it closed, the end of its session too", async () => {
    const { first, peer } = network();
    const ann = await peer("n1", "ann");
    const bob = await peer("n2", "bob");
    await settled(200);
    bob.told();
    // The first is on its way to the other node while the rest comes.
    for (const data of [1, 2, 3]) ann.ask(opaque("bob", data));
    ann.line.send({ type: "end" });
    ann.line.drop();
    await settled(200);
    assert.deepEqual(
      bob.told().map(({ type, signal, reason }) => [type, reason ?? part({ signal }, "signal").data]),
      [
        ["signal", 1],
        ["signal", 2],
        ["signal", 3],
        ["peer-left", "left"],
      ],
    );
    assert.deepEqual(first.hub.stats, { lines: 0, sessions: 0, rooms: 0 });
  });

  test("carry nothing that would not survive JSON", async () => {
    const carried: Parcel[] = [];
    const { peer } = network((bus) => ({
      ...bus,
      send: (to, parcel) => {
        carried.push(parcel);
        return bus.send(to, JSON.parse(JSON.stringify(parcel)));
      },
    }));
    const ann = await peer("n1", "ann", { services: [{ name: "s", protocol: "p" }], displayName: "Ann" });
    const bob = await peer("n2", "bob", { trickle: false });
    ann.ask({
      type: "signal",
      to: "bob",
      signal: { kind: "offer", call: "c", sdp: "v=0\r\n" },
      receipt: "delivered",
    });
    ann.ask({
      type: "signal",
      to: "bob",
      signal: { kind: "candidate", call: "c", candidate: { candidate: "candidate:1", sdpMid: null } },
    });
    ann.ask({ type: "message", to: "bob", body: { a: [1, null] } });
    ann.ask({ type: "message", body: 1 });
    await settled();
    bob.ask({ type: "update", displayName: "B" });
    bob.ask({ type: "leave" });
    await settled();
    assert.deepEqual(
      new Set(carried.map(({ type }) => type)),
      new Set(["news", "signal", "message", "receipt"]),
    );
    for (const parcel of carried) assert.deepEqual(JSON.parse(JSON.stringify(parcel)), parcel);
  });

  test("carry a message to all where only another node has listeners", async () => {
    const { peer } = network();
    const shy = await peer("n1", "shy", {}, quiet);
    const bob = await peer("n2", "bob");
    const of = shy.ask({ type: "message", body: 1 });
    await settled();
    assert.deepEqual(receipts(shy), [[of, "sent"]]);
    assert.equal(bob.told("message").length, 1);
  });

  test("deliver into the room that is meant, where a session is in several", async () => {
    const { peer } = network();
    const bob = await peer("n2", "bob");
    bob.ask({ type: "join", room: "s", id: "robert" });
    await settled();
    const ann = await peer("n1", "ann", { room: "s" });
    bob.told();
    ann.ask(opaque("robert", 1));
    ann.ask({ type: "message", to: "robert", body: 2 });
    await settled();
    assert.deepEqual(
      bob.told().map(({ type, room }) => [type, room]),
      [
        ["signal", "s"],
        ["message", "s"],
      ],
    );
  });

  test("tell the others why a peer left when one of them drains", async () => {
    const { second, peer } = network();
    const ann = await peer("n1", "ann");
    await peer("n2", "bob");
    ann.told();
    second.hub.drain();
    await settled();
    assert.deepEqual(
      ann.told().map(({ type, id, reason }) => [type, id, reason]),
      [["peer-left", "bob", "drained"]],
    );
  });

  test("leave no timer behind: neither for receipts that were awaited nor for news that was missed", async () => {
    let lose: Parcel["type"] | undefined;
    const { clock, first, second, peer } = network((bus) => ({
      ...bus,
      send: async (to, parcel) => (parcel.type === lose ? "accepted" : bus.send(to, parcel)),
    }));
    const ann = await peer("n1", "ann");
    const bob = await peer("n2", "bob");
    lose = "receipt";
    ann.ask(opaque("bob", 1));
    await settled();
    lose = "news";
    bob.ask({ type: "update", displayName: "lost" });
    await settled();
    lose = undefined;
    bob.ask({ type: "update", displayName: "heard" });
    await settled();
    assert.equal(clock.pending, 2);
    ann.line.send({ type: "end" });
    bob.line.send({ type: "end" });
    await settled();
    assert.equal(clock.pending, 0);
    for (const { hub } of [first, second]) assert.deepEqual(hub.stats, { lines: 0, sessions: 0, rooms: 0 });
  });
});
