// SPDX-License-Identifier: MIT
/** One stay: opened with the first join, carried from line to line, ended once. */
import { createAlarm } from "./alarm.ts";
import type { Chance, Clock } from "./clock.ts";
import { defined } from "./defined.ts";
import { emitter } from "./emitter.ts";
import { failure, SignalboxError } from "./failure.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import { createLine, type Lost } from "./line.ts";
import { type Answer, createOutbox } from "./outbox.ts";
import { deferred, unlessAborted } from "./settle.ts";
import type { SocketConstructor } from "./socket.ts";
import { watchPage } from "./wake.ts";
import type { Asking, FrameOf, IceServer, PeerFrame, ServerFrame } from "./wire.ts";

/** `connecting`: not welcomed yet. `away`: the line is lost and being tried again. `closed`: for good. */
export type LineState = "connecting" | "open" | "away" | "closed";

export interface SessionParts {
  readonly url: string;
  readonly WebSocket: SocketConstructor;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Asked again for each new session, so that it may be short-lived. */
  readonly credential: () => string | undefined | Promise<string | undefined>;
  /** How long a first connection is tried. Milliseconds. */
  readonly patienceMs: number;
}

/** A room's place in the session. */
export interface Seat {
  /** Known once it was joined. */
  readonly room: string | undefined;
  /** Is it in the room, as far as it knows? */
  readonly inside: boolean;
  /** Join. `first`: as the first frame of a new session, or beside it. */
  enter(first: boolean, credential?: string): void;
  take(frame: RoomFrame): void;
  /** The session is closed. */
  closed(error: unknown): void;
}

export type RoomFrame = Extract<ServerFrame, { readonly room: string }>;

export type SessionEvents = {
  readonly state: readonly [state: LineState];
  /** A refusal that answers nothing that was asked. */
  readonly refused: readonly [error: SignalboxError];
  /** It is about to be closed from this side: what should still be said is said now. */
  readonly closing: readonly [];
};

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called with the answer as it comes in: before the next frame is taken, which the promise is not. */
  readonly answered?: (answer: Answer) => void;
  readonly later?: (receipt: Answer) => void;
  readonly first?: boolean;
}

/** After a resume with a gap, answers still on their way from other nodes come within this. Milliseconds. */
const lateAnswerMs = 10_000;
/** Close code of the refusal `session-unknown`: come back, but not to this session. */
const sessionUnknown = 4412;
/** ICE credentials are asked for anew when this part of their time is over. */
const refreshAt = 0.8;

export type SessionCore = ReturnType<typeof createSession>;

