// SPDX-License-Identifier: MIT
/** What every bus between nodes promises. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Bus,
  defaultRealm,
  type NodeId,
  type Parcel,
  type PeerId,
  type RoomName,
  roomKey,
} from "@signalbox/core";
import type { Skip } from "./directory-suite.ts";

export interface BusesUnderTest {
  bus(node: NodeId): Bus;
  /** Settles when what `receive` and its end began is done. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

const one = "n1" as NodeId;
const two = "n2" as NodeId;
const parcel = (peer: string): Parcel => ({
  type: "sibling",
  room: roomKey(defaultRealm, "r" as RoomName),
  peer: peer as PeerId,
  present: true,
});
const peerOf = (given: Parcel) => (given.type === "sibling" ? given.peer : undefined);

export const busSuite = (
  engine: string,
  make: () => Promise<BusesUnderTest>,
  skips: readonly Skip[] = [],
): void => {
  const clause = (name: string, run: (buses: BusesUnderTest) => Promise<void>) => {
    const skip = skips.find((skipped) => skipped.clause === name);
    test(name, { skip: skip === undefined ? false : skip.reason }, async () => {
      const buses = await make();
      try {
        await run(buses);
      } finally {
        await buses.stop();
      }
    });
  };

  describe(`the ${engine} bus`, () => {
    clause("parcels of one node reach another whole, once and in order", async (buses) => {
      const got: unknown[] = [];
      const all = new Promise<void>((resolve) => {
        buses.bus(two).receive((from, given) => {
          got.push([from, peerOf(given)]);
          if (got.length === 100) resolve();
        });
      });
      await buses.settled();
      const bus = buses.bus(one);
      const sent = await Promise.all(
        Array.from({ length: 100 }, (_, index) => bus.send(two, parcel(`p${index}`))),
      );
      await all;
      assert.ok(sent.every((result) => result === "accepted"));
      assert.deepEqual(
        got,
        Array.from({ length: 100 }, (_, index) => [one, `p${index}`]),
      );
    });

    clause("a node that nobody serves is gone", async (buses) => {
      assert.equal(await buses.bus(one).send("nobody" as NodeId, parcel("p")), "gone");
    });

    clause("a node that stopped receiving is gone", async (buses) => {
      const stop = buses.bus(two).receive(() => {});
      await buses.settled();
      stop();
      await buses.settled();
      assert.equal(await buses.bus(one).send(two, parcel("p")), "gone");
    });

    clause("what a receiver does with a parcel does not reach its sender", async (buses) => {
      const original = parcel("p");
      const got = new Promise<Parcel>((resolve) => {
        buses.bus(two).receive((_, given) => resolve(given));
      });
      await buses.settled();
      await buses.bus(one).send(two, original);
      const arrived = await got;
      assert.deepEqual(arrived, original);
      assert.notEqual(arrived, original);
    });
  });
};
