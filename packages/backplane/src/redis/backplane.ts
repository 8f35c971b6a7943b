// SPDX-License-Identifier: MIT
/** Many nodes on one Redis: the directory, the bus and the registry's store, and this node's lease on what it wrote. */
import type { Bus, Clock, Directory, Millis, NodeId, SessionBook } from "@signalbox/core";
import type { Store } from "@signalbox/core/registry";
import { redisBus } from "./bus.ts";
import { connect } from "./connect.ts";
import { redisDirectory } from "./directory.ts";
import { createEcho } from "./echo.ts";
import { keysWith } from "./keys.ts";
import { createLease, type Loss } from "./lease.ts";
import * as leaseScripts from "./lease-scripts.ts";
import { type HostStatus, type NodeStatus, noHost } from "./node-status.ts";
import type { RedisPlace } from "./place.ts";
import * as registryScripts from "./registry-scripts.ts";
import * as roomScripts from "./room-scripts.ts";
import { createServerClock } from "./server-clock.ts";
import { redisSessionBook } from "./session-book.ts";
import * as sessionScripts from "./session-scripts.ts";
import { redisStore } from "./store.ts";

export interface RedisBackplaneParts {
  readonly place: RedisPlace;
  /** Unique in the cluster, without white space. */
  readonly node: NodeId;
  readonly clock: Clock;
  /** A fresh random mark of URL-safe characters. */
  readonly freshEpoch: () => string;
  /** How long what this node holds outlives its last sign of life. Milliseconds. */
  readonly leaseMs: Millis;
  /** Most that may be on its way to other nodes at once. Bytes. */
  readonly busBytes: number;
  /** What the process says of itself beside its lease. */
  readonly host?: () => HostStatus;
  /** A mark went through Redis to this node's own inbox, in so many milliseconds. */
  readonly heardItself?: (lagMs: Millis) => void;
  /** Another node is gone, and it fell to this one to look after what it had in hand. */
  readonly nodeGone?: () => void;
  /** Redis went, and why, or came back and everything is claimed again. */
  readonly changed: (state: "away" | "back", why: string) => void;
  readonly failed: (error: unknown) => void;
}

/** What an operator wants to see. */
export interface RedisState {
  /** Are newcomers taken in? */
  readonly open: boolean;
  /** Nodes that have a lease, this one included. */
  readonly nodes: number;
  readonly epoch: string;
  /** Time of the last renewal there and back. Milliseconds. */
  readonly lagMs: Millis;
  /** Time of the last mark through the bus to this node itself. Milliseconds. */
  readonly busLagMs: Millis;
  /** What is left of the lease; 0 where there is none. Milliseconds. */
  readonly leaseLeftMs: Millis;
  /** How often the lease was lost, by why. */
  readonly losses: { readonly [Why in Loss]: number };
  /** Leases of lost nodes that this one took apart, and the members it took out. */
  readonly sweptLeases: number;
  readonly sweptMembers: number;
  readonly parcelsSent: number;
  readonly parcelsRefused: number;
  readonly parcelsReceived: number;
}

export interface RedisBackplane {
  readonly directory: Directory;
  readonly bus: Bus;
  readonly store: Store;
  readonly book: SessionBook;
  readonly state: RedisState;
  /** Version of the server, for the log. */
  readonly version: string;
  /** Does the server write what it holds to disk? Undefined: it does not say. */
  readonly persists: boolean | undefined;
  /** What Redis' clock says: the same on all nodes, however theirs are set. Milliseconds since 1970. */
  readonly wallNow: () => Millis;
  /**
   * Takes a lease, and settles when newcomers are taken in. From then on, each time this node has been away, `restore` is to
   * claim again what it holds; `restarted`: Redis may have forgotten some of it.
   */
  start(restore: (restarted: boolean) => Promise<boolean>): Promise<void>;
  /** Settles when all that was begun to be listened to is. */
  settled(): Promise<void>;
  /** Ends the lease and the connections. False where Redis could not be told: the lease runs out by itself. */
  close(): Promise<boolean>;
  /** Ends the connections as the end of the process would: the lease runs out by itself. */
  abandon(): void;
}

const allScripts = [roomScripts, leaseScripts, registryScripts, sessionScripts].flatMap((module) =>
  Object.values(module),
);

/** Connects. Fails with a RedisFailure, one sentence for whoever started the server. */
export const redisBackplane = async (parts: RedisBackplaneParts): Promise<RedisBackplane> => {
  const { node, failed, host = () => noHost, heardItself = () => {}, nodeGone = () => {} } = parts;
  const keys = keysWith(parts.place.prefix);
  let restore: (restarted: boolean) => Promise<boolean> = async () => true;
  let started: (() => void) | undefined;
  const link = await connect({
    place: parts.place,
    clock: parts.clock,
    scripts: allScripts,
    heard: (channel, text) =>
      echo.heard(channel, text) || bus.heard(channel, text) || store.heard(channel, text),
    came: () => lease.enter(),
    went: (why) => lease.away(why),
  });
  const serverClock = createServerClock(parts.clock);
  const asked = parts.clock.now();
  const time = await link.evaluate(leaseScripts.timeScript, keys.nodes, []);
  if (time !== undefined) serverClock.heard(Number(time), asked);
  const echo = createEcho({
    ...parts,
    keys,
    link,
    patienceMs: parts.leaseMs / 2,
    measured: heardItself,
    unheard: () => lease.unheard(),
  });
  const status = (): NodeStatus => ({
    ...host(),
    ...lease.holds,
    open: lease.open,
    redisMs: lease.lagMs,
    busMs: echo.lagMs,
  });
  const lease = createLease({
    ...parts,
    keys,
    link,
    restore: (restarted) => restore(restarted),
    entered(first) {
      store.wakeAll();
      started?.();
      if (!first) parts.changed("back", "");
    },
    left: (why) => parts.changed("away", why),
    gone: nodeGone,
    status: () => JSON.stringify(status()),
    serverClock,
    echo,
  });
  const bus = redisBus({ node, keys, link, busBytes: parts.busBytes, failed });
  const store = redisStore({ node, keys, link, failed });
  // With its claims its lease notes the rooms they are in: nothing else may reorder the two.
  const directory = redisDirectory({ keys, link, lease });
  return {
    directory,
    bus,
    store,
    book: redisSessionBook({ node, keys, link, lease, failed }),
    version: link.version,
    persists: link.persists,
    wallNow: serverClock.now,
    get state() {
      return {
        open: lease.open && link.ready,
        nodes: lease.nodes,
        epoch: lease.epoch,
        lagMs: lease.lagMs,
        busLagMs: echo.lagMs,
        leaseLeftMs: lease.leftMs,
        losses: lease.losses,
        sweptLeases: lease.swept.leases,
        sweptMembers: lease.swept.members,
        parcelsSent: bus.counts.sent,
        parcelsRefused: bus.counts.refused,
        parcelsReceived: bus.counts.received,
      };
    },
    async start(given) {
      restore = given;
      await bus.settled();
      const opened = new Promise<void>((resolve) => {
        started = resolve;
      });
      lease.enter();
      await opened;
    },
    async settled() {
      await bus.settled();
      await store.settled();
    },
    abandon: () => link.close(),
    async close() {
      const told = await lease.end();
      link.close();
      return told;
    },
  };
};
