// SPDX-License-Identifier: MIT
/** What one Unrupt connection remembers of its calls with peers of other dialects. */
import type { CallId, Frame, Meaning, Millis, PeerId, SessionId } from "@signalbox/core";
import { callIdOf, frameOf, type WireSession, type WireSignal } from "./wire.ts";

/** An offer goes out at once and then so often again: a page drops it until its user is ready. As the page itself does. */
const resends = 5;
/** Time between two of them. Milliseconds. As the page itself does. */
const resendMs: Millis = 10_000;

/** The call with one peer of another dialect. A page has one connection, so of several the last one is meant. */
interface Talk {
  readonly call: CallId;
  /** What the page calls it by. It keeps the first session it ever heard of, and ignores candidates of any other. */
  readonly session: WireSession;
  /** The stay of the other peer, where it has spoken yet. */
  readonly stay: SessionId | undefined;
  readonly offeredBy: "page" | "other";
  /** The last offer. */
  readonly sdp: string;
  readonly answered: boolean;
  /** Candidates of the other peer that came before the call was answered. */
  readonly held: readonly string[];
  readonly resendsLeft: number;
  /** When the offer goes out again. */
  readonly due: Millis | undefined;
}

export interface CallBounds {
  /** Calls remembered; the one that was silent longest is forgotten first. */
  readonly callsPerSession: number;
  /** Candidates held of one call; later ones are told once only. */
  readonly heldSignals: number;
}

export const callMemory = (self: PeerId, mint: () => string, bounds: CallBounds) => {
  const talks = new Map<PeerId, Talk>();
  let prefix: string | undefined;
  let unnamed = 0;
  let lastSession = 0;
  let wakesAt: Millis | undefined;

  const reckon = (): void => {
    wakesAt = undefined;
    for (const { due } of talks.values()) {
      if (due !== undefined && (wakesAt === undefined || due < wakesAt)) wakesAt = due;
    }
  };

  const put = (peer: PeerId, talk: Talk): void => {
    talks.delete(peer);
    talks.set(peer, talk);
    if (talks.size > bounds.callsPerSession) {
      const [oldest] = talks.keys();
      if (oldest !== undefined) talks.delete(oldest);
    }
    reckon();
  };

  const remove = (peer: PeerId): void => {
    talks.delete(peer);
    reckon();
  };

  const callId = (session: WireSession): CallId => {
    prefix ??= mint();
    if (session !== undefined) return callIdOf(prefix, session);
    unnamed += 1;
    return callIdOf(prefix, `unnamed-${unnamed}`);
  };

  /** Grows with every call, so that no two of a connection share one. Never 0: the page takes that for none. */
  const mintSession = (now: Millis): number => {
    lastSession = Math.max(Math.trunc(now), lastSession + 1);
    return lastSession;
  };

  const offerOf = (peer: PeerId, { sdp, session, resendsLeft }: Talk): Frame =>
    frameOf(self, resendsLeft, peer, "offer", sdp, session);

  const candidatesOf = (peer: PeerId, session: WireSession, held: readonly string[]): readonly Frame[] =>
    held.map((candidate) => frameOf(self, 0, peer, "candidate", candidate, session));

  return {
    /** When the next offer is due again. */
    get wakesAt(): Millis | undefined {
      return wakesAt;
    },

    /** What an offer or candidate of the page means to a peer of another dialect. */
    meaning(to: PeerId, { type, sdp, session }: WireSignal): Meaning {
      const known = talks.get(to);
      switch (type) {
        case "offer": {
          // The page repeats its offer until it hears an answer: that is the same call.
          if (
            known?.offeredBy === "page" &&
            known.session === session &&
            (session !== undefined || known.sdp === sdp)
          ) {
            return { kind: "offer", call: known.call, sdp };
          }
          const call = callId(session);
          const stay = known?.stay;
          put(to, {
            call,
            session,
            stay,
            offeredBy: "page",
            sdp,
            answered: false,
            held: [],
            resendsLeft: 0,
            due: undefined,
          });
          return { kind: "offer", call, sdp };
        }
        case "candidate":
          if (known === undefined) return { kind: "opaque" };
          if (sdp === "") return { kind: "end-of-candidates", call: known.call };
          return { kind: "candidate", call: known.call, candidate: sdp, sdpMLineIndex: 0 };
        case "answer":
          return { kind: "opaque" };
      }
    },

    /**
     * The page answers. Undefined where it was not asked, or has answered before: it answers a repeated offer again.
     * `replies` are the candidates it can take now, under the session it named.
     */
    answered(
      to: PeerId,
      { sdp, session }: WireSignal,
    ): { readonly meaning: Meaning; readonly replies: readonly Frame[] } | undefined {
      const talk = talks.get(to);
      if (talk === undefined || talk.offeredBy === "page" || talk.answered) return undefined;
      const named = session ?? talk.session;
      put(to, { ...talk, session: named, sdp: "", answered: true, held: [], resendsLeft: 0, due: undefined });
      return {
        meaning: { kind: "answer", call: talk.call, sdp },
        replies: candidatesOf(to, named, talk.held),
      };
    },

    /** Another peer offers: anew, or again within the same call. */
    offer(from: PeerId, stay: SessionId, call: CallId, sdp: string, now: Millis): readonly Frame[] {
      const before = talks.get(from);
      const same = before?.call === call ? before : undefined;
      const talk: Talk = {
        call,
        session: same === undefined ? mintSession(now) : same.session,
        stay,
        offeredBy: "other",
        sdp,
        answered: false,
        held: same?.held ?? [],
        resendsLeft: resends,
        due: now + resendMs,
      };
      put(from, talk);
      return [offerOf(from, talk)];
    },

    /** Another peer answers the page's offer. */
    answer(from: PeerId, stay: SessionId, call: CallId, sdp: string): readonly Frame[] {
      const talk = talks.get(from);
      if (talk?.call !== call || talk.offeredBy === "other" || talk.answered) return [];
      put(from, { ...talk, stay, answered: true, held: [] });
      return [
        frameOf(self, 0, from, "answer", sdp, talk.session),
        ...candidatesOf(from, talk.session, talk.held),
      ];
    },

    /**
     * Another peer's candidate. Before it has taken the offer the page passes candidates over, and nobody but itself
     * knows when that was: those of an unanswered call are told at once, and once more when it is answered.
     */
    candidate(from: PeerId, call: CallId, candidate: string): readonly Frame[] {
      const talk = talks.get(from);
      if (talk?.call !== call) return [];
      if (!talk.answered && talk.held.length < bounds.heldSignals)
        put(from, { ...talk, held: [...talk.held, candidate] });
      return talk.answered || talk.offeredBy === "other" ? candidatesOf(from, talk.session, [candidate]) : [];
    },

    /** Another peer hangs up. */
    bye(from: PeerId, call: CallId): void {
      if (talks.get(from)?.call === call) remove(from);
    },

    /** Another peer left the room. */
    left(peer: PeerId, stay: SessionId): void {
      if (talks.get(peer)?.stay === stay) remove(peer);
    },

    /** The offers that are due again. */
    due(now: Millis): readonly Frame[] {
      const frames: Frame[] = [];
      for (const [peer, talk] of [...talks]) {
        if (talk.due === undefined || talk.due > now) continue;
        const resendsLeft = talk.resendsLeft - 1;
        const next: Talk = { ...talk, resendsLeft, due: resendsLeft > 0 ? now + resendMs : undefined };
        talks.set(peer, next);
        frames.push(offerOf(peer, next));
      }
      reckon();
      return frames;
    },
  };
};

export type CallMemory = ReturnType<typeof callMemory>;
