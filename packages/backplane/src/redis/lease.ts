// SPDX-License-Identifier: MIT
/**
 * A node's lease on what it wrote. It is renewed four times in its length; whoever finds one that is over takes out
 * what its node held. A node whose lease was over, or that lost its connection, enters anew under another epoch, and claims
 * again what it still holds: the rest, and what it no longer holds, falls to the sweep.
 */
import type { Cancel, Clock, Millis, NodeId, RoomKey } from "@signalbox/core";
import type { Echo } from "./echo.ts";
import type { Keys } from "./keys.ts";
import * as scripts from "./lease-scripts.ts";
import type { Deadline, Link, Reply } from "./link.ts";
import { afterPatience, within } from "./patience.ts";
import type { ServerClock } from "./server-clock.ts";
import { sweepLease } from "./sweep.ts";

/**
 * Why a node had to enter anew: its connection was lost, said nothing, or was told that Redis takes no commands; its inbox said
 * nothing; or its lease was over.
 */
export type Loss = "connection" | "silent" | "unable" | "bus-silent" | "lapsed";

const words: { readonly [Why in Exclude<Loss, "connection">]: string } = {
  silent: "it does not answer",
  unable: "it does not take commands now",
  "bus-silent": "it does not pass on what is published",
  lapsed: "the lease was over",
};

export interface LeaseParts {
  readonly node: NodeId;
  readonly keys: Keys;
  readonly link: Link;
  readonly clock: Clock;
  readonly leaseMs: Millis;
  readonly freshEpoch: () => string;
  /** Claims again what this node holds; false where not all of it could be. `restarted`: Redis may have forgotten what it had taken. */
  readonly restore: (restarted: boolean) => Promise<boolean>;
  readonly entered: (first: boolean) => void;
  readonly left: (why: string) => void;
  /** Another node ended, or was lost, and this one found that nothing is left of it: what it had in hand is nobody's. */
  readonly gone: () => void;
  /** What the others may see of this node, as text. */
  readonly status: () => string;
  /** Told the server's time with each answer, and when it was asked. */
  readonly serverClock: Pick<ServerClock, "heard">;
  /** Rings with each renewal. */
  readonly echo: Pick<Echo, "send" | "forget">;
  readonly failed: (error: unknown) => void;
}

export interface Lease {
  readonly epoch: string;
  /** End of the lease, as every write states it. */
  readonly deadline: Deadline;
  /** May newcomers be taken in? */
  readonly open: boolean;
  /** May what is held already be claimed again? */
  readonly returning: boolean;
  /** Nodes with a lease, this one included, when it was renewed last. */
  readonly nodes: number;
  /** How long the last renewal took. Milliseconds. */
  readonly lagMs: Millis;
  /** Time left. 0 where there is no lease, or it is over. Milliseconds. */
  readonly leftMs: Millis;
  /** Rooms in which this node holds somebody, and members it holds. */
  readonly holds: { readonly rooms: number; readonly members: number };
  /** How often it was lost, by why. */
  readonly losses: { readonly [Why in Loss]: number };
  /** Leases of other nodes that this one found over and took apart, and the members it took out. */
  readonly swept: { readonly leases: number; readonly members: number };
  /** Enters, for the first time or anew. */
  enter(): void;
  /** The connection is gone. */
  away(why: string): void;
  /** What is published does not come back: the connections are made anew. */
  unheard(): void;
  /** A write under the lease of this epoch came too late: that is over without our having noticed. */
  lapsed(of: string): void;
  /** Notes that this node is about to hold somebody in this room; the same once more for each of them. */
  enterRoom(room: RoomKey): Promise<"noted" | "late" | "away">;
  leaveRoom(room: RoomKey): void;
  /** Ends the lease: what is still held may be swept by others. False where Redis did not take it: then it runs out by itself. */
  end(): Promise<boolean>;
}

