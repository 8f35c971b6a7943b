// SPDX-License-Identifier: MIT
/**
 * A session that comes back to another node than the one it left. Where that node lives, it hands over everything, and nothing
 * is missed; where it does not, the book knows who the session is and where it sat, and a gap says the rest.
 */
import { forgetCalls } from "./crossing.ts";
import { textFrame } from "./frame.ts";
import type { NodeId, SessionId } from "./ids.ts";
import type { Entry } from "./member.ts";
import { noteSession, regain, resign, type Seat, seatOf, tidy } from "./membership.ts";
import { announce, applyChange } from "./news.ts";
import type { HandedSession, Parcel } from "./parcel.ts";
import type { NotedSession } from "./ports.ts";
import { awaitReceipts } from "./receipts.ts";
import { isRefusal, refusal } from "./refusal.ts";
import { emptyReplay, type Replay } from "./replay.ts";
import { attach, resumeSession } from "./sessions.ts";
import type { HubState, LineState, Membership, Session } from "./state.ts";
import { watch } from "./state.ts";
import { tell } from "./telling.ts";
import { differences, rosterOf } from "./view.ts";
import type { Command } from "./vocabulary.ts";

type Resume = Extract<Command, { readonly type: "resume" }>;

/** How long the node that has a session may take to hand it over. Milliseconds. */
const handOverWithinMs = 2_000;
/** How long a node remembers that it handed a session over, and then lets go of what nobody claimed. Milliseconds. */
const rememberMs = 10_000;

/**
 * Resumes a session that is not on this node, or is just coming. Of several lines that ask for it each is served after those before
 * it, so that it comes once; a stranger without its token keeps nobody waiting for longer than the book takes to say so.
 */
export const resumeElsewhere = (hub: HubState, line: LineState, command: Resume): Promise<void> => {
  const { session: id } = command;
  const before = hub.coming.get(id);
  const mine = fetchSession(hub, line, command, before);
  const all = Promise.allSettled([before, mine]).then(() => {
    if (hub.coming.get(id) === all) hub.coming.delete(id);
  });
  hub.coming.set(id, all);
  return mine;
};

const fetchSession = async (
  hub: HubState,
  line: LineState,
  command: Resume,
  before: Promise<void> | undefined,
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
  const handed = noted.node === hub.node ? undefined : await askFor(hub, noted.node, id, incarnation);
  if (handed === "stale") return hub.endLine(line, refusal("stale-incarnation"));
  if (handed !== undefined && command.seen > handed.seq)
    return hub.endLine(line, refusal("malformed", "It has seen more than was ever sent."));
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
  // Nobody knows what the lost node took last: nothing is to be sent again, and whatever comes now is new.
  if (handed === undefined) session.commandsSeen = 0;
  for (const { room } of lost) tell(hub, session, { type: "left", room, reason: "lost" });
  for (const membership of memberships) tellMissed(hub, membership, handed);
  for (const run of held.flat()) run();
  for (const ref of handed?.refs ?? []) {
    awaitReceipts(hub, session, ref, [noted.node], { fate: "unknown" }, undefined);
  }
  noteSession(hub, session);
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
    commandsSeen: handed?.commandsSeen ?? Number.MAX_SAFE_INTEGER,
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

/**
 * Asks the node that has a session for it. Undefined where that node is gone, has it no more, or does not answer; `stale` where its
 * peer came back there with a later line.
 */
const askFor = async (
  hub: HubState,
  node: NodeId,
  session: SessionId,
  incarnation: number,
): Promise<HandedSession | "stale" | undefined> => {
  const answered = new Promise<HandedSession | "stale" | undefined>((resolve) => {
    const cancel = hub.clock.after(handOverWithinMs, () => resolve(undefined));
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
  await hub.coming.get(id);
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
  const handed = known && !session.ended ? pack(hub, session) : undefined;
  if (handed !== undefined) part(hub, session, from);
  const answer = stale ? "stale" : handed;
  await hub.bus.send(from, {
    type: "handedOver",
    session: id,
    ...(answer === undefined ? {} : { handed: answer }),
  });
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
  forgetCalls(session);
  session.replay = undefined;
  for (const membership of memberships) resign(hub, membership);
  const letGo = (): void => {
    hub.moved.delete(id);
    for (const membership of memberships) watch(hub, "hand-over", release(hub, membership));
  };
  hub.moved.set(id, { to, letGo, cancel: hub.clock.after(rememberMs, letGo) });
  hub.observe({
    type: "sessionClosed",
    session: id,
    dialect: session.dialect.name,
    heldMs: hub.clock.now() - session.openedAt,
    reason: "replaced",
  });
  hub.emptied?.();
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
