// SPDX-License-Identifier: MIT
/** Hearing who is on the LAN, and, only if asked to, saying that one is there oneself. */
import type { LanGround } from "../exchange.ts";
import { systemGround } from "../system-ground.ts";
import { type Presence, query, sealAnnouncement } from "./announcement.ts";
import { createIdentity, type Identity } from "./identity.ts";
import type { Neighbour } from "./neighbour.ts";
import { type DiscoveryNetwork, type NetworkOptions, openDiscovery } from "./network.ts";
import { neighbourTable, type TableCounts } from "./table.ts";

/** Time between two announcements. Milliseconds. */
export const announceEveryMs = 15_000;
/** How long an announcement is believed. Seconds. Two of three may be lost. */
export const ttlS = 50;
/** Announcements are at least this far apart, whatever is asked. Milliseconds. A query so draws one datagram a second at most. */
export const announceAtMostEveryMs = 1_000;
/** Those who are asked answer within this time, each at a moment of its own. Milliseconds. */
export const answerWithinMs = 200;
/** Asking again so soon is not needed: whoever is there has just answered. Milliseconds. */
const askAtMostEveryMs = 1_000;

export interface DiscoveryOptions extends NetworkOptions {
  /** What to say of oneself. Absent: nothing is said, and nobody learns that somebody listens but by its queries. */
  readonly announce?: Presence;
  /** Whose key signs. Default: a fresh one, so that nobody can tell it was here before. */
  readonly identity?: Identity;
  readonly onChange?: (neighbours: readonly Neighbour[]) => void;
  readonly onError?: (error: Error) => void;
  readonly ground?: LanGround;
  readonly network?: DiscoveryNetwork;
}

export interface Discovery {
  neighbours(): readonly Neighbour[];
  /** Asks everybody to announce themselves now. At most once a second; more often does nothing. */
  ask(): void;
  /** Says something else of oneself from now on, or nothing any more. */
  announce(presence: Presence | undefined): void;
  /** Calls whenever somebody comes, changes or goes. */
  watch(run: (neighbours: readonly Neighbour[]) => void): () => void;
  readonly counts: TableCounts;
  /** Says goodbye where one was announced, and frees the port. */
  close(): Promise<void>;
}

/** Starts listening. Rejects where the port cannot be bound, and throws where more is to be announced than fits. */
export const startDiscovery = async (options: DiscoveryOptions = {}): Promise<Discovery> => {
  const { ground = systemGround, identity = createIdentity() } = options;
  const own = identity.publicKey.toString("base64url");
  const network = options.network ?? (await openDiscovery(options));
  const table = neighbourTable(ground.now(), own);
  const watchers = new Set<(neighbours: readonly Neighbour[]) => void>();
  if (options.onChange !== undefined) watchers.add(options.onChange);
  let presence: Presence | undefined;
  let lastTime = 0;
  let lastSent = Number.NEGATIVE_INFINITY;
  let lastAsked = Number.NEGATIVE_INFINITY;
  let closed = false;
  let next: { readonly at: number; readonly cancel: () => void } | undefined;
  let cancelExpiry = () => {};

  const told = () => {
    const neighbours = table.neighbours();
    for (const run of watchers) run(neighbours);
  };
  const sealed = (said: Presence, seconds: number): Buffer => {
    // Two in one millisecond would be one to whoever hears them.
    lastTime = Math.max(Math.floor(ground.now()), lastTime + 1);
    return sealAnnouncement(
      { ...said, time: lastTime, ttlS: seconds, addresses: network.addresses() },
      identity,
    );
  };
  /** What fitted at the start may not any more, where the machine has got more addresses since. */
  const say = (said: Presence, seconds: number) => {
    try {
      network.send(sealed(said, seconds));
    } catch (error) {
      options.onError?.(error instanceof Error ? error : new Error(String(error)));
    }
  };
  const send = () => {
    if (closed || presence === undefined) return;
    lastSent = ground.now();
    next = undefined;
    say(presence, ttlS);
    // Not all at the same moment, though all were started by the same power cut.
    schedule(announceEveryMs * (0.8 + 0.4 * chance()));
  };
  const chance = () => ground.random(2).readUInt16BE() / 65_536;
  /** The next announcement comes no later than that, and not too soon after the last one. */
  const schedule = (inMs: number) => {
    const at = Math.max(ground.now() + Math.round(inMs), lastSent + announceAtMostEveryMs);
    if (next !== undefined && next.at <= at) return;
    next?.cancel();
    next = { at, cancel: ground.after(at - ground.now(), send) };
  };
  const expireLater = () => {
    cancelExpiry();
    const at = table.nextExpiry();
    if (at === undefined || closed) return;
    cancelExpiry = ground.after(Math.max(0, at - ground.now()), () => {
      if (table.expire(ground.now())) told();
      expireLater();
    });
  };
  const farewell = () => {
    next?.cancel();
    next = undefined;
    if (presence !== undefined) say(presence, 0);
    presence = undefined;
  };

  network.onError = (error) => options.onError?.(error);
  network.onDatagram = (packet, from) => {
    const heard = table.hear(packet, from, ground.now());
    switch (heard.type) {
      case "query":
        if (presence !== undefined) schedule(answerWithinMs * chance());
        return;
      case "came":
      case "changed":
      case "went":
        told();
        return expireLater();
      case "stayed":
        return expireLater();
      case "ignored":
        return;
    }
  };
  const announce = (said: Presence | undefined) => {
    if (closed) return;
    if (said === undefined) return farewell();
    // Throws before anything is changed.
    sealed(said, ttlS);
    presence = said;
    schedule(0);
  };
  try {
    announce(options.announce);
  } catch (error) {
    await network.close();
    throw error;
  }
  return {
    neighbours: table.neighbours,
    counts: table.counts,
    announce,
    ask() {
      if (closed || ground.now() - lastAsked < askAtMostEveryMs) return;
      lastAsked = ground.now();
      network.send(query);
    },
    watch(run) {
      watchers.add(run);
      return () => watchers.delete(run);
    },
    async close() {
      if (closed) return;
      farewell();
      closed = true;
      cancelExpiry();
      await network.close();
    },
  };
};