/** Renewals within one lease. 4: three may fail. */
const renewalsPerLease = 4;
/** Leases to be swept that are named in one answer. */
const batch = 100;
/** How long after its last renewal a node's status can be read. Milliseconds. An hour: an operator looks after the trouble. */
const statusKeptMs = 3_600_000;
/** How long the end of a lease may take. Milliseconds. 1 s: a Redis that is well takes one. */
const endWithinMs = 1_000;

export const createLease = (parts: LeaseParts): Lease => {
  const { node, keys, link, clock, leaseMs, freshEpoch, serverClock, echo, failed } = parts;
  const rooms = new Map<RoomKey, number>();
  let state: "away" | "returning" | "open" | "ended" = "away";
  let epoch = "";
  /** The last one of which it was told that it is over. */
  let over = "";
  /** Whether each of them is noted. */
  const notes = new Map<RoomKey, Promise<Reply | undefined>>();
  let deadline = "0";
  /** By this node's own clock. */
  let endsAt = 0;
  let run: string | undefined;
  let nodes = 0;
  let lagMs = 0;
  let cancelTick: Cancel | undefined;
  let sweeping = false;
  /** Others that were away as well may still be about to come back: until then they are not swept. By this node's own clock. */
  let sweepsFrom = 0;
  let members = 0;
  const losses = { connection: 0, silent: 0, unable: 0, "bus-silent": 0, lapsed: 0 };
  const swept = { leases: 0, members: 0 };
  const member = (of: string) => `${node} ${of}`;

  const away = (cause: Loss, why: string): void => {
    if (state === "away" || state === "ended") return;
    const was = state;
    state = "away";
    losses[cause] += 1;
    cancelTick?.();
    cancelTick = undefined;
    echo.forget();
    // Whoever never came back was told already.
    if (was === "open") parts.left(why);
  };
  const lapse = (): void => away("lapsed", words.lapsed);
  /** Gives the connections up: the link says when there are new ones. */
  const giveUp = (cause: keyof typeof words): void => {
    away(cause, words[cause]);
    link.reset(words[cause]);
  };
  /** A connection that says nothing is worse than none: it is broken before the lease is over. */
  const patience = (): Cancel => afterPatience(clock, leaseMs / 2, () => giveUp("silent"));

  const extended = (end: string, asked: Millis): void => {
    deadline = end;
    endsAt = asked + leaseMs;
    serverClock.heard(Number(end) - leaseMs, asked);
  };

  const enter = async (): Promise<void> => {
    if (state === "returning" || state === "ended") return;
    if (state === "open") lapse();
    state = "returning";
    const before = epoch;
    const first = run === undefined;
    const mine = freshEpoch();
    const asked = clock.now();
    const cancelPatience = patience();
    const reply = await link.evaluate(scripts.enterScript, keys.nodes, [
      member(mine),
      leaseMs,
      before === "" ? "" : member(before),
      parts.status(),
      statusKeptMs,
    ]);
    cancelPatience();
    if (state !== "returning") return;
    if (typeof reply !== "string") return retry();
    const late = !first && asked >= endsAt;
    epoch = mine;
    extended(reply, asked);
    const restarted = run !== undefined && run !== link.run;
    run = link.run;
    // Who was away beyond its lease was hardly the only one; and another server may have another clock.
    if (restarted || late) sweepsFrom = asked + leaseMs / 2;
    // What is noted of the last epoch's rooms stays with that epoch.
    const held = [...rooms.keys()];
    for (const room of held) noteRoom(room);
    tickLater();
    // What was claimed under the last lease and answered in this very moment is taken in before it is looked for.
    await notes.get(held.at(-1) ?? ("" as RoomKey));
    if (state !== "returning" || epoch !== mine) return;
    const restored = await parts.restore(restarted);
    if (state !== "returning" || epoch !== mine) return;
    // What could not be claimed would be missing for ever: all is begun anew.
    if (!restored) return giveUp("unable");
    state = "open";
    parts.entered(first);
    // So that what others see of it is so from the beginning.
    await renew();
    if (before !== "") await sweepLease(link, keys, node, before);
  };
  /** Redis did not answer the entering: the link says when to try again, or has said so already. */
  const retry = (): void => {
    state = "away";
    if (link.ready) link.reset(words.unable);
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
    const cancelPatience = patience();
    echo.send().catch(failed);
    link.check();
    const reply = await link.evaluate(scripts.renewScript, keys.nodes, [
      member(mine),
      leaseMs,
      0,
      batch,
      parts.status(),
      statusKeptMs,
    ]);
    cancelPatience();
    if (epoch !== mine || (state !== "open" && state !== "returning")) return;
    if (!Array.isArray(reply)) return link.ready ? giveUp("unable") : undefined;
    const [ends, alive, over] = reply;
    lagMs = clock.now() - asked;
    nodes = Number(alive);
    if (ends === "0") {
      lapse();
      return enter();
    }
    extended(String(ends), asked);
    tickLater();
    if (!Array.isArray(over) || over.length === 0 || sweeping || clock.now() < sweepsFrom) return;
    sweeping = true;
    try {
      for (let at = 0; at < over.length; at += 2) {
        const [lost = "", of = ""] = String(over[at]).split(" ");
        if (of === epoch) continue;
        const found = await sweepLease(link, keys, lost, of);
        if (lost === node) continue;
        swept.members += found.members;
        if (!found.done) continue;
        if (String(over[at + 1]) !== "0") swept.leases += 1;
        parts.gone();
      }
    } finally {
      sweeping = false;
    }
  };

  const noteRoom = (room: RoomKey): void => {
    const mine = { stated: deadline, endsAt };
    const noting = link.evaluate(scripts.enterRoomScript, keys.roomsOf(node, epoch), [mine, room]);
    notes.set(room, noting);
    noting.catch(failed);
  };
  /** Is it noted, under the epoch that counts by then? */
  const noted = async (room: RoomKey): Promise<"noted" | "late" | "away"> => {
    for (;;) {
      const noting = notes.get(room);
      const reply = await noting;
      if (notes.get(room) !== noting) continue;
      return reply === undefined ? "away" : reply === 1 ? "noted" : "late";
    }
  };

  return {
    get epoch() {
      return epoch;
    },
    get deadline() {
      return { stated: deadline, endsAt };
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
    get leftMs() {
      return state === "open" || state === "returning" ? Math.max(0, endsAt - clock.now()) : 0;
    },
    get holds() {
      return { rooms: rooms.size, members };
    },
    losses,
    swept,
    enter: () => void enter().catch(failed),
    away: (why) => away("connection", why),
    unheard() {
      if (state === "open" || state === "returning") giveUp("bus-silent");
    },
    lapsed(of) {
      // Others that were under way with it come too late as well, and say nothing new.
      if (of !== epoch || of === over || (state !== "open" && state !== "returning")) return;
      over = of;
      lapse();
      enter().catch(failed);
    },
    enterRoom(room) {
      members += 1;
      const count = rooms.get(room) ?? 0;
      rooms.set(room, count + 1);
      if (count === 0) noteRoom(room);
      return noted(room);
    },
    leaveRoom(room) {
      const known = rooms.get(room);
      if (known !== undefined) members -= 1;
      const count = (known ?? 1) - 1;
      if (count > 0) {
        rooms.set(room, count);
        return;
      }
      rooms.delete(room);
      notes.delete(room);
      link.evaluate(scripts.leaveRoomScript, keys.roomsOf(node, epoch), [room]).catch(failed);
    },
    async end() {
      const was = state;
      state = "ended";
      cancelTick?.();
      echo.forget();
      if (was === "away" || epoch === "") return false;
      const told = async (): Promise<boolean> => {
        const ended = await link.evaluate(scripts.endScript, keys.nodes, [member(epoch)]);
        // One of the others is to find that it is gone; where there are none, nothing is left behind.
        const alone = nodes <= 1 && rooms.size === 0;
        if (alone) await link.evaluate(scripts.forgetScript, keys.nodes, [member(epoch)]);
        return ended !== undefined;
      };
      return within(clock, endWithinMs, told, false);
    },
  };
};
