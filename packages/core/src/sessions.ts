// SPDX-License-Identifier: MIT
/** Sessions: opened by the guard, carried from line to line, ended once. */
import { forgetCalls } from "./crossing.ts";
import type { SessionId } from "./ids.ts";
import type { LeaveReason } from "./member.ts";
import { leave, noteSession } from "./membership.ts";
import { report, reportDelivered, reportExpired, settleFetched } from "./receipts.ts";
import { isRefusal, type Refusal, refusal } from "./refusal.ts";
import { acknowledge, awaitersOf, hasGap } from "./replay.ts";
import { tellSnapshot } from "./rosters.ts";
import { commandsUnknown, type HubState, type LineState, localRoom, type Session, watch } from "./state.ts";
import { tell } from "./telling.ts";
import type { Command } from "./vocabulary.ts";

type Open = Extract<Command, { readonly type: "open" }>;
type Resume = Extract<Command, { readonly type: "resume" }>;

/** Asks the guard, and opens a session on this line. A refusal ends the line. */
export const openSession = async (hub: HubState, line: LineState, command: Open): Promise<void> => {
  const { handshake } = line;
  if (handshake === undefined || line.session !== undefined) return;
  const grant = await hub.guard.admit(handshake, command.credential);
  if (line.closed) return;
  if (isRefusal(grant)) return hub.endLine(line, grant);
  const session: Session = {
    id: hub.chance.id() as SessionId,
    token: line.dialect.resumable ? hub.chance.secret() : "",
    dialect: line.dialect,
    grant,
    openedAt: hub.clock.now(),
    codec: line.codec,
    line,
    incarnation: 1,
    commandsSeen: line.opensWith,
    seq: 0,
    replay: undefined,
    memberships: [],
    calls: undefined,
    fetching: undefined,
    awaiting: undefined,
    sending: undefined,
    awaySince: 0,
    cancelGrace: undefined,
    ended: false,
  };
  line.session = session;
  line.handshake = undefined;
  hub.sessions.set(session.id, session);
  hub.observe({ type: "sessionOpened", session: session.id, dialect: line.dialect.name });
  tell(hub, session, {
    type: "opened",
    session: session.id,
    token: session.token,
    graceMs: line.dialect.resumable ? line.dialect.limits.graceMs : 0,
    ice: hub.ice.issue(grant),
    ...(command.ref === undefined ? {} : { ref: command.ref }),
  });
};

const resumable = (hub: HubState, line: LineState, command: Resume): Session | Refusal => {
  const session = hub.sessions.get(command.session);
  if (session === undefined || session.dialect !== line.dialect || !session.dialect.resumable)
    return refusal("session-unknown");
  // The same answer as for no session at all: who guesses ids learns nothing.
  if (!hub.chance.equal(session.token, command.token)) return refusal("session-unknown");
  if (command.incarnation <= session.incarnation) return refusal("stale-incarnation");
  if (command.seen > session.seq) return refusal("malformed", "It has seen more than was ever sent.");
  return session;
};

/** Resumes a session of this node. */
export const resumeSession = (hub: HubState, line: LineState, command: Resume): void => {
  if (line.session !== undefined) return;
  const session = resumable(hub, line, command);
  if (isRefusal(session)) return hub.endLine(line, session);
  attach(hub, session, line, command);
  noteSession(hub, session);
};

/** Attaches a session of this node to a new line, and tells again what it has not seen. */
export const attach = (
  hub: HubState,
  session: Session,
  line: LineState,
  command: Pick<Resume, "incarnation" | "seen">,
): void => {
  const old = session.line;
  const awayMs = old === undefined ? hub.clock.now() - session.awaySince : 0;
  if (old !== undefined) {
    old.session = undefined;
    hub.endLine(old, refusal("replaced"));
  }
  session.cancelGrace?.();
  session.cancelGrace = undefined;
  session.incarnation = command.incarnation;
  session.line = line;
  session.codec = line.codec;
  line.session = session;
  line.handshake = undefined;
  const { replay } = session;
  const taken = replay === undefined ? [] : acknowledge(replay, command.seen);
  const gap = replay !== undefined && hasGap(replay, command.seen);
  hub.observe({ type: "sessionResumed", session: session.id, dialect: session.dialect.name, gap, awayMs });
  line.port.write(
    session.codec.encode(
      {
        type: "resumed",
        session: session.id,
        incarnation: session.incarnation,
        // Told of the gap it sends nothing again; who knows of it already has sent only what was never taken.
        commandsSeen: session.commandsSeen === commandsUnknown && !gap ? 0 : session.commandsSeen,
        gap,
        rooms: session.memberships
          .filter((membership) => membership.entry !== undefined)
          .map((membership) => membership.room),
        ice: hub.ice.issue(session.grant),
      },
      0,
      hub.clock.now(),
    ),
  );
  const kept = replay?.kept ?? [];
  if (replay !== undefined)
    replay.kept = kept.map((item) => (item.queued ? { ...item, queued: false } : item));
  line.port.write(kept.map((item) => item.frame));
  reportDelivered(hub, session, taken);
  for (const awaiter of kept.filter((item) => item.queued).flatMap(awaitersOf)) {
    report(hub, awaiter, { fate: "sent" }, session.dialect.name);
  }
  if (!gap) return;
  for (const membership of session.memberships) {
    if (membership.entry !== undefined && membership.held === undefined) {
      tellSnapshot(hub, localRoom(hub, membership.key), membership, true);
    }
  }
};

/** The session's line is gone: it waits for its peer to return, where its dialect can. */
export const detach = (hub: HubState, session: Session): void => {
  session.line = undefined;
  if (session.ended) return;
  session.awaySince = hub.clock.now();
  // Where others can take it over, it waits for that until the end of the process.
  if (!session.dialect.resumable || (hub.draining && !hub.movable(session))) {
    endSession(hub, session, hub.draining ? "drained" : session.dialect.resumable ? "lost" : "left");
    return;
  }
  session.cancelGrace = hub.clock.after(session.dialect.limits.graceMs, () =>
    endSession(hub, session, "lost"),
  );
};

/** Ends a session: it leaves every room, and whoever waited for it is told. Idempotent. */
export const endSession = (hub: HubState, session: Session, reason: LeaveReason): void => {
  if (session.ended) return;
  session.ended = true;
  session.cancelGrace?.();
  hub.sessions.delete(session.id);
  for (const waiting of session.awaiting?.values() ?? []) waiting.cancel();
  session.awaiting = undefined;
  for (const membership of session.memberships) watch(hub, "leave", leave(hub, membership, reason));
  forgetCalls(session);
  if (session.replay !== undefined) reportExpired(hub, session.replay.kept);
  session.replay = undefined;
  for (const held of [...(session.fetching?.keys() ?? [])])
    settleFetched(hub, session, held, { fate: "refused", refusal: refusal("expired") });
  noteSession(hub, session);
  hub.emptied?.();
  hub.observe({
    type: "sessionClosed",
    session: session.id,
    dialect: session.dialect.name,
    heldMs: hub.clock.now() - session.openedAt,
    reason,
  });
};

/** Forgets what the peer has taken, and tells its senders that it arrived. */
export const acknowledged = (hub: HubState, session: Session, seen: number): void => {
  if (session.replay === undefined || seen > session.seq) return;
  reportDelivered(hub, session, acknowledge(session.replay, seen));
};
