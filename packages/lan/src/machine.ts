// SPDX-License-Identifier: MIT
/**
 * The two roles of the exchange as machines without hands: a datagram or a due time goes in, what to do comes out.
 *
 * Times and counts are the protocol's: a description is sent up to five times, five seconds apart; each role waits a
 * moment longer than that, so that neither talks while the other, or an original, is about to.
 */
import { type Allowance, fullAllowance, type Rate, spend } from "./allowance.ts";
import type { LanMessage } from "./packet.ts";

/** Time between two sends. Milliseconds. */
export const resendMs = 5_000;
/**
 * A caller waits this much longer. Milliseconds. The original answerer repeats its answer after 5 s without a datagram, and
 * an offer that comes in just before keeps it silent: it must get its turn. 50 ms: above the jitter of a LAN and two event loops.
 */
export const offerSlackMs = 50;
/** An answerer waits this much longer: a caller's repeat, which is answered at once, comes first. Milliseconds. */
export const answerSlackMs = 2 * offerSlackMs;
/** Sends of one description, the first included. */
export const sendsMax = 5;
/** New offers an answerer takes up: each costs a peer connection. Callers repeat themselves, so what is refused comes again. */
export const freshRate: Rate = { burst: 5, perSecond: 0.2 };

/** Where datagrams come from and go to. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export type Step =
  /** Send this; an offer goes to everyone, an answer to the endpoint. */
  | { readonly do: "send"; readonly message: LanMessage; readonly to: Endpoint | "everyone" }
  /** Make a peer connection (the caller: and an offer; the answerer: an answer to `offer`). Anything made before is closed. */
  | { readonly do: "begin"; readonly offer?: string }
  /** Apply the answer. */
  | { readonly do: "finish"; readonly answer: string };

export interface Caller {
  readonly role: "caller";
  /** Undefined while the offer is being made, or could not be. */
  readonly offer: string | undefined;
  readonly sends: number;
  readonly dueAt: number | undefined;
  readonly answered: boolean;
  /** Answers that were applied: whoever repeats one after a new offer is late, or replays it. */
  readonly past: readonly string[];
}

export interface Answerer {
  readonly role: "answerer";
  readonly offer: string | undefined;
  /** Where the offer first came from. Only there the answer goes by itself. */
  readonly from: Endpoint | undefined;
  /** Undefined while the answer is being made, or could not be. */
  readonly answer: string | undefined;
  readonly sends: number;
  readonly dueAt: number | undefined;
  /** Offers whose time is over: whoever repeats them is late, or replays them. */
  readonly past: readonly string[];
  /** New offers that may be taken up. */
  readonly fresh: Allowance;
}

/** How many past descriptions are remembered. A caller makes a new one every 25 s, and a packet lives for 70 s at most. */
const pastMax = 16;

export interface Moved<State> {
  readonly state: State;
  readonly steps: readonly Step[];
  /** A new offer was passed over because too many came. */
  readonly tooOften?: true;
}

const remembered = (past: readonly string[], description: string | undefined): readonly string[] =>
  description === undefined || past.includes(description) ? past : [...past, description].slice(-pastMax);

/** A caller at its beginning; `before` is what it was until now. */
export const newCaller = (before?: Caller): Moved<Caller> => ({
  state: {
    role: "caller",
    offer: undefined,
    sends: 0,
    dueAt: undefined,
    answered: false,
    past: before?.past ?? [],
  },
  steps: [{ do: "begin" }],
});

/** The offer is made: it goes out at once. */
export const callerOffers = (state: Caller, offer: string, now: number): Moved<Caller> => ({
  state: { ...state, offer, sends: 1, dueAt: now + resendMs + offerSlackMs, answered: false },
  steps: [{ do: "send", message: { kind: "offer", sdp: offer }, to: "everyone" }],
});

/** No offer could be made, or the answer could not be applied: from the beginning, after a pause. */
export const callerFails = (state: Caller, now: number): Moved<Caller> => ({
  state: { ...state, offer: undefined, answered: false, dueAt: now + resendMs },
  steps: [],
});

