// SPDX-License-Identifier: MIT
/**
 * A node's picture of one announced room: a snapshot from the directory, kept current by news.
 *
 * News may come late, twice, or not at all; each is applied at most once, and a hole in the revisions says that
 * the roster has to be fetched again. What a view answers with is what its listeners must be told.
 */
import type { SessionId } from "./ids.ts";
import type { Entry, Revision } from "./member.ts";
import type { Change } from "./parcel.ts";
import type { Roster } from "./vocabulary.ts";

export interface View {
  readonly members: Map<SessionId, Entry>;
  /** All changes up to this one are in the picture. */
  known: Revision;
  /** Undefined while nothing came out of order, which is nearly always. */
  early: Early | undefined;
  /** Members of this node that are still in the picture, although they were said to be lost. */
  kept: Set<SessionId> | undefined;
  cached: Roster | undefined;
}

interface Early {
  /** Changes above `known` that have come already: there is a hole below each. */
  readonly ahead: Set<Revision>;
  /** The last news of each session above `known`, so that nothing older undoes it. */
  readonly latest: Map<SessionId, Revision>;
}

export const emptyView = (): View => ({
  members: new Map(),
  known: 0,
  early: undefined,
  kept: undefined,
  cached: undefined,
});

const advance = (view: View, { ahead, latest }: Early): void => {
  while (ahead.delete(view.known + 1)) view.known += 1;
  for (const [session, revision] of latest) if (revision <= view.known) latest.delete(session);
  if (ahead.size === 0) view.early = undefined;
};

/** Takes one piece of news in; gives back the changes to tell, none where the picture already had it. */
export const learn = (view: View, revision: Revision, change: Change): readonly Change[] => {
  if (revision <= view.known) return [];
  if (view.early === undefined && revision === view.known + 1) {
    const told = take(view, revision, change);
    view.known = revision;
    return told;
  }
  view.early ??= { ahead: new Set(), latest: new Map() };
  const { early } = view;
  early.ahead.add(revision);
  const { session } = change.entry;
  const outdated = (early.latest.get(session) ?? 0) > revision;
  if (!outdated) early.latest.set(session, revision);
  const former = outdated || change.kind !== "joined" ? [] : displaced(view, early, change.entry);
  const told = outdated ? [] : take(view, revision, change);
  advance(view, early);
  return [...former, ...told];
};

/** An exclusive id has one holder: whoever had it before has left, and the news of that is still on its way. */
const displaced = (view: View, early: Early, { session, peer, order, claim }: Entry): readonly Change[] => {
  if (claim !== "exclusive") return [];
  const holds = (other: Entry) => other.peer === peer && other.session !== session && other.order < order;
  const former = [...view.members.values()].find(holds);
  if (former === undefined) return [];
  view.members.delete(former.session);
  view.cached = undefined;
  early.latest.set(former.session, order);
  return [{ kind: "left", entry: former, reason: "lost" }];
};

const take = (view: View, revision: Revision, change: Change): readonly Change[] => {
  const { entry } = change;
  // Whose joining the picture covers and who is not in it has left: a later page of a roster showed that already.
  const gone = entry.order <= view.known && !view.members.has(entry.session);
  if (change.kind !== "left") return gone ? [] : put(view, entry);
  const before = view.members.get(entry.session);
  // Who came back later than this was already found in a roster.
  if (before === undefined || before.order > revision) return [];
  view.members.delete(entry.session);
  view.cached = undefined;
  // What is told to have left is what was told to be there, also where a return between went unheard.
  return [{ ...change, entry: before }];
};

/** Puts a member into the picture as it now is: newly come, changed, or back for another stay. */
const put = (view: View, entry: Entry): readonly Change[] => {
  const before = view.members.get(entry.session);
  if (before !== undefined && before.order > entry.order) return [];
  const joined = { kind: "joined", entry } as const;
  const changes: readonly Change[] =
    before === undefined
      ? [joined]
      : before.order < entry.order
        ? [{ kind: "left", entry: before, reason: "left" }, joined]
        : looksAlike(before, entry)
          ? []
          : [{ kind: "changed", entry }];
  if (changes.length === 0) return changes;
  view.members.set(entry.session, entry);
  view.kept?.delete(entry.session);
  view.cached = undefined;
  return changes;
};

/** Is all that a member can change during its stay the same? */
const looksAlike = (a: Entry, b: Entry): boolean =>
  a.displayName === b.displayName && JSON.stringify(a.services) === JSON.stringify(b.services);

/** Takes a whole snapshot in; gives back the changes to tell, departures first. One that is older than the picture changes nothing. */
export const reconcile = (view: View, entries: readonly Entry[], revision: Revision): readonly Change[] => {
  if (revision <= view.known) return [];
  const changes: Change[] = [];
  const present = new Set(entries.map((entry) => entry.session));
  for (const entry of [...view.members.values()]) {
    if (entry.order > revision || present.has(entry.session)) continue;
    changes.push({ kind: "left", entry, reason: "lost" });
    view.members.delete(entry.session);
    view.cached = undefined;
  }
  for (const entry of entries) {
    // Where something newer was heard of a session, the snapshot has nothing to add.
    if ((view.early?.latest.get(entry.session) ?? 0) <= revision) changes.push(...put(view, entry));
  }
  view.known = revision;
  const { early } = view;
  if (early !== undefined) {
    for (const ahead of early.ahead) if (ahead <= revision) early.ahead.delete(ahead);
    advance(view, early);
  }
  return changes;
};

/** Puts a member back that was taken out a moment ago. */
export const keepMember = (view: View, entry: Entry): void => {
  view.members.set(entry.session, entry);
  view.kept ??= new Set();
  view.kept.add(entry.session);
  view.cached = undefined;
};

/** Takes out a member that was only kept, and gives it back. */
export const dropKept = (view: View, session: SessionId): Entry | undefined => {
  if (view.kept?.delete(session) !== true) return undefined;
  const entry = view.members.get(session);
  view.members.delete(session);
  view.cached = undefined;
  return entry;
};

/** What somebody who knows these members has to be told, to know this view; departures first. */
export const differences = (known: readonly Entry[], view: View): readonly Change[] => {
  const theirs: View = { ...emptyView(), members: new Map(known.map((entry) => [entry.session, entry])) };
  const ours = [...view.members.values()].sort((a, b) => a.order - b.order);
  return reconcile(theirs, ours, Number.MAX_SAFE_INTEGER);
};

/** Has news been missed (so far)? */
export const hasHole = (view: View): boolean => view.early !== undefined;

/** How many pieces of news came before others that are still missing. */
export const newsAhead = (view: View): number => view.early?.ahead.size ?? 0;

/** The members in join order. The same array until something changes. */
export const rosterOf = (view: View): Roster => {
  view.cached ??= [...view.members.values()].sort((a, b) => a.order - b.order);
  return view.cached;
};
