// SPDX-License-Identifier: MIT
/** Messages and round trips between two peers: of a node alone, of one with Redis, and of two. */
import type { RelaySlice } from "../load/relay.ts";
import type { RoundTrips } from "../load/round-trips.ts";
import type { WireName } from "../load/wires.ts";
import type { ClusterPlan } from "../plan.ts";
import type { Site } from "./site.ts";

export const relayPlaces = ["alone", "one node", "two nodes"] as const;
export type RelayPlace = (typeof relayPlaces)[number];

/** With receipts, and without. */
export const clusterWires = ["native", "unrupt"] as const satisfies readonly WireName[];
export type ClusterWire = (typeof clusterWires)[number];

export interface ClusterRelay {
  readonly wire: ClusterWire;
  readonly place: RelayPlace;
  readonly inFlight: number;
  readonly slices: readonly RelaySlice[];
  readonly trips: readonly RoundTrips[];
}

export const measureRelays = async (
  site: Site,
  { relay }: ClusterPlan,
  say: (line: string) => void,
): Promise<readonly ClusterRelay[]> => {
  const [alone, first, second] = [
    await site.node(undefined),
    await site.node("relay"),
    await site.node("relay"),
  ];
  const ends: { readonly [Place in RelayPlace]: readonly [typeof alone, typeof alone] } = {
    alone: [alone, alone],
    "one node": [first, first],
    "two nodes": [first, second],
  };
  const { redis } = site;
  const places = clusterWires.flatMap((wire) =>
    relayPlaces.map((place) => ({ wire, place, from: ends[place][0], to: ends[place][1] })),
  );
  const found: ClusterRelay[] = [];
  for (const inFlight of relay.inFlight) {
    say(`cluster relay: ${inFlight} under way`);
    const slices = await site.load<readonly RelaySlice[]>({
      type: "relay",
      servers: places.map(({ wire, from, to }) => ({
        wire,
        port: from.port,
        pid: from.child.pid,
        receiverPort: to.port,
        helpers: [redis.pid, ...(from === to ? [] : [to.child.pid])],
      })),
      pairs: relay.pairs,
      bytes: relay.bytes,
      inFlight,
      rounds: relay.rounds,
      sliceMs: relay.sliceMs,
    });
    const trips = await site.load<readonly RoundTrips[]>({
      type: "round trips",
      places: places.map(({ wire, from, to }) => ({
        wire,
        port: from.port,
        otherPort: to.port,
        pids: [from.child.pid, to.child.pid, redis.pid],
      })),
      bytes: relay.bytes,
      inFlight,
      samples: relay.samples,
      rounds: relay.rounds,
    });
    for (const [index, { wire, place }] of places.entries()) {
      found.push({
        wire,
        place,
        inFlight,
        slices: slices.filter(({ server }) => server === index),
        trips: trips.filter(({ place: at }) => at === index),
      });
    }
  }
  for (const { child } of [alone, first, second]) await child.stop();
  return found;
};
