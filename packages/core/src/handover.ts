// SPDX-License-Identifier: MIT
/**
 * A session that comes back to another node than the one it left. Where that node lives, it hands over everything, and nothing
 * is missed; where it does not, the book knows who the session is and where it sat, and a gap says the rest.
 */
import { expireCalls, packCalls, takeUpCalls } from "./crossing.ts";
import { textFrame } from "./frame.ts";
import type { NodeId, SessionId } from "./ids.ts";
import type { Entry } from "./member.ts";
import { noteSession, regain, resign, type Seat, seatOf, tidy } from "./membership.ts";
import { announce, applyChange } from "./news.ts";
import type { Handed, HandedSession, Parcel } from "./parcel.ts";
import type { NotedSession } from "./ports.ts";
import { awaitReceipts, reportExpired } from "./receipts.ts";
import { isRefusal, refusal } from "./refusal.ts";
import { emptyReplay, hasGap, type Replay } from "./replay.ts";
import { attach, resumeSession } from "./sessions.ts";
import {
  commandsUnknown,
  type HubState,
  type LineState,
  type Membership,
  type Session,
  watch,
} from "./state.ts";
import { tell } from "./telling.ts";
import { differences, rosterOf } from "./view.ts";
import type { Command } from "./vocabulary.ts";

type Resume = Extract<Command, { readonly type: "resume" }>;

/** How long the node that has a session may take to hand it over. Milliseconds. */
const handOverWithinMs = 2_000;
/** Nodes asked for one session, one after the other: more are named only where its peer is faster than all of them. */
const askedMax = 4;
/** How long a node remembers that it handed a session over, and then lets go of what nobody claimed. Milliseconds. */
const rememberMs = 10_000;
/** How long it can say where the session went, to receipts that come late: a signal may wait for its peer until the end of a grace time. Milliseconds. */
const sayWhereMs = 60_000;

/**
 * Resumes a session that is not on this node, or is just coming. Of several lines that ask for it each is served after those before
 * it, so that it comes once; a stranger without its token keeps nobody waiting for longer than the book takes to say so.
 */
export const resumeElsewhere = (hub: HubState, line: LineState, command: Resume): Promise<void> => {
  const { session, incarnation } = command;
  const before = arrivals(hub, session, incarnation);
  const done = fetchSession(hub, line, command, before);
  const arrival = { incarnation, done };
  const coming = hub.coming.get(session) ?? new Set();
  hub.coming.set(session, coming.add(arrival));
  const over = (): void => {
    coming.delete(arrival);
    if (coming.size === 0) hub.coming.delete(session);
  };
  return done.finally(over);
};

/**
 * Settles when all earlier lines that asked for the session here were served. Later ones are not waited for: they wait for this one,
 * on another node perhaps.
 */
const arrivals = async (hub: HubState, session: SessionId, before: number): Promise<void> => {
  const earlier = [...(hub.coming.get(session) ?? [])].filter(({ incarnation }) => incarnation < before);
  await Promise.allSettled(earlier.map(({ done }) => done));
};

const fetchSession = async (
  hub: HubState,
  line: LineState,
  command: Resume,
  before: Promise<void>,
): Promise<void> => {
  if (line.session !== undefined) return;
  const { session: id, token, incarnation } = command;
  const noted = await hub.book?.take(id, token, incarnation);
  if (noted === undefined || (!isRefusal(noted) && noted.protocol !== line.dialect.name))
    return hub.endLine(line, refusal("session-unknown"));
  if (isRefusal(noted)) return hub.endLine(line, noted);
  // From here on the session is this node's, also where the line broke meanwhile: others come here to ask for it.
  await before;
  if (hub.sessions.has(id)) return line.closed ? undefined : resumeSession(hub, line, command);
  const first = noted.node === hub.node ? hub.moved.get(id)?.to : noted.node;
  const { answer, node } = await findSession(hub, first, command);
  if (answer === "stale") {
    if (node !== undefined) remember(hub, id, node, []);
    return hub.endLine(line, refusal("stale-incarnation"));
  }
  const handed = answer;
  if (handed !== undefined && command.seen > handed.seq) {
    disown(hub, handed);
    return hub.endLine(line, refusal("malformed", "It has seen more than was ever sent."));
  }
  hub.observe({ type: "sessionMoved", result: handed === undefined ? "orphaned" : "taken" });
  const session = revived(hub, line, command, noted, handed);
  comeBack(hub, session);
  const seats: readonly Seat[] = handed?.rooms ?? noted.rooms;
  const lost: Seat[] = [];
  for (const seat of seats) {
    if (!(await regain(hub, session, seat))) lost.push(seat);
  }
  const { memberships } = session;
  const held = memberships.map((membership) => {
    const waiting = membership.held ?? [];
    membership.held = undefined;
    return waiting;
  });
  if (line.closed) hub.detach(session);
  else attach(hub, session, line, command);
  for (const { room } of lost) tell(hub, session, { type: "left", room, reason: "lost" });
  // Where a gap is told, the room as it stands is told with it.
  const gap = session.replay !== undefined && hasGap(session.replay, command.seen);
  if (!gap) for (const membership of memberships) tellMissed(hub, membership, handed);
  takeUpCalls(hub, session, handed?.calls ?? []);
  for (const run of held.flat()) run();
  for (const ref of handed?.refs ?? []) {
    awaitReceipts(hub, session, ref, [node ?? noted.node], { fate: "unknown" }, undefined, true);
  }
  noteSession(hub, session);
};

