// SPDX-License-Identifier: MIT
/** This server among others, or alone: where peers of other nodes are found, and how they are reached. */
import { memoryDirectory, memoryNetwork } from "@signalbox/backplane/memory";
import {
  type HostStatus,
  RedisFailure,
  type RedisState,
  redisBackplane,
  shownPlace,
} from "@signalbox/backplane/redis";
import type {
  Bus,
  Chance,
  Clock,
  Directory,
  Hub,
  Limits,
  Millis,
  NodeId,
  SessionBook,
} from "@signalbox/core";
import type { Store } from "@signalbox/core/registry";
import type { Log } from "./log.ts";
import { redisPlace } from "./redis-place.ts";
import { StartFailure } from "./start-failure.ts";

export interface ClusterParts {
  /** Address of a Redis; absent: this server is alone. */
  readonly redis: string | undefined;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly limits: Limits;
  readonly log: Log;
  /** What others may see of this server. */
  readonly host: () => HostStatus;
  /** What it told itself through Redis took so many milliseconds. */
  readonly heardItself: (lagMs: number) => void;
  /** Another server is gone, and this one is to look after what it had in hand. */
  readonly nodeGone: () => void;
  readonly failed: (error: unknown) => void;
}

export interface Cluster {
  readonly node: NodeId;
  readonly directory: Directory;
  readonly bus: Bus;
  /** Absent where this server is alone: sessions come back here, or nowhere. */
  readonly book?: SessionBook;
  /** The store of the registry that all nodes share; absent where this one is alone. */
  readonly store?: Store;
  /** The clock that all nodes share; absent where this one is alone. Milliseconds since 1970. */
  readonly wallNow?: () => Millis;
  /** Absent where this server is alone. */
  state(): RedisState | undefined;
  /** May newcomers be sent here? */
  ready(): boolean;
  /** Settles when newcomers are taken in. */
  start(hub: Hub): Promise<void>;
  /** To be called when the hub is closed: what it said last still goes out. `left`: sessions that nobody took over. */
  close(left: number): Promise<void>;
}

/** Fails with a StartFailure where Redis cannot be used. */
export const joinCluster = async (parts: ClusterParts): Promise<Cluster> => {
  const { redis, clock, chance, limits, log, failed } = parts;
  const node = chance.id() as NodeId;
  if (redis === undefined) {
    return {
      node,
      directory: memoryDirectory(),
      bus: memoryNetwork().bus(node),
      state: () => undefined,
      ready: () => true,
      start: async () => {},
      close: async () => {},
    };
  }
  const place = redisPlace(redis);
  const where = shownPlace(place);
  let awaySince = 0;
  const backplane = await redisBackplane({
    place,
    node,
    clock,
    freshEpoch: chance.id,
    leaseMs: limits.leaseMs,
    busBytes: limits.busBytes,
    host: parts.host,
    heardItself: parts.heardItself,
    nodeGone: parts.nodeGone,
    changed(state, why) {
      if (state === "away") {
        awaySince = clock.now();
        log.warn(
          { redis: where, node, why },
          "Redis is away: calls within this node go on, newcomers are told to try again",
        );
      } else {
        const awayMs = clock.now() - awaySince;
        log.notice({ redis: where, node, awayMs }, "Redis is back: everything here is claimed again");
      }
    },
    failed,
  }).catch((error: unknown) => {
    throw error instanceof RedisFailure ? new StartFailure(error.message) : error;
  });
  log.notice({ redis: where, version: backplane.version, node }, "working with other nodes through Redis");
  if (backplane.persists === true) {
    log.warn(
      { redis: where },
      'this Redis writes to disk, offers and answers of waiting knocks included: set `save ""` and `appendonly no`',
    );
  }
  return {
    node,
    directory: backplane.directory,
    bus: backplane.bus,
    store: backplane.store,
    book: backplane.book,
    wallNow: backplane.wallNow,
    state: () => backplane.state,
    ready: () => backplane.state.open,
    start: (hub) => backplane.start((restarted) => hub.restore(restarted)),
    async close(left) {
      const told = await backplane.close();
      if (!told) {
        log.warn(
          { redis: where, sessions: left },
          "ended without Redis: the lease of this node runs out by itself, and other nodes could take nothing over",
        );
      } else if (left > 0) {
        log.warn({ sessions: left }, "sessions ended that no other node asked for in time");
      }
    },
  };
};
