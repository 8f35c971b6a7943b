// SPDX-License-Identifier: MIT
/** Lines: frames in, one command after the other; a line that misbehaves ends alone. */
import type { Frame } from "./frame.ts";
import { resumeElsewhere } from "./handover.ts";
import type { ConnectionId } from "./ids.ts";
import { join, leave, update } from "./membership.ts";
import type { Decoded, Dialect, Handshake, LinePort } from "./ports.ts";
import { fullBucket, inDebt, refillMs, take } from "./rate.ts";
import { settleFetched } from "./receipts.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { relay, sendMessage } from "./relay.ts";
import { list } from "./rosters.ts";
import { acknowledged, detach, endSession, openSession, resumeSession } from "./sessions.ts";
import { commandsUnknown, type HubState, type LineState, membershipIn, type Session } from "./state.ts";
import { refuseCommand, tell } from "./telling.ts";
import type { Command } from "./vocabulary.ts";

/** Takes a new connection in, with what its handshake already asks. */
export const openLine = (
  hub: HubState,
  port: LinePort,
  dialect: Dialect,
  handshake: Handshake,
): LineState => {
  const line: LineState = {
    connection: hub.chance.id() as ConnectionId,
    port,
    dialect,
    codec: dialect.open(handshake, hub.chance.id),
    openedAt: hub.clock.now(),
    handshake,
    session: undefined,
    bucket: undefined,
    opensWith: 0,
    busy: false,
    queue: undefined,
    paused: false,
    gone: false,
    closed: false,
    cancelWake: undefined,
    wakesAt: undefined,
  };
  hub.lines.add(line);
  hub.observe({ type: "lineOpened", connection: line.connection, dialect: dialect.name });
  if (hub.draining) endLine(hub, line, refusal("draining"));
  else run(hub, line, { commands: line.codec.opening });
  return line;
};

/** Takes a frame in. While an earlier one is being decided it waits, and the line is not read beyond a bound. */
export const receive = (hub: HubState, line: LineState, frame: Frame): void => {
  if (line.closed || line.gone) return;
  if (!line.busy) return process(hub, line, frame);
  line.queue ??= [];
  line.queue.push(frame);
  if (line.queue.length >= line.dialect.limits.commandQueue && !line.paused) {
    line.paused = true;
    line.port.pause();
  }
};

const process = (hub: HubState, line: LineState, frame: Frame): void => {
  const { framesPerSecond, frameBurst } = line.dialect.limits;
  const now = hub.clock.now();
  line.bucket ??= fullBucket(frameBurst, now);
  const { bucket } = line;
  const inRate = take(bucket, now, framesPerSecond, frameBurst);
  if (inRate) return run(hub, line, line.codec.decode(frame, now));
  const why = refusal("rate-limited", undefined, refillMs(bucket, framesPerSecond));
  const { session } = line;
  if (!line.dialect.answers || session === undefined || inDebt(bucket, frameBurst))
    return endLine(hub, line, why);
  const decoded = line.codec.decode(frame, now);
  if (isRepetition(line, decoded)) return;
  for (const command of decoded.commands) {
    // An acknowledgement costs nothing and frees memory, and so does the end.
    if (command.type === "acknowledge" || command.type === "end") execute(hub, line, session, command);
    else refuseCommand(hub, session, why, "ref" in command ? command.ref : undefined);
  }
};

const run = (hub: HubState, line: LineState, decoded: Decoded): void => {
  if (decoded.replies !== undefined && decoded.replies.length > 0) line.port.write(decoded.replies);
  if (!isRepetition(line, decoded)) runCommands(hub, line, decoded.commands, 0, line.session);
  if (decoded.closing !== undefined && !line.closed)
    finish(hub, line, () => line.port.close(decoded.closing ?? noClosing));
  if (line.codec.wakeAt !== undefined) scheduleWake(hub, line);
};

const noClosing = { frames: [], code: 1000, reason: "" };

/** Was this frame taken before? Marks it as taken. */
const isRepetition = (line: LineState, { seq }: Decoded): boolean => {
  const { session } = line;
  if (seq === undefined) return false;
  if (session === undefined) {
    line.opensWith = seq;
    return false;
  }
  // What comes on a line after a lost node is new: the peer was told so before it sent anything.
  if (session.commandsSeen !== commandsUnknown && seq <= session.commandsSeen) return true;
  session.commandsSeen = seq;
  return false;
};

/** Is it there for its peer, with or without a line? */
const lives = (session: Session | undefined): session is Session => session !== undefined && !session.ended;

/**
 * Carries out what one frame asks. A frame that was taken is carried out to its end, also where the line breaks meanwhile:
 * a session that comes back is told that it was taken, and finds its answers.
 */
const runCommands = (
  hub: HubState,
  line: LineState,
  commands: readonly Command[],
  from: number,
  opened: Session | undefined,
): void => {
  for (let index = from; index < commands.length; index += 1) {
    const command = commands[index];
    const session = line.session ?? opened;
    if (command === undefined || (line.closed && !lives(session))) return;
    const pending = execute(hub, line, session, command);
    if (pending === undefined) continue;
    line.busy = true;
    const next = index + 1;
    const resume = (goOn: unknown) => {
      line.busy = false;
      const by = line.session ?? session;
      // A refused join takes the signals that came in the same frame with it.
      if (goOn !== false) runCommands(hub, line, commands, next, by);
      else if (lives(by)) for (const rest of commands.slice(next)) refuseRest(hub, by, rest);
      drainQueue(hub, line);
    };
    pending.then(resume, (error: unknown) => {
      hub.observe({ type: "failed", what: command.type, error });
      endLine(hub, line, refusal("overloaded"));
    });
    return;
  }
};