/** Asks for a session from node to node, as far as each knows who has it. */
const findSession = async (
  hub: HubState,
  first: NodeId | undefined,
  { session, incarnation }: Resume,
): Promise<{ readonly node: NodeId | undefined; readonly answer: HandedSession | "stale" | undefined }> => {
  let node = first;
  for (let asked = 0; node !== undefined && node !== hub.node && asked < askedMax; asked += 1) {
    const answer = await askFor(hub, node, session, incarnation);
    if (answer === undefined || answer === "stale" || !("elsewhere" in answer)) return { node, answer };
    node = answer.elsewhere;
  }
  return { node: undefined, answer: undefined };
};

/** It is here from now on, also where this node handed it over a moment ago. */
const comeBack = (hub: HubState, session: Session): void => {
  hub.moved.get(session.id)?.cancel();
  hub.moved.delete(session.id);
  hub.sessions.set(session.id, session);
};

const revived = (
  hub: HubState,
  line: LineState,
  command: Resume,
  noted: NotedSession,
  handed: HandedSession | undefined,
): Session => {
  const now = hub.clock.now();
  // What was told after `seen` is unknown, so a number is left out: that is what a gap is.
  const seq = handed?.seq ?? command.seen + 1;
  return {
    id: command.session,
    token: command.token,
    dialect: line.dialect,
    grant: noted.grant,
    openedAt: now,
    codec: line.codec,
    line: undefined,
    incarnation: command.incarnation,
    commandsSeen: handed?.commandsSeen ?? commandsUnknown,
    seq,
    replay: handed === undefined ? { ...emptyReplay(), droppedUpTo: seq } : replayOf(handed),
    memberships: [],
    calls: undefined,
    awaiting: undefined,
    fetching: undefined,
    sending: undefined,
    awaySince: now,
    cancelGrace: undefined,
    ended: false,
  };
};

const replayOf = ({ kept, droppedUpTo }: HandedSession): Replay => ({
  kept: kept.map(({ text, awaiter, ...rest }) => ({ ...rest, awaiter, frame: textFrame(text) })),
  bytes: kept.reduce((sum, { text }) => sum + text.length, 0),
  droppedUpTo,
});

/** Tells a member what changed in its room since the other node told it last. After a gap it was told the room anew. */
const tellMissed = (hub: HubState, membership: Membership, handed: HandedSession | undefined): void => {
  const { session, room } = membership;
  const view = hub.rooms.get(membership.key)?.view;
  const seat = handed?.rooms.find((other) => other.room === room);
  if (seat === undefined || view === undefined || handed?.gap !== false || !membership.presence.listens)
    return;
  const roster = () => rosterOf(view);
  for (const change of differences(seat.told, view)) {
    const member = change.entry;
    if (member.session === session.id) continue;
    if (change.kind === "joined") tell(hub, session, { type: "peerJoined", room, member, roster });
    else if (change.kind === "changed") tell(hub, session, { type: "peerChanged", room, member });
    else tell(hub, session, { type: "peerLeft", room, member, reason: change.reason, roster });
  }
};

/** Asks a node for a session. Undefined where that node is gone, has it no more, or does not answer. */
const askFor = async (
  hub: HubState,
  node: NodeId,
  session: SessionId,
  incarnation: number,
): Promise<Handed> => {
  const answered = new Promise<Handed>((resolve) => {
    const cancel = hub.clock.after(handOverWithinMs, () => {
      hub.observe({ type: "sessionMoved", result: "late" });
      resolve(undefined);
    });
    hub.asked.set(session, (handed) => {
      cancel();
      resolve(handed);
    });
  });
  const asked = await hub.bus.send(node, { type: "handOver", session, incarnation });
  if (asked === "gone") hub.asked.get(session)?.(undefined);
  const handed = await answered;
  hub.asked.delete(session);
  return handed;
};

