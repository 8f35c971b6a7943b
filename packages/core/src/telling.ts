// SPDX-License-Identifier: MIT
/** Telling a session something, and what is known of it afterwards. */
import { frameBytes } from "./frame.ts";
import { refusal } from "./refusal.ts";
import { type Awaiter, emptyReplay, hasRoom, keep } from "./replay.ts";
import type { HubState, LineState, Session } from "./state.ts";
import type { Event, Fate, Ref } from "./vocabulary.ts";

const sent: Fate = { fate: "sent" };
const unknown: Fate = { fate: "unknown" };
const slowPeer = refusal("slow-peer");
const slow: Fate = { fate: "refused", refusal: slowPeer };
const mailboxFull: Fate = { fate: "refused", refusal: refusal("mailbox-full") };
const nobody: readonly Awaiter[] = [];
const noWord: Fate = { fate: "refused", refusal: refusal("not-understood") };

/**
 * Tells a session an event and says what became of it. `awaiter`, and whoever else is in it (`also`), wait to hear
 * more: of the acknowledgement, or of the writing where the session is away.
 */
export const tell = (
  hub: HubState,
  session: Session,
  event: Event,
  awaiter?: Awaiter,
  also: readonly Awaiter[] = nobody,
): Fate => {
  if (session.ended) return unknown;
  const { line } = session;
  const { limits, resumable } = session.dialect;
  if (!resumable) {
    if (line === undefined) return unknown;
    const { fetchedWithinMs: ttlMs } = session.dialect;
    if (ttlMs !== undefined && event.type === "signaled" && event.signal.meaning().kind === "offer")
      return tellToFetch(hub, session, line, event, ttlMs, awaiter === undefined ? also : [awaiter, ...also]);
    const frames = session.codec.encode(event, 0, hub.clock.now());
    if (frames.length === 0) return noWord;
    line.port.write(frames);
    // The codec may have set itself a due time: a frame to send again.
    if (session.codec.wakeAt !== undefined) hub.rewake(line);
    if (!overfull(line)) return sent;
    hub.endLine(line, slowPeer);
    return slow;
  }
  const seq = session.seq + 1;
  const frames = session.codec.encode(event, seq, hub.clock.now());
  const frame = frames[0];
  if (frame === undefined) return noWord;
  session.replay ??= emptyReplay();
  const directed = event.type === "signaled" || event.type === "sent";
  if (line === undefined && !hasRoom(session.replay, frameBytes(frame), limits)) {
    if (directed) return mailboxFull;
    // What was accepted stays; this piece of news is covered by the snapshot that follows a gap.
    session.seq = seq;
    session.replay.droppedUpTo = seq;
    return mailboxFull;
  }
  session.seq = seq;
  const queued = line === undefined && directed;
  keep(session.replay, { seq, frame, queued, also, awaiter }, limits);
  if (line !== undefined) {
    line.port.write(frames);
    // The frame stays in the replay: a slow peer loses its line, not what was sent to it.
    if (overfull(line)) hub.endLine(line, slowPeer);
    return sent;
  }
  return { fate: "queued", ttlMs: Math.max(0, session.awaySince + limits.graceMs - hub.clock.now()) };
};

/** Tells an offer that its peer will fetch: until the codec says that it did, its sender knows that it waits. */
const tellToFetch = (
  hub: HubState,
  session: Session,
  line: LineState,
  event: Extract<Event, { readonly type: "signaled" }>,
  ttlMs: number,
  awaiters: readonly Awaiter[],
): Fate => {
  session.fetching ??= new Map();
  const { fetching } = session;
  if (fetching.size >= session.dialect.limits.callsPerSession) return mailboxFull;
  session.seq += 1;
  const held = session.seq;
  const frames = session.codec.encode({ ...event, held }, 0, hub.clock.now());
  if (frames.length === 0) return noWord;
  fetching.set(held, awaiters);
  line.port.write(frames);
  return { fate: "queued", ttlMs };
};

/** Has more been written to this line than it may leave untaken? */
export const overfull = (line: LineState): boolean =>
  line.port.backlogBytes() > line.dialect.limits.outboxBytes;

/** Answers a command with a refusal; where its dialect has no answers, that is the end of the line. */
export const refuseCommand = (
  hub: HubState,
  session: Session,
  why: ReturnType<typeof refusal>,
  ref: Ref | undefined,
): void => {
  if (!session.dialect.answers && session.line !== undefined) return hub.endLine(session.line, why);
  hub.observe({ type: "refused", dialect: session.dialect.name, code: why.code });
  tell(hub, session, { type: "refused", refusal: why, ...(ref === undefined ? {} : { ref }) });
};
