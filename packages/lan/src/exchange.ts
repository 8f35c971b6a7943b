// SPDX-License-Identifier: MIT
/** One role of the broadcast exchange, with its key, its sockets and its clock: offers and answers in, descriptions out. */
import { type Rate, turnstile } from "./allowance.ts";
import type { LanKey } from "./key.ts";
import {
  type Answerer,
  answererAnswers,
  answererHears,
  answererWakes,
  type Caller,
  callerFails,
  callerHears,
  callerOffers,
  callerWakes,
  type Endpoint,
  type Moved,
  newAnswerer,
  newCaller,
  type Step,
} from "./machine.ts";
import { type Dropped, glance, type LanMessage, open, packetBytes, packetBytesMax, seal } from "./packet.ts";
import { trimAdvice, trimToFit } from "./trim.ts";

/** A UDP socket as the exchange needs it. */
export interface LanSocket {
  /** Sends one datagram. A failure is reported through `onError`, never thrown. */
  send(packet: Buffer, to: Endpoint | "everyone"): void;
  onDatagram: ((packet: Buffer, from: Endpoint) => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  close(): void;
}

/** Time and chance, handed in. */
export interface LanGround {
  /** Milliseconds since 1970: packets carry it. */
  now(): number;
  after(ms: number, run: () => void): () => void;
  /** Fresh random bytes. */
  random(bytes: number): Buffer;
}

/** What the exchange asks of whoever owns the peer connection. */
export interface Negotiator {
  /** Make a peer connection in place of any before, and give its complete offer, or its complete answer to `offer`. */
  begin(offer?: string): Promise<string>;
  /** Apply the answer to the last offer. */
  finish(answer: string): Promise<void>;
}

/** Datagrams whose seal is tried: about 1 % of one core. What comes faster is a flood, and most of it is passed over unread. */
export const sealRate: Rate = { perSecond: 1_000, burst: 2_000 };

export interface ExchangeOptions {
  readonly role: "caller" | "answerer";
  readonly key: LanKey;
  /**
   * Opens a socket. A caller gets a fresh one for every offer: answers name no offer, so one to an earlier offer must
   * find nobody there any more.
   */
  readonly openSocket: () => Promise<LanSocket>;
  readonly negotiator: Negotiator;
  readonly ground: LanGround;
  /** May this datagram's seal be tried? Shared by exchanges that share a socket. Default: `sealRate` of its own. */
  readonly mayTry?: (now: number) => boolean;
  /** Did this process itself send that offer? Then it is heard by chance, and passed over. */
  readonly isOwn?: (sdp: string) => boolean;
  /** Leave out of a description what the other side can do without, where it is too large otherwise? Default true. */
  readonly trims?: boolean;
  /** Told of what could not be done. The exchange goes on where it can. */
  readonly onProblem?: (problem: LanProblem) => void;
}

export type LanProblem =
  /** The description does not fit a datagram, so nothing is sent; `advice` says what to leave out. */
  | {
      readonly code: "too-large";
      readonly bytes: number;
      readonly max: number;
      readonly advice: string;
      readonly leftOut: readonly string[];
    }
  /** The description did not fit a datagram until this was left out of it. It was sent. */
  | { readonly code: "trimmed"; readonly bytes: number; readonly leftOut: readonly string[] }
  /** The peer connection could not make or take a description. A caller tries again after 5 s. */
  | { readonly code: "negotiation"; readonly error: unknown }
  /** A datagram could not be sent, or a socket not be opened. */
  | { readonly code: "network"; readonly error: Error };

/**
 * Datagrams by what became of them. `flood`: not tried, too many came. `own`: this process sent it. `too-often`: new offers passed over because others came
 * just before. `unexpected`: under our key, but nothing was to be done. `taken`: the rest.
 */
export type LanCounts = {
  readonly [reason in Dropped | "flood" | "own" | "too-often" | "unexpected" | "taken"]: number;
};

export interface Exchange {
  readonly counts: LanCounts;
  /** The connection stands: nothing is sent and nobody is heard until `listen` or `restart`. */
  settle(): void;
  /** The connection is in doubt: who calls now is heard again. A caller just waits. */
  listen(): void;
  /** Ends for good, and closes its socket. */
  stop(): void;
  /** The connection failed or closed: begin anew. */
  restart(): void;
}

export const lanReasons = [
  "too-short",
  "too-large",
  "version",
  "stale",
  "flood",
  "wrong-key",
  "damaged",
  "not-understood",
  "own",
  "too-often",
  "unexpected",
  "taken",
] as const satisfies readonly (keyof LanCounts)[];

export const noCounts = (): { -readonly [reason in keyof LanCounts]: number } => ({
  "too-short": 0,
  "too-large": 0,
  version: 0,
  stale: 0,
  flood: 0,
  "wrong-key": 0,
  damaged: 0,
  "not-understood": 0,
  own: 0,
  "too-often": 0,
  unexpected: 0,
  taken: 0,
});

/** Runs one role until it is stopped. Rejects where its first socket cannot be opened. */
export const runExchange = async (options: ExchangeOptions): Promise<Exchange> => {
  const { role, key, openSocket, negotiator, ground, trims = true, onProblem = () => {} } = options;
  const ownTurnstile = turnstile(sealRate, ground.now());
  const mayTry = options.mayTry ?? ownTurnstile.pass;
  const counts = noCounts();
  let socket = await openSocket();
  let socketUsed = false;
  let state: Caller | Answerer = role === "caller" ? newCaller().state : newAnswerer(ground.now()).state;
  let cancel: (() => void) | undefined;
  let stopped = false;
  let settled = false;
  // What was being made when everything began anew belongs to the past.
  let generation = 0;

  const move = (moved: Moved<Caller | Answerer>) => {
    state = moved.state;
    for (const step of moved.steps) perform(step);
    cancel?.();
    cancel =
      stopped || settled || state.dueAt === undefined
        ? undefined
        : ground.after(Math.max(0, state.dueAt - ground.now()), wake);
  };
  const wake = () => {
    cancel = undefined;
    if (stopped || settled) return;
    const now = ground.now();
    move(state.role === "caller" ? callerWakes(state, now) : answererWakes(state, now));
  };
  const perform = (step: Step) => {
    switch (step.do) {
      case "send":
        send(step.message, step.to);
        return;
      case "begin":
        generation += 1;
        void begin(generation, step.offer);
        return;
      case "finish":
        void finish(generation, step.answer);
    }
  };
  const send = (message: LanMessage, to: Endpoint | "everyone") => {
    const packet = seal(message, key, Math.floor(ground.now() / 1000), ground.random(16));
    // Said already, when the description was made.
    if (packet.length <= packetBytesMax) socket.send(packet, to);
  };
  const fitted = (kind: LanMessage["kind"], sdp: string): string => {
    const bytesOf = (text: string) => packetBytes({ kind, sdp: text });
    const fits = (text: string) => bytesOf(text) <= packetBytesMax;
    const trimmed = trims ? trimToFit(kind, sdp, fits) : { sdp, leftOut: [] };
    const bytes = bytesOf(trimmed.sdp);
    const { leftOut } = trimmed;
    if (bytes > packetBytesMax) {
      onProblem({ code: "too-large", bytes, max: packetBytesMax, advice: trimAdvice, leftOut });
    } else if (leftOut.length > 0) onProblem({ code: "trimmed", bytes, leftOut });
    return trimmed.sdp;
  };
  const begin = async (mine: number, offer: string | undefined) => {
    const isPast = () => stopped || mine !== generation;
    if (role === "caller" && socketUsed) {
      const fresh = await openSocket().catch(asError);
      if (fresh instanceof Error) return isPast() ? undefined : fail({ code: "network", error: fresh });
      if (isPast()) return fresh.close();
      drop(socket);
      socket = attach(fresh);
    }
    socketUsed = true;
    try {
      const made = await negotiator.begin(offer);
      if (isPast()) return;
      const now = ground.now();
      if (state.role === "caller") move(callerOffers(state, fitted("offer", made), now));
      else if (offer !== undefined) move(answererAnswers(state, offer, fitted("answer", made), now));
    } catch (error) {
      if (!isPast()) fail({ code: "negotiation", error });
    }
  };
  const finish = async (mine: number, answer: string) => {
    try {
      await negotiator.finish(answer);
    } catch (error) {
      if (!stopped && mine === generation) fail({ code: "negotiation", error });
    }
  };
  const fail = (problem: LanProblem) => {
    onProblem(problem);
    if (state.role === "caller") move(callerFails(state, ground.now()));
  };
  const attach = (given: LanSocket): LanSocket => {
    given.onError = (error) => onProblem({ code: "network", error });
    given.onDatagram = hear;
    return given;
  };
  const hear = (packet: Buffer, from: Endpoint) => {
    if (stopped || settled) return;
    const now = ground.now();
    const nowS = Math.floor(now / 1000);
    const glanced = glance(packet, nowS) ?? (mayTry(now) ? undefined : "flood");
    const message = glanced ?? open(packet, key, nowS);
    if (typeof message === "string") {
      counts[message] += 1;
      return;
    }
    if (message.kind === "offer" && options.isOwn?.(message.sdp)) {
      counts.own += 1;
      return;
    }
    const before = state;
    const moved =
      before.role === "caller" ? callerHears(before, message) : answererHears(before, message, from, now);
    counts[moved.tooOften ? "too-often" : moved.steps.length === 0 ? "unexpected" : "taken"] += 1;
    if (moved.steps.length > 0) move(moved);
  };
  const anew = () => move(state.role === "caller" ? newCaller(state) : newAnswerer(ground.now(), state));

  attach(socket);
  anew();
  return {
    counts,
    settle() {
      settled = true;
      cancel?.();
      cancel = undefined;
    },
    listen() {
      if (role === "answerer") settled = false;
    },
    stop() {
      stopped = true;
      generation += 1;
      cancel?.();
      cancel = undefined;
      drop(socket);
    },
    restart() {
      settled = false;
      if (!stopped) anew();
    },
  };
};

/** A closed socket tells nothing any more: what was under way when it was closed included. */
const drop = (socket: LanSocket): void => {
  socket.onDatagram = undefined;
  socket.onError = undefined;
  socket.close();
};

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
