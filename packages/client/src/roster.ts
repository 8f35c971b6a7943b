// SPDX-License-Identifier: MIT
/**
 * Who is in a room. A snapshot comes in pages, while news of joins and leaves go on; only what is whole is compared
 * with what was known, and the difference is what listeners are told.
 */
import type { LeaveReason, Peer } from "./wire.ts";

/** `gone`: it went while the line was away, so why is not known. */
export type GoneReason = LeaveReason | "gone";

export interface RosterNews {
  joined(peer: Peer): void;
  left(peer: Peer, reason: GoneReason): void;
  changed(peer: Peer): void;
}

export interface Roster {
  /** Live, by peer id. Where several stays share an id, the oldest of them. */
  readonly peers: ReadonlyMap<string, Peer>;
  /** By session: one stay of a peer. */
  stay(session: string): Peer | undefined;
  /** How many stays share this id. */
  holders(id: string): number;
  /** A snapshot begins with this page. */
  begin(page: readonly Peer[]): void;
  add(page: readonly Peer[]): void;
  /** The snapshot is whole: it takes the place of what was known. */
  complete(): void;
  join(peer: Peer): void;
  leave(session: string, reason: GoneReason): void;
  change(peer: Peer): void;
}

export const createRoster = (news: RosterNews): Roster => {
  const stays = new Map<string, Peer>();
  const peers = new Map<string, Peer>();
  /** The snapshot under way, and who left while its pages came. */
  let coming: Map<string, Peer> | undefined;
  const gone = new Set<string>();

  const withId = (id: string) => [...stays.values()].filter((peer) => peer.id === id);
  const list = (id: string) => {
    const [oldest] = withId(id).sort((a, b) => a.order - b.order);
    if (oldest === undefined) peers.delete(id);
    else peers.set(id, oldest);
  };
  const put = (peer: Peer) => {
    const known = stays.get(peer.session);
    stays.set(peer.session, peer);
    const shown = peers.get(peer.id);
    if (shown === undefined || shown.session === peer.session) peers.set(peer.id, peer);
    else list(peer.id);
    if (known === undefined) news.joined(peer);
    else if (JSON.stringify(known) !== JSON.stringify(peer)) news.changed(peer);
  };
  const drop = (session: string, reason: GoneReason) => {
    const peer = stays.get(session);
    if (peer === undefined) return;
    stays.delete(session);
    list(peer.id);
    news.left(peer, reason);
  };

  return {
    peers,
    stay: (session) => stays.get(session),
    holders: (id) => withId(id).length,
    begin(page) {
      coming = new Map(page.map((peer) => [peer.session, peer]));
      gone.clear();
    },
    add(page) {
      for (const peer of page) {
        if (!gone.has(peer.session) && !coming?.has(peer.session)) coming?.set(peer.session, peer);
      }
    },
    complete() {
      const snapshot = coming ?? new Map<string, Peer>();
      coming = undefined;
      for (const session of [...stays.keys()]) {
        if (!snapshot.has(session)) drop(session, "gone");
      }
      for (const peer of snapshot.values()) put(peer);
    },
    join(peer) {
      coming?.set(peer.session, peer);
      put(peer);
    },
    leave(session, reason) {
      coming?.delete(session);
      if (coming !== undefined) gone.add(session);
      drop(session, reason);
    },
    change(peer) {
      if (coming?.has(peer.session)) coming.set(peer.session, peer);
      if (stays.has(peer.session)) put(peer);
    },
  };
};

/** A peer that is not listed: all that is known of it is what its frame says. */
export const stranger = (id: string, session: string, protocol = "", trickle = true): Peer => ({
  id,
  session,
  order: 0,
  protocol,
  services: [],
  traits: { trickle, media: ["audio", "video", "application"], messages: true },
});