/** A datagram under our key. Only the first answer counts; the original's five repeats of it change nothing. */
export const callerHears = (state: Caller, message: LanMessage): Moved<Caller> => {
  if (message.kind !== "answer" || state.offer === undefined || state.answered) return { state, steps: [] };
  if (state.past.includes(message.sdp)) return { state, steps: [] };
  return {
    state: { ...state, answered: true, dueAt: undefined, past: remembered(state.past, message.sdp) },
    steps: [{ do: "finish", answer: message.sdp }],
  };
};

/** Five seconds have passed: the offer again, or after the fifth a new one. */
export const callerWakes = (state: Caller, now: number): Moved<Caller> => {
  if (state.dueAt === undefined || now < state.dueAt) return { state, steps: [] };
  if (state.offer === undefined || state.sends >= sendsMax) return newCaller(state);
  return {
    state: { ...state, sends: state.sends + 1, dueAt: now + resendMs + offerSlackMs },
    steps: [{ do: "send", message: { kind: "offer", sdp: state.offer }, to: "everyone" }],
  };
};

/** An answerer that waits; `before` is what it was until now: an offer that led nowhere is not taken up again. */
export const newAnswerer = (now: number, before?: Answerer): Moved<Answerer> => ({
  state: {
    role: "answerer",
    offer: undefined,
    from: undefined,
    answer: undefined,
    sends: 0,
    dueAt: undefined,
    past: before === undefined ? [] : remembered(before.past, before.offer),
    fresh: before?.fresh ?? fullAllowance(freshRate, now),
  },
  steps: [],
});

/**
 * A datagram under our key. The offer we already know gets its stored answer again (the original would let it wait, and a
 * lost answer would stay lost); another offer takes the place of the old one.
 */
export const answererHears = (
  state: Answerer,
  message: LanMessage,
  from: Endpoint,
  now: number,
): Moved<Answerer> => {
  if (message.kind !== "offer" || state.past.includes(message.sdp)) return { state, steps: [] };
  if (message.sdp === state.offer) {
    if (state.answer === undefined || state.sends >= sendsMax) return { state, steps: [] };
    return {
      state: { ...state, sends: state.sends + 1, dueAt: now + resendMs + answerSlackMs },
      steps: [{ do: "send", message: { kind: "answer", sdp: state.answer }, to: from }],
    };
  }
  const fresh = spend(state.fresh, freshRate, now);
  if (fresh === undefined) return { state, steps: [], tooOften: true };
  const past = remembered(state.past, state.offer);
  return {
    state: {
      role: "answerer",
      offer: message.sdp,
      from,
      answer: undefined,
      sends: 0,
      dueAt: undefined,
      past,
      fresh,
    },
    steps: [{ do: "begin", offer: message.sdp }],
  };
};

/** The answer to `offer` is made: it goes out at once, unless a newer offer came meanwhile. */
export const answererAnswers = (
  state: Answerer,
  offer: string,
  answer: string,
  now: number,
): Moved<Answerer> => {
  if (offer !== state.offer || state.from === undefined) return { state, steps: [] };
  return {
    state: { ...state, answer, sends: 1, dueAt: now + resendMs + answerSlackMs },
    steps: [{ do: "send", message: { kind: "answer", sdp: answer }, to: state.from }],
  };
};

/** Five seconds of silence: the answer again; after the fifth the answerer is free for whoever calls next. */
export const answererWakes = (state: Answerer, now: number): Moved<Answerer> => {
  if (
    state.dueAt === undefined ||
    now < state.dueAt ||
    state.answer === undefined ||
    state.from === undefined
  ) {
    return { state, steps: [] };
  }
  if (state.sends >= sendsMax) return { state: { ...state, dueAt: undefined }, steps: [] };
  return {
    state: { ...state, sends: state.sends + 1, dueAt: now + resendMs + answerSlackMs },
    steps: [{ do: "send", message: { kind: "answer", sdp: state.answer }, to: state.from }],
  };
};
