// SPDX-License-Identifier: MIT
/** A call from the LAN, ringing in a room: offered to everybody who could take it, given to the first who answers. */
import type { CallId, PeerId } from "@signalbox/core";
import type { Reachable } from "./wire.ts";

export interface Ring {
  readonly offer: string;
  /** Who is being called, each with the id of its call. */
  readonly calls: ReadonlyMap<PeerId, CallId>;
  /** Who was called already: nobody is called twice for one offer. */
  readonly tried: ReadonlySet<string>;
}

export type RingStep =
  | { readonly do: "offer"; readonly to: PeerId; readonly call: CallId; readonly sdp: string }
  | { readonly do: "bye"; readonly to: PeerId; readonly call: CallId; readonly reason: string };

export interface Rung {
  readonly ring: Ring;
  readonly steps: readonly RingStep[];
}

/** As many are called at once. 16: a class of browsers would all get the offer, and one of them the call. */
export const ringMax = 16;

export const newRing = (offer: string): Ring => ({ offer, calls: new Map(), tried: new Set() });

/** Offers the call to who is there and has not been asked yet; who has gone meanwhile is forgotten. */
export const ringMembers = (ring: Ring, members: readonly Reachable[], mint: () => CallId): Rung => {
  const calls = new Map([...ring.calls].filter(([peer]) => members.some((member) => member.peer === peer)));
  const tried = new Set(ring.tried);
  const steps: RingStep[] = [];
  for (const { peer, session } of members) {
    if (tried.has(session) || calls.has(peer) || calls.size >= ringMax) continue;
    const call = mint();
    tried.add(session);
    calls.set(peer, call);
    steps.push({ do: "offer", to: peer, call, sdp: ring.offer });
  }
  return { ring: { ...ring, calls, tried }, steps };
};

/** One of them does not want it, or could not be reached. */
export const ringRefused = (ring: Ring, peer: PeerId, call: CallId): Ring => {
  if (ring.calls.get(peer) !== call) return ring;
  const calls = new Map(ring.calls);
  calls.delete(peer);
  return { ...ring, calls };
};

/** Ends the ringing at all but one. */
export const ringEnds = (ring: Ring, reason: string, except?: PeerId): readonly RingStep[] =>
  [...ring.calls].filter(([peer]) => peer !== except).map(([to, call]) => ({ do: "bye", to, call, reason }));
