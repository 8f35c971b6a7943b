// SPDX-License-Identifier: MIT
/** After this node could not be seen for a while: it claims again what it holds, and looks anew at every room. */
import { noteSession, withdraw } from "./membership.ts";
import { announce, applyChange, refetch } from "./news.ts";
import { isRefusal, type Refusal } from "./refusal.ts";
import { endSession } from "./sessions.ts";
import { askSiblings, tellSiblings } from "./siblings.ts";
import { type HubState, localRoom, type Membership, type Session } from "./state.ts";

/** Questions to the directory at once. 64: it is busy all the time, and others get a word in. */
const lanes = 64;

const inLanes = async <Item>(items: readonly Item[], run: (item: Item) => Promise<void>): Promise<void> => {
  const rest = items[Symbol.iterator]();
  const lane = async (): Promise<void> => {
    for (const item of rest) await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
};

/**
 * Claims everything again. Whoever holds what another took over meanwhile is closed. `restarted`: the directory may have
 * forgotten the last of what it was told. False where it could not be asked for all of them: then this is to be called once more.
 */
export const restore = async (hub: HubState, restarted: boolean): Promise<boolean> => {
  let all = true;
  const seated = [...hub.sessions.values()].filter(({ memberships }) => memberships.length > 0);
  await inLanes(seated, async (session) => {
    for (const membership of session.memberships) {
      if (!(await reclaim(hub, membership, restarted))) all = false;
    }
    // What was noted of it may be forgotten, or never have arrived.
    noteSession(hub, session);
  });
  const seen = [...hub.rooms.values()].filter(({ view }) => view !== undefined);
  await inLanes(seen, (room) => refetch(hub, room));
  return all;
};

/** False where the directory could not be asked. */
const reclaim = async (hub: HubState, membership: Membership, restarted: boolean): Promise<boolean> => {
  const { entry, session, key, peer } = membership;
  // A claim that is on its way is answered by itself.
  if (entry === undefined || membership.left !== undefined) return true;
  const room = localRoom(hub, key);
  const above = restarted ? Math.max(room.view?.known ?? 0, entry.order) : 0;
  const question = askSiblings(hub, key, peer);
  const claimed = await hub.directory.reclaim(entry, above);
  const siblings = question.end(isRefusal(claimed) ? [] : claimed.siblings);
  if (isRefusal(claimed) && claimed.code === "cluster-away") return false;
  if (isRefusal(claimed)) {
    lose(hub, session, claimed);
    return true;
  }
  if (membership.left !== undefined) {
    await withdraw(hub, membership, claimed);
    return true;
  }
  membership.entry = claimed.entry;
  const holder = room.holders.get(peer);
  if (holder !== undefined) holder.siblings = new Set(siblings);
  tellSiblings(hub, siblings, key, peer, true);
  if (!claimed.changed || !claimed.entry.announced) return true;
  const kind = claimed.entry.order === entry.order ? "changed" : "joined";
  const change = { kind, entry: claimed.entry } as const;
  announce(hub, key, claimed.audience, claimed.revision, change);
  applyChange(hub, room, claimed.revision, change, session);
  return true;
};

const lose = (hub: HubState, session: Session, why: Refusal): void => {
  const { line } = session;
  endSession(hub, session, "replaced");
  if (line !== undefined) hub.endLine(line, why);
};
