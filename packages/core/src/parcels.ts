// SPDX-License-Identifier: MIT
/** What comes from other nodes. */

import { handedTooLate, handOver } from "./handover.ts";
import type { NodeId } from "./ids.ts";
import { applyChange, refetch } from "./news.ts";
import type { OrderedParcel, Parcel } from "./parcel.ts";
import { better, hearReceipt, report } from "./receipts.ts";
import { refusal } from "./refusal.ts";
import { deliverMessage, deliverSignal } from "./relay.ts";
import type { Awaiter } from "./replay.ts";
import { takeSibling } from "./siblings.ts";
import type { Signal } from "./signal.ts";
import { type HubState, type LocalRoom, type Membership, type Session, watch } from "./state.ts";
import type { Fate } from "./vocabulary.ts";

/** Parcels of one room that wait while its roster is fetched again; more are refused as unreachable. */
const waitingMax = 1_024;

export const takeParcel = (hub: HubState, from: NodeId, parcel: Parcel): void => {
  if (parcel.type === "receipt") return hearReceipt(hub, from, parcel);
  if (parcel.type === "sibling") return takeSibling(hub, from, parcel);
  if (parcel.type === "handOver") return watch(hub, "hand-over", handOver(hub, from, parcel));
  if (parcel.type === "handedOver") {
    const take = hub.asked.get(parcel.session);
    return take === undefined ? handedTooLate(hub, parcel.handed) : take(parcel.handed);
  }
  const room = hub.rooms.get(parcel.room);
  if (room === undefined)
    return parcel.type === "news" ? undefined : answer(hub, from, parcel, nobody(hub, parcel));
  if (room.waiting !== undefined) {
    if (room.waiting.length < waitingMax) room.waiting.push({ from, parcel });
    else if (parcel.type === "signal" || parcel.type === "message") {
      answer(hub, from, parcel, outOfReach);
    }
    return;
  }
  open(hub, room, from, parcel, false);
};

const outOfReach: Fate = { fate: "refused", refusal: refusal("unreachable") };

/** What is known where nobody is found: who was just handed over is somewhere, though not here. */
const nobody = (hub: HubState, { sessions }: Directed): Fate =>
  sessions?.some((id) => hub.moved.has(id)) ? outOfReach : { fate: "unknown" };

type Directed = Extract<Parcel, { readonly type: "signal" | "message" }>;

const open = (
  hub: HubState,
  room: LocalRoom,
  from: NodeId,
  parcel: OrderedParcel,
  fetched: boolean,
): void => {
  switch (parcel.type) {
    case "news":
      return applyChange(hub, room, parcel.revision, parcel.change);
    case "signal":
    case "message":
      // A signal never comes before the news that its sender is there: where that went missing, it is fetched first.
      if (parcel.from.announced && room.view !== undefined && !room.view.members.has(parcel.from.session)) {
        if (fetched) return answer(hub, from, parcel, { fate: "refused", refusal: refusal("unreachable") });
        return fetchFirst(hub, room, from, parcel);
      }
      return deliver(hub, room, from, parcel);
  }
};

const fetchFirst = (hub: HubState, room: LocalRoom, from: NodeId, parcel: Directed): void => {
  room.waiting = [{ from, parcel }];
  const opened = refetch(hub, room).finally(() => {
    const waiting = room.waiting ?? [];
    room.waiting = undefined;
    for (const item of waiting) {
      open(hub, room, item.from, item.parcel, true);
    }
  });
  watch(hub, "roster", opened);
};

const deliver = (hub: HubState, room: LocalRoom, from: NodeId, parcel: Directed): void => {
  const awaiter: Awaiter | undefined =
    parcel.receipt === undefined
      ? undefined
      : { node: from, ...parcel.receipt, wantsDelivery: parcel.type === "signal" && parcel.wantsDelivery };
  const members = recipients(hub, room, parcel);
  let best = nobody(hub, parcel);
  let protocol: string | undefined;
  for (const member of members) {
    const fate =
      parcel.type === "signal"
        ? deliverSignal(hub, member, parcel.from, signalOf(parcel), awaiter)
        : deliverMessage(hub, member, parcel.from, parcel.body, awaiter);
    protocol ??= member.session.dialect.name;
    best = better(best, fate);
  }
  answer(hub, from, parcel, best, protocol);
};

const recipients = (hub: HubState, room: LocalRoom, parcel: Directed): readonly Membership[] => {
  if (parcel.sessions === undefined)
    return [...room.listeners].filter((member) => member.presence.traits.messages);
  return parcel.sessions.flatMap((id) => membershipOf(hub.sessions.get(id), room) ?? []);
};

const membershipOf = (session: Session | undefined, room: LocalRoom): Membership | undefined =>
  session?.memberships.find((membership) => membership.key === room.key && membership.left === undefined);

const signalOf = (parcel: Extract<Parcel, { readonly type: "signal" }>): Signal => ({
  origin: parcel.origin,
  verbatim: { kind: "text", text: parcel.verbatim },
  meaning: () => parcel.meaning,
});

const answer = (hub: HubState, from: NodeId, parcel: Directed, fate: Fate, protocol?: string): void => {
  if (parcel.receipt === undefined) return;
  report(hub, { node: from, ...parcel.receipt }, fate, protocol);
};
