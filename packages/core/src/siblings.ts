// SPDX-License-Identifier: MIT
/**
 * Which other nodes hold the same shared peer id. It decides whether a signal may stay on this node, so it may name
 * a node too many, never one too few: word that a node holds the id is believed at once, word that it does not is looked up.
 */
import type { NodeId, PeerId, RoomKey } from "./ids.ts";
import type { Parcel } from "./parcel.ts";
import { isRefusal } from "./refusal.ts";
import { type HubState, watch } from "./state.ts";

export interface Question {
  /** Ends it: the nodes of the answer, and those that came while it was on its way. */
  end(nodes: readonly NodeId[]): readonly NodeId[];
}

/** To be begun before the directory is asked: an answer says nothing of what came after it was given. */
export const askSiblings = (hub: HubState, room: RoomKey, peer: PeerId): Question => {
  const question = { room, peer, came: new Set<NodeId>() };
  hub.questions.add(question);
  return {
    end(nodes) {
      hub.questions.delete(question);
      return question.came.size === 0 ? nodes : [...new Set([...nodes, ...question.came])];
    },
  };
};

/** Tells other nodes that this one holds, or no longer holds, an id that they hold too. */
export const tellSiblings = (
  hub: HubState,
  nodes: readonly NodeId[],
  room: RoomKey,
  peer: PeerId,
  present: boolean,
): void => {
  for (const node of nodes) {
    watch(hub, "sibling", hub.bus.send(node, { type: "sibling", room, peer, present }));
  }
};

/** Another node told so. */
export const takeSibling = (
  hub: HubState,
  from: NodeId,
  { room, peer, present }: Extract<Parcel, { readonly type: "sibling" }>,
): void => {
  const holder = hub.rooms.get(room)?.holders.get(peer);
  if (!present) {
    // It may have been said before that node held the id again.
    if (holder?.siblings?.has(from)) watch(hub, "sibling", lookUp(hub, room, peer));
    return;
  }
  for (const question of hub.questions) {
    if (question.room === room && question.peer === peer) question.came.add(from);
  }
  if (holder === undefined) return;
  holder.siblings ??= new Set();
  holder.siblings.add(from);
};

const lookUp = async (hub: HubState, room: RoomKey, peer: PeerId): Promise<void> => {
  const question = askSiblings(hub, room, peer);
  const found = await hub.directory.find(room, peer);
  const nodes = question.end(isRefusal(found) ? [] : found.map(({ node }) => node));
  const holder = hub.rooms.get(room)?.holders.get(peer);
  if (holder === undefined || isRefusal(found)) return;
  holder.siblings = new Set(nodes.filter((node) => node !== hub.node));
};