const refuseRest = (hub: HubState, session: Session, command: Command): void => {
  if (command.type === "signal") refuseCommand(hub, session, refusal("not-joined"), command.ref);
};

const drainQueue = (hub: HubState, line: LineState): void => {
  while (!line.busy && !line.closed) {
    const frame = line.queue?.shift();
    if (frame === undefined) break;
    process(hub, line, frame);
  }
  if (line.gone && !line.busy) finish(hub, line);
  if (line.paused && !line.busy && !line.closed) {
    line.paused = false;
    line.port.resume();
  }
};

const execute = (
  hub: HubState,
  line: LineState,
  session: Session | undefined,
  command: Command,
): Promise<unknown> | undefined => {
  if (command.type === "open") return openSession(hub, line, command);
  if (command.type === "resume") {
    const { session: id } = command;
    if (hub.book !== undefined && (!hub.sessions.has(id) || hub.coming.has(id)))
      return resumeElsewhere(hub, line, command);
    resumeSession(hub, line, command);
    return undefined;
  }
  if (session === undefined) return undefined;
  switch (command.type) {
    case "join":
      return join(hub, session, command);
    case "leave": {
      const membership = membershipIn(session, command.room);
      const ref = command.ref === undefined ? {} : { ref: command.ref };
      if (membership === undefined) {
        refuseCommand(hub, session, refusal("not-joined"), command.ref);
        return undefined;
      }
      return leave(hub, membership, "left").then(() => {
        tell(hub, session, { type: "left", room: command.room, reason: "left", ...ref });
      });
    }
    case "update":
      return update(hub, session, command);
    case "signal": {
      const no = hub.guard.allows(session.grant, command);
      if (no !== undefined) {
        refuseCommand(hub, session, no, command.ref);
        return undefined;
      }
      return sending(session, relay(hub, session, command));
    }
    case "send": {
      const no = hub.guard.allows(session.grant, command);
      if (no === undefined) return sending(session, sendMessage(hub, session, command));
      refuseCommand(hub, session, no, command.ref);
      return undefined;
    }
    case "list":
      list(hub, session, command);
      return undefined;
    case "acknowledge":
      acknowledged(hub, session, command.seen);
      return undefined;
    case "requestIceServers":
      tell(hub, session, {
        type: "iceServersIssued",
        ice: hub.ice.issue(session.grant),
        ...(command.ref === undefined ? {} : { ref: command.ref }),
      });
      return undefined;
    case "settle":
      settleFetched(hub, session, command.held, command.fate);
      return undefined;
    case "refuse":
      refuseCommand(hub, session, command.refusal, command.ref);
      return undefined;
    case "end":
      endSession(hub, session, "left");
      finish(hub, line, () => line.port.close(line.codec.refuse(refusal("ended-by-peer"))));
      return undefined;
  }
};

/** Notes what is on its way to other nodes, also where the line it came on breaks meanwhile. */
const sending = (session: Session, work: void | Promise<void>): Promise<void> | undefined => {
  if (work === undefined) return undefined;
  const before = session.sending;
  const all = before === undefined ? work : before.then(() => work);
  const done: Promise<void> = all
    // Whoever waits for the work itself is told what went wrong.
    .catch(() => {})
    .then(() => {
      if (session.sending === done) session.sending = undefined;
    });
  session.sending = done;
  return work;
};

/** Sets the timer for the codec's next due time, where that changed. */
export const scheduleWake = (hub: HubState, line: LineState): void => {
  const due = line.closed ? undefined : line.codec.wakeAt?.();
  if (due === line.wakesAt) return;
  line.cancelWake?.();
  line.wakesAt = due;
  line.cancelWake =
    due === undefined
      ? undefined
      : hub.clock.after(due - hub.clock.now(), () => {
          line.cancelWake = undefined;
          line.wakesAt = undefined;
          if (!line.closed && line.codec.wake !== undefined) run(hub, line, line.codec.wake(hub.clock.now()));
        });
};

/** Ends a line from this side: refused in its dialect's words, then closed. */
export const endLine = (hub: HubState, line: LineState, why: Refusal): void => {
  if (line.closed) return;
  hub.observe({ type: "refused", dialect: line.dialect.name, code: why.code });
  finish(hub, line, () => line.port.close(line.codec.refuse(why)));
};

/**
 * The transport is closed. What came on it before that is carried out first: a peer that hangs up, or ends its session, and
 * goes in the same breath has done so, also where an earlier frame is still on its way to another node.
 */
export const lineClosed = (hub: HubState, line: LineState): void => {
  line.gone = true;
  const waits = line.busy && line.queue !== undefined && line.queue.length > 0;
  // Who was not let in yet has begun nothing.
  if (!waits || line.session === undefined) finish(hub, line);
};

/** The line is over: what it said last is not looked at any more. */
export const finish = (hub: HubState, line: LineState, close?: () => void): void => {
  if (line.closed) return;
  line.closed = true;
  line.queue = undefined;
  line.cancelWake?.();
  line.cancelWake = undefined;
  hub.lines.delete(line);
  close?.();
  hub.observe({
    type: "lineClosed",
    connection: line.connection,
    dialect: line.dialect.name,
    heldMs: hub.clock.now() - line.openedAt,
  });
  const { session } = line;
  line.session = undefined;
  line.handshake = undefined;
  if (session !== undefined && session.line === line) detach(hub, session);
};
