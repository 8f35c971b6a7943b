// SPDX-License-Identifier: MIT
/** News of announced rooms: to the listeners of this node, and to the other nodes that have some. */
import type { NodeId, RoomKey, SessionId } from "./ids.ts";
import type { Entry, Revision } from "./member.ts";
import type { Change } from "./parcel.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import { type HubState, type LocalRoom, type Session, watch } from "./state.ts";
import { tell } from "./telling.ts";
import {
  dropKept,
  emptyView,
  hasHole,
  keepMember,
  learn,
  newsAhead,
  reconcile,
  rosterOf,
  type View,
} from "./view.ts";

/** How long a hole in the news may last before the roster is fetched again: late news on a loaded bus takes less. */
const patienceMs = 500;
/** Holes beyond this many pieces of news are not waited for. */
const aheadMax = 1_024;
/** Entries per page when a roster is fetched. */
const pageSize = 1_000;

/** Sends news to the other nodes that listen. */
export const announce = (
  hub: HubState,
  room: RoomKey,
  audience: readonly NodeId[],
  revision: Revision,
  change: Change,
): void => {
  for (const node of audience) {
    if (node === hub.node) continue;
    const sending = hub.bus.send(node, { type: "news", room, revision, change });
    watch(hub, "news to another node", sending);
  }
};

/** Takes news into this node's picture of the room and tells its listeners; `by` knows already. */
export const applyChange = (
  hub: HubState,
  room: LocalRoom,
  revision: Revision,
  change: Change,
  by?: Session,
): void => {
  const { view } = room;
  if (view === undefined) return;
  for (const told of learn(view, revision, change)) {
    if (!stays(hub, room, view, told)) spread(hub, room, view, told, by);
  }
  if (hasHole(view)) checkLater(hub, room, view);
};

/** A member of this node that was kept in the picture leaves after all, and nobody else will say so: those beside it are told. */
export const letGo = (hub: HubState, room: LocalRoom, session: SessionId): void => {
  const { view } = room;
  const entry = view === undefined ? undefined : dropKept(view, session);
  if (view !== undefined && entry !== undefined)
    spread(hub, room, view, { kind: "left", entry, reason: "lost" }, undefined);
};

/**
 * Is it one of this node's own that others took for lost? It is here, heard by those beside it, and about to be claimed again:
 * they are told nothing, and it stays in the picture. Where its place is another's by then it ends, and is told to have left.
 */
const stays = (hub: HubState, room: LocalRoom, view: View, change: Change): boolean => {
  if (change.kind !== "left" || (change.reason !== "lost" && change.reason !== "node-lost")) return false;
  const { entry } = change;
  const session = hub.sessions.get(entry.session);
  const here = session?.memberships.some(({ key, left }) => key === room.key && left === undefined) === true;
  if (here) keepMember(view, entry);
  return here;
};

const spread = (
  hub: HubState,
  room: LocalRoom,
  view: View,
  change: Change,
  by: Session | undefined,
): void => {
  const member = change.entry;
  const roster = () => rosterOf(view);
  for (const listener of [...room.listeners]) {
    const { session } = listener;
    if (session === by || session.id === member.session) continue;
    // It is just coming from another node, and is told how things stand when it is here.
    if (listener.held !== undefined) continue;
    switch (change.kind) {
      case "joined":
        tell(hub, session, { type: "peerJoined", room: listener.room, member, roster });
        break;
      case "left":
        tell(hub, session, { type: "peerLeft", room: listener.room, member, reason: change.reason, roster });
        break;
      case "changed":
        tell(hub, session, { type: "peerChanged", room: listener.room, member });
        break;
    }
  }
};

const checkLater = (hub: HubState, room: LocalRoom, view: View): void => {
  if (newsAhead(view) > aheadMax) {
    if (room.mending === undefined) watch(hub, "roster", refetch(hub, room));
    return;
  }
  room.cancelCheck ??= hub.clock.after(patienceMs, () => {
    room.cancelCheck = undefined;
    if (room.view === view && hasHole(view)) watch(hub, "roster", refetch(hub, room));
  });
};

/** The room's picture, made from the directory where this node has none yet. */
export const viewOf = async (hub: HubState, room: LocalRoom): Promise<View | Refusal> => {
  if (room.view !== undefined && room.opening === undefined) return room.view;
  room.opening ??= open(hub, room).finally(() => {
    room.opening = undefined;
  });
  return room.opening;
};

const open = async (hub: HubState, room: LocalRoom): Promise<View | Refusal> => {
  // News that comes while the snapshot is on its way goes into the same view, and nobody listens yet.
  const view = emptyView();
  room.view = view;
  try {
    const fetched = await fetchRoster(hub, room.key);
    if (isRefusal(fetched)) {
      room.view = undefined;
      return fetched;
    }
    reconcile(view, fetched.entries, fetched.revision);
    return view;
  } catch (error) {
    // Nobody must take an empty picture for an empty room: the next one that joins fetches it anew.
    room.view = undefined;
    throw error;
  }
};

/**
 * Fetches the whole roster and tells the listeners what was missed. One at a time, each begun after the last one was
 * taken in: a roster of several pages shows some of what came after its revision, and an older one would undo that.
 */
export const refetch = (hub: HubState, room: LocalRoom): Promise<void> => {
  const before = room.mending ?? room.opening;
  const mine: Promise<void> = mend(hub, room, before).finally(() => {
    if (room.mending === mine) room.mending = undefined;
  });
  room.mending = mine;
  return mine;
};

const mend = async (hub: HubState, room: LocalRoom, before: Promise<unknown> | undefined): Promise<void> => {
  // Its failure was told where it was waited for.
  await before?.catch(() => {});
  const { view } = room;
  if (view === undefined) return;
  hub.observe({ type: "rosterRefetched" });
  const fetched = await fetchRoster(hub, room.key);
  // Who comes back from an absence fetches every roster again.
  if (isRefusal(fetched)) return;
  for (const change of reconcile(view, fetched.entries, fetched.revision)) {
    if (!stays(hub, room, view, change)) spread(hub, room, view, change, undefined);
  }
};

const fetchRoster = async (
  hub: HubState,
  key: RoomKey,
): Promise<{ readonly entries: readonly Entry[]; readonly revision: Revision } | Refusal> => {
  const entries: Entry[] = [];
  let revision: Revision | undefined;
  let after: Revision | undefined = 0;
  while (after !== undefined) {
    const page: Awaited<ReturnType<HubState["directory"]["roster"]>> = await hub.directory.roster(
      key,
      after,
      pageSize,
    );
    if (isRefusal(page)) return page;
    entries.push(...page.entries);
    // The first page's revision: what changed while the others came is told again by news, which is harmless.
    revision ??= page.revision;
    after = page.next;
  }
  return { entries, revision: revision ?? 0 };
};
