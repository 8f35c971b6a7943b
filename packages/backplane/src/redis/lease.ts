// SPDX-License-Identifier: MIT
/**
 * A node's lease on what it wrote. It is renewed four times in its length; whoever finds one that is over takes out
 * what its node held. A node whose lease was over, or that lost its connection, enters anew under another epoch, and claims
 * again what it still holds: the rest, and what it no longer holds, falls to the sweep.
 */
import type { Cancel, Clock, Millis, NodeId, RoomKey } from "@signalbox/core";
import type { Keys } from "./keys.ts";
import * as scripts from "./lease-scripts.ts";
import type { Link } from "./link.ts";
import { sweepScript } from "./room-scripts.ts";
import { orphanedMs } from "./session-book.ts";
import { orphanScript } from "./session-scripts.ts";

export interface LeaseParts {
  readonly node: NodeId;
  readonly keys: Keys;
  readonly link: Link;
  readonly clock: Clock;
  readonly leaseMs: Millis;
  readonly freshEpoch: () => string;
  /** Claims again what this node holds. `restarted`: Redis may have forgotten what it had taken. */
  readonly restore: (restarted: boolean) => Promise<void>;
  readonly entered: (first: boolean) => void;
  readonly left: (why: string) => void;
  readonly failed: (error: unknown) => void;
}

export interface Lease {
  readonly epoch: string;
  /** End of the lease, in milliseconds of the server's time, as every write states it. */
  readonly deadline: string;
  /** May newcomers be taken in? */
  readonly open: boolean;
  /** May what is held already be claimed again? */
  readonly returning: boolean;
  /** Nodes with a lease, this one included, when it was renewed last. */
  readonly nodes: number;
  /** How long the last renewal took. Milliseconds. */
  readonly lagMs: Millis;
  /** Enters, for the first time or anew. */
  enter(): void;
  /** The connection is gone. */
  away(why: string): void;
  /** A write came too late: the lease is over without our having noticed. */
  lapsed(): void;
  /** Notes that this node is about to hold somebody in this room; the same once more for each of them. */
  enterRoom(room: RoomKey): void;
  leaveRoom(room: RoomKey): void;
  /** Ends the lease: what is still held may be swept by others. False where Redis did not take it: then it runs out by itself. */
  end(): Promise<boolean>;
}

/** Renewals within one lease. 4: three may fail. */
const renewalsPerLease = 4;
/** Leases, rooms and members looked at in one step of a sweep. */
const batch = 100;
/** How long the end of a lease may take. Milliseconds. 1 s: a Redis that is well takes one. */
const endWithinMs = 1_000;

const silent = "it does not answer";
const unable = "it does not take commands now";