/** Another node asks for a session of this one, on behalf of its peer: its token was checked there. */
export const handOver = async (
  hub: HubState,
  from: NodeId,
  { session: id, incarnation }: Extract<Parcel, { readonly type: "handOver" }>,
): Promise<void> => {
  // It may be on its way to here itself.
  await arrivals(hub, id, incarnation);
  const session = hub.sessions.get(id);
  const stale = session !== undefined && incarnation <= session.incarnation;
  const known = session !== undefined && !stale;
  if (known) {
    session.incarnation = incarnation;
    const { line } = session;
    if (line !== undefined) hub.endLine(line, refusal("replaced"));
    // What is on its way to other nodes is answered first.
    await session.sending;
  }
  const next = hub.moved.get(id)?.to;
  const handed = known && !session.ended ? pack(hub, session) : undefined;
  if (handed !== undefined) part(hub, session, from);
  const answer: Handed = stale ? "stale" : (handed ?? (next === undefined ? undefined : { elsewhere: next }));
  const sent = await hub.bus.send(from, {
    type: "handedOver",
    session: id,
    ...(answer === undefined ? {} : { handed: answer }),
  });
  if (handed === undefined) return;
  hub.observe({ type: "sessionMoved", result: sent === "gone" ? "lost" : "given" });
  if (sent === "gone") disown(hub, handed);
};

/** The answer to a question that nobody asks any more: it came too late. */
export const handedTooLate = (hub: HubState, handed: Handed): void => {
  if (handed !== undefined && handed !== "stale" && !("elsewhere" in handed)) disown(hub, handed);
};

/** Nobody has what was accepted for the session any more: its senders are told so. */
const disown = (hub: HubState, { kept, calls = [] }: HandedSession): void => {
  reportExpired(hub, kept);
  expireCalls(hub, calls);
};

const pack = (hub: HubState, session: Session): HandedSession => {
  const { replay, memberships } = session;
  const settled = memberships.every(({ entry, held }) => entry !== undefined && held === undefined);
  // A join that is being carried out here will never be answered there.
  const gap = !settled;
  const seq = session.seq + (gap ? 1 : 0);
  return {
    seq,
    commandsSeen: session.commandsSeen,
    droppedUpTo: gap ? seq : (replay?.droppedUpTo ?? 0),
    gap,
    kept: (replay?.kept ?? []).map(({ frame, ...rest }) => ({
      ...rest,
      text: frame.kind === "text" ? frame.text : "",
    })),
    rooms: memberships.flatMap((membership) => {
      const seat = seatOf(membership);
      const view = membership.presence.listens ? hub.rooms.get(membership.key)?.view : undefined;
      const told: readonly Entry[] = view === undefined ? [] : [...view.members.values()];
      return seat === undefined ? [] : [{ ...seat, told }];
    }),
    refs: [...(session.awaiting?.keys() ?? [])],
    calls: packCalls(hub, session),
  };
};

/** Lets go of a session that another node has from now on, without a word to anybody in its rooms. */
const part = (hub: HubState, session: Session | undefined, to: NodeId): void => {
  if (session === undefined) return;
  const { id, memberships } = session;
  session.ended = true;
  session.cancelGrace?.();
  hub.sessions.delete(id);
  for (const waiting of session.awaiting?.values() ?? []) waiting.cancel();
  session.awaiting = undefined;
  session.replay = undefined;
  for (const membership of memberships) resign(hub, membership);
  remember(hub, id, to, memberships);
  hub.observe({
    type: "sessionClosed",
    session: id,
    dialect: session.dialect.name,
    heldMs: hub.clock.now() - session.openedAt,
    reason: "replaced",
  });
  hub.emptied?.();
};

/** For a moment this node can say where the session is. `seats`: what is released after that, where the other node never claimed it. */
const remember = (hub: HubState, id: SessionId, to: NodeId, seats: readonly Membership[]): void => {
  const earlier = hub.moved.get(id);
  earlier?.cancel();
  const kept = [...(earlier?.seats ?? []), ...seats];
  const cancel = hub.clock.after(rememberMs, () => {
    letGoOf(hub, kept);
    hub.moved.set(id, { to, seats: [], cancel: hub.clock.after(sayWhereMs, () => hub.moved.delete(id)) });
  });
  hub.moved.set(id, { to, seats: kept, cancel });
};

/** Lets go of seats of a session that was handed over. */
const letGoOf = (hub: HubState, seats: readonly Membership[]): void => {
  for (const seat of seats) watch(hub, "hand-over", release(hub, seat));
};

/** The hub is closed: nobody is told any more where a session went. */
export const forgetMoved = (hub: HubState): void => {
  for (const { cancel, seats } of hub.moved.values()) {
    cancel();
    letGoOf(hub, seats);
  }
  hub.moved.clear();
};

/** Where the other node never claimed it, it is lost. */
const release = async (hub: HubState, { key, peer, session, presence }: Membership): Promise<void> => {
  const released = await hub.directory.release(key, peer, session.id);
  const room = hub.rooms.get(key);
  if (released !== undefined && presence.announced) {
    const change = { kind: "left", entry: released.entry, reason: "lost" } as const;
    announce(hub, key, released.audience, released.revision, change);
    if (room !== undefined) applyChange(hub, room, released.revision, change);
  }
  if (room !== undefined) tidy(hub, room);
};