export const createSession = (parts: SessionParts) => {
  const { clock, chance } = parts;
  const events = emitter<SessionEvents>();
  const seats = new Set<Seat>();
  const startedAt = clock.now();
  let openAt = startedAt;
  let state: LineState = "connecting";
  let welcome: FrameOf<"welcome"> | undefined;
  let incarnation = 1;
  let iceServers: readonly IceServer[] = [];
  let why: unknown;
  /** Away for longer than the server waits: nothing said before will be carried out. */
  let stale = false;
  const grace = createAlarm(clock);
  const refreshing = createAlarm(clock);
  const lateAnswers = createAlarm(clock);

  const write = (frame: PeerFrame) => line.write(JSON.stringify(frame));
  const outbox = createOutbox(clock, (text) => line.write(text));
  const newInbox = (): Inbox => createInbox(clock, (seen) => write({ type: "ack", seen }));
  let inbox = newInbox();

  const turn = (next: LineState) => {
    if (state === next) return;
    state = next;
    events.emit("state", next);
  };

  const stopTimers = () => {
    for (const alarm of [grace, refreshing, lateAnswers, inbox]) alarm.stop();
  };

  const end = (error: unknown) => {
    if (state === "closed") return;
    why = error;
    stopTimers();
    stopWatching();
    line.close();
    turn("closed");
    outbox.fail(error);
    for (const seat of [...seats]) seat.closed(error);
  };

  const opened = () => {
    openAt = clock.now();
    if (welcome !== undefined) {
      incarnation += 1;
      write({
        type: "resume",
        session: welcome.session,
        token: welcome.token,
        incarnation,
        seen: inbox.tell(),
      });
      return;
    }
    outbox.restart(failure("session-lost"));
    lateAnswers.stop();
    inbox = newInbox();
    incarnation = 1;
    const enter = (credential: string | undefined) => {
      for (const seat of [...seats]) seat.enter(true, credential);
    };
    const given = parts.credential();
    if (given instanceof Promise) given.then(enter).catch(end);
    else enter(given);
  };

  const lost = ({ code, error, final }: Lost): boolean => {
    outbox.detach();
    inbox.stop();
    if (final || (state === "connecting" && clock.now() - startedAt >= parts.patienceMs)) {
      end(error);
      return false;
    }
    if (code === sessionUnknown) {
      // The server is there: join anew without waiting for long.
      welcome = undefined;
      outbox.fail(failure("session-lost"));
      line.attached();
    }
    refreshing.stop();
    if (welcome !== undefined && !grace.pending && !stale) {
      grace.set(welcome.graceMs, () => {
        stale = true;
        outbox.fail(failure("signaling-lost"));
      });
    }
    if (state !== "connecting") turn("away");
    return true;
  };

  const line = createLine(parts, {
    opened,
    lost,
    frame: (frame) => take(frame),
    probe: () => JSON.stringify({ type: "ping", seen: inbox.tell() } satisfies PeerFrame),
  });

  const setIce = ({ iceServers: servers, iceTtlMs }: FrameOf<"welcome" | "resumed" | "ice">) => {
    iceServers = servers;
    refreshing.stop();
    if (iceTtlMs === undefined) return;
    refreshing.set(Math.max(1_000, iceTtlMs * refreshAt), () => {
      // Where this fails, the line is away: the resume brings fresh ones.
      ask({ type: "ice" }).catch(refused);
    });
  };

  const refused = (error: unknown) => {
    if (error instanceof SignalboxError) events.emit("refused", error);
  };

  const attached = (frame: FrameOf<"welcome" | "resumed">, seen: number) => {
    grace.stop();
    stale = false;
    line.attached();
    setIce(frame);
    outbox.attach(seen);
    turn("open");
  };

  const take = (frame: ServerFrame) => {
    if (frame.type === "resumed") {
      const forgot = stale;
      attached(frame, frame.seen);
      // A join that was given up with the rest.
      if (forgot) for (const seat of [...seats]) if (!seat.inside) seat.enter(false);
      lateAnswers.stop();
      if (frame.gap) lateAnswers.set(lateAnswerMs, () => outbox.fail(failure("receipt-lost"), frame.seen));
      return;
    }
    if (frame.type === "pong" || frame.type === "closing") return;
    if (!inbox.take(frame.seq, frame.type === "signal" && frame.ack === true)) return;
    if (frame.type === "welcome") {
      welcome = frame;
      outbox.limits(frame.limits);
      attached(frame, Number.POSITIVE_INFINITY);
    } else if (frame.type === "ice") setIce(frame);
    else if (frame.type === "refused" && frame.of === undefined) refused(new SignalboxError(frame));
    if ("of" in frame) outbox.answer(frame);
    if ("room" in frame) for (const seat of [...seats]) if (seat.room === frame.room) seat.take(frame);
  };

  /** Asks the server something. Rejects with its refusal, with what became of the line, or with the signal's reason. */
  const ask = (frame: Asking, { signal, answered, later, first }: AskOptions = {}): Promise<Answer> => {
    if (state === "closed") return Promise.reject(why);
    if (stale && !first) return Promise.reject(failure("signaling-lost"));
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = deferred<Answer>();
    const takeBack = outbox.add(
      defined({
        frame,
        answered(answer: Answer) {
          if (answer.type === "refused") return reject(new SignalboxError(answer));
          answered?.(answer);
          resolve(answer);
        },
        failed: reject,
        later,
        first,
      }),
    );
    const answer = unlessAborted(promise, signal);
    answer.catch(() => signal?.aborted && takeBack());
    return answer;
  };

  const close = () => {
    if (state === "closed") return;
    events.emit("closing");
    if (state === "open") write({ type: "end" });
    end(failure("closed"));
  };

  const stopWatching = watchPage(line.wake, close);
  return {
    clock,
    chance,
    on: events.on,
    get state() {
      return state;
    },
    get id() {
      return welcome?.session;
    },
    get iceServers() {
      return iceServers;
    },
    /** When the present line, or the last one, was opened. */
    get openAt() {
      return openAt;
    },
    get seats() {
      return seats.size;
    },
    ask,
    /** Takes a seat, and enters its room as soon as it can. */
    seat(seat: Seat) {
      seats.add(seat);
      if (state !== "connecting") seat.enter(false);
      else if (seats.size === 1) line.open();
    },
    unseat(seat: Seat) {
      seats.delete(seat);
      if (seats.size === 0) close();
    },
    close,
  };
};
