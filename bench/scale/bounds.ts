// SPDX-License-Identifier: MIT
/** What does not grow by adding machines, and how full it is. */
import type { Ground, Load, Needs } from "./model.ts";

const gigabyte = 2 ** 30;

/** What one can hold and is not spread by adding machines, and how full it is; above 1 it breaks. */
export interface Bound {
  readonly what: string;
  /** Does it fill with the number of peers, or with the size of a node? */
  readonly by: "peers" | "node";
  readonly share: number;
  readonly remedy: string;
}

/** Bytes. What a server of today has without being special. */
const redisMemory = 64 * gigabyte;
/** The default of `maxclients`. */
const connectionsMost = 10_000;
/** Redis Cluster Specification, "Main properties and rationales of the design". */
const clusterServers = 1_000;
/** The part of its core that Redis may spend on leases: on the same master are rooms and sessions too. */
const leaseShare = 0.1;
/** A killed node's peers are told gone within 30 s: 10 s its lease at most, 2.5 s until somebody looks. Seconds. */
const sweepWithin = 17;
/** The limit `drainMs`. Seconds. */
const drainWithin = 10;
/** Peers of one Unrupt mount: they are all in one room, which has this bound. */
const mountPeers = 1_000_000;

export const boundsOf = (load: Load, ground: Ground, needs: Needs): readonly Bound[] => {
  const all: readonly Bound[] = [
    {
      what: "one slot for all of PeerNet: Redis' core that has it",
      by: "peers",
      share: needs.registryCores,
      remedy:
        "devices that ask more seldom; a cluster for each region or tenant; a registry in several slots, which is work on Signalbox",
    },
    {
      what: "one Redis without Redis Cluster: its one core",
      by: "peers",
      share: needs.redisCores,
      remedy: "Redis Cluster: rooms and sessions spread over its masters",
    },
    {
      what: "one core for the leases of all nodes",
      by: "peers",
      share: needs.leaseCores / leaseShare,
      remedy: "a longer `leaseMs`; fewer and larger nodes",
    },
    {
      what: "connections to one Redis (`maxclients`)",
      by: "peers",
      share: needs.connectionsPerMaster / connectionsMost,
      remedy: "raise `maxclients`; fewer and larger nodes, or several clusters",
    },
    {
      what: "servers of one Redis Cluster: a thousand, a replica for each master",
      by: "peers",
      share: (needs.masters * 2) / clusterServers,
      remedy: "several clusters, one for each region or tenant",
    },
    {
      what: "memory of PeerNet's one Redis: 64 GiB",
      by: "peers",
      share: (needs.registryGigabytes * gigabyte) / redisMemory,
      remedy: "as for its slot",
    },
    {
      what: "one Unrupt mount, if all were Unrupt's: a million peers in one room and slot",
      by: "peers",
      share: load.peers / mountPeers,
      remedy: "several mounts, each with a room of its own",
    },
    {
      what: "ports between one balancer and one node",
      by: "node",
      share: needs.portsPerPair / ground.portsPerPair,
      remedy: "more addresses of the balancer, or more nodes",
    },
    {
      what: "a killed node is swept within 30 s, 13 s of it the lease",
      by: "node",
      share: needs.sweepSeconds / sweepWithin,
      remedy: "smaller nodes, or `leaseMs` shorter",
    },
    {
      what: "a drain within `drainMs` (10 s), and back within `graceMs` (15 s)",
      by: "node",
      share: needs.drainSeconds / drainWithin,
      remedy: "raise both to the time in the table above, or smaller nodes",
    },
  ];
  return all.toSorted((a, b) => b.share - a.share);
};

/** Peers that fill a bound, to a hundredth; infinity where no number of them does. */
export const peersUntil = (
  what: string,
  load: Load,
  ground: Ground,
  needs: (load: Load) => Needs,
): number => {
  const isFull = (peers: number): boolean => {
    const grown = { ...load, peers };
    return boundsOf(grown, ground, needs(grown)).some((bound) => bound.what === what && bound.share >= 1);
  };
  let [low, high] = [1, 1e12];
  if (!isFull(high)) return Number.POSITIVE_INFINITY;
  while (high / low > 1.01) {
    const between = Math.sqrt(low * high);
    if (isFull(between)) high = between;
    else low = between;
  }
  return high;
};