export const createLease = (parts: LeaseParts): Lease => {
  const { node, keys, link, clock, leaseMs, freshEpoch, failed } = parts;
  const rooms = new Map<RoomKey, number>();
  let state: "away" | "returning" | "open" | "ended" = "away";
  let epoch = "";
  let deadline = "0";
  /** By this node's own clock. */
  let endsAt = 0;
  let run: string | undefined;
  let nodes = 0;
  let lagMs = 0;
  let cancelTick: Cancel | undefined;
  let sweeping = false;
  const member = (of: string) => `${node} ${of}`;

  const away = (why: string): void => {
    if (state === "away" || state === "ended") return;
    const was = state;
    state = "away";
    cancelTick?.();
    cancelTick = undefined;
    // Whoever never came back was told already.
    if (was === "open") parts.left(why);
  };

  const enter = async (): Promise<void> => {
    if (state === "returning" || state === "ended") return;
    if (state === "open") away("the lease was over");
    state = "returning";
    const before = epoch;
    const first = run === undefined;
    const mine = freshEpoch();
    const asked = clock.now();
    const reply = await link.evaluate(scripts.enterScript, keys.nodes, [
      member(mine),
      leaseMs,
      before === "" ? "" : member(before),
    ]);
    if (state !== "returning") return;
    if (typeof reply !== "string") return retry();
    epoch = mine;
    deadline = reply;
    endsAt = asked + leaseMs;
    const restarted = run !== undefined && run !== link.run;
    run = link.run;
    // What is noted of the last epoch's rooms stays with that epoch.
    const held = [...rooms.keys()];
    for (const room of held) noteRoom(room);
    tickLater();
    await parts.restore(restarted);
    if (state !== "returning" || epoch !== mine) return;
    state = "open";
    parts.entered(first);
    if (before !== "") await sweep(node, before);
  };
  /** Redis did not answer the entering: the link says when to try again, or has said so already. */
  const retry = (): void => {
    state = "away";
    if (link.ready) link.reset(unable);
  };

  const tickLater = (): void => {
    cancelTick?.();
    cancelTick = clock.after(leaseMs / renewalsPerLease, () => {
      cancelTick = undefined;
      renew().catch(failed);
    });
  };

  const renew = async (): Promise<void> => {
    const mine = epoch;
    const asked = clock.now();
    // A connection that says nothing is worse than none: it is broken before the lease is over.
    const cancelPatience = clock.after(leaseMs / 2, () => link.reset(silent));
    const reply = await link.evaluate(scripts.renewScript, keys.nodes, [member(mine), leaseMs, 0, batch]);
    cancelPatience();
    if (epoch !== mine || (state !== "open" && state !== "returning")) return;
    if (!Array.isArray(reply)) return link.ready ? link.reset(unable) : undefined;
    const [ends, alive, over] = reply;
    lagMs = clock.now() - asked;
    nodes = Number(alive);
    if (ends === "0") {
      away("the lease was over");
      return enter();
    }
    deadline = String(ends);
    endsAt = asked + leaseMs;
    tickLater();
    if (!Array.isArray(over) || over.length === 0 || sweeping) return;
    sweeping = true;
    try {
      for (const name of over) {
        const [lost = "", of = ""] = String(name).split(" ");
        if (of !== epoch) await sweep(lost, of);
      }
    } finally {
      sweeping = false;
    }
  };

  /** Takes out everything a lease that is over still holds. Others may do the same at the same time. */
  const sweep = async (lost: string, of: string): Promise<void> => {
    for (;;) {
      const found = await link.evaluate(scripts.roomsOfLeaseScript, keys.roomsOf(lost, of), [batch]);
      if (!Array.isArray(found)) return;
      if (found.length === 0) break;
      for (const room of found as readonly RoomKey[]) {
        let left: unknown = 1;
        while (left !== 0) {
          const reply = await link.evaluate(sweepScript, keys.room(room), [
            lost,
            of,
            JSON.stringify(room),
            keys.inbox(""),
            batch,
          ]);
          if (!Array.isArray(reply)) return;
          const [rest, sessions] = reply;
          left = rest;
          if (!Array.isArray(sessions)) continue;
          for (const session of sessions) {
            // Whoever came back meanwhile is another node's, and stays.
            await link.evaluate(orphanScript, keys.session(String(session)), [lost, orphanedMs]);
          }
        }
        await link.evaluate(scripts.leaveRoomScript, keys.roomsOf(lost, of), [room]);
      }
    }
    await link.evaluate(scripts.forgetScript, keys.nodes, [`${lost} ${of}`]);
  };

  /** What it comes to, or false where that takes longer. */
  const within = async (ms: Millis, run: () => Promise<boolean>): Promise<boolean> => {
    let cancel: Cancel = () => {};
    const late = new Promise<boolean>((resolve) => {
      cancel = clock.after(ms, () => resolve(false));
    });
    const done = await Promise.race([run(), late]);
    cancel();
    return done;
  };

  const noteRoom = (room: RoomKey): void => {
    link.evaluate(scripts.enterRoomScript, keys.roomsOf(node, epoch), [deadline, room]).catch(failed);
  };

  return {
    get epoch() {
      return epoch;
    },
    get deadline() {
      return deadline;
    },
    get open() {
      return state === "open" && clock.now() < endsAt;
    },
    get returning() {
      return state === "returning" || state === "open";
    },
    get nodes() {
      return nodes;
    },
    get lagMs() {
      return lagMs;
    },
    enter: () => void enter().catch(failed),
    away,
    lapsed() {
      if (state !== "open" && state !== "returning") return;
      away("the lease was over");
      enter().catch(failed);
    },
    enterRoom(room) {
      const count = rooms.get(room) ?? 0;
      rooms.set(room, count + 1);
      if (count === 0) noteRoom(room);
    },
    leaveRoom(room) {
      const count = (rooms.get(room) ?? 1) - 1;
      if (count > 0) {
        rooms.set(room, count);
        return;
      }
      rooms.delete(room);
      link.evaluate(scripts.leaveRoomScript, keys.roomsOf(node, epoch), [room]).catch(failed);
    },
    async end() {
      const was = state;
      state = "ended";
      cancelTick?.();
      if (was === "away" || epoch === "") return false;
      return within(endWithinMs, async () => {
        const ended = await link.evaluate(scripts.endScript, keys.nodes, [member(epoch)]);
        if (rooms.size === 0) await link.evaluate(scripts.forgetScript, keys.nodes, [member(epoch)]);
        return ended !== undefined;
      });
    },
  };
};
