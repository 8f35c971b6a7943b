// SPDX-License-Identifier: MIT
/** The dialect of PeerNet's lines into rooms: what a hub must know of a peer that polls, and nothing of HTTP. */
import {
  type Closing,
  type Codec,
  type Command,
  type Dialect,
  type Event,
  type Frame,
  type Limits,
  type PeerId,
  type Refusal,
  type RoomName,
  type SessionId,
  type Traits,
  withLimits,
} from "@signalbox/core";
import { dialectName, type FromHub, frameOf, readToHub, type ToHub } from "./wire.ts";

/** Whoever polls gets an offer or an answer once, so it is complete; its own candidates may follow what it said. */
const traits: Omit<Traits, "media"> = { takes: "complete", gives: "trickle", messages: false };

const silence: readonly Frame[] = [];
const joining = "join";

/** Never served at a path: its lines are opened from inside. */
export const meetingDialect = (limits: Limits): Dialect => ({
  name: dialectName,
  limits: withLimits({
    ...limits,
    // What comes over these lines was counted where it came in.
    framesPerSecond: Number.MAX_SAFE_INTEGER,
    frameBurst: Number.MAX_SAFE_INTEGER,
  }),
  resumable: false,
  fetchedWithinMs: limits.knockTtlMs,
  answers: true,
  refusesHandshakes: "http",
  accepts: () => false,
  open: () => openCodec(limits.callsPerSession),
});

const openCodec = (callersMax: number): Codec => {
  let room: RoomName | undefined;
  let watched: PeerId | undefined;
  // Sessions that called it. In a room of a thousand nearly nobody does, and the rest is no news to it.
  const callers = new Set<SessionId>();

  const commandsOf = (said: ToHub, frame: Frame): readonly Command[] => {
    if (said.type === "join") {
      room = said.room;
      watched = said.watches;
      const { peer, credential, services, displayName, media, announced } = said;
      const named = displayName === undefined ? {} : { displayName };
      const presence = { services, traits: { ...traits, media }, announced, listens: true, ...named };
      return [
        { type: "open", ...(credential === undefined ? {} : { credential }) },
        { type: "join", room, peer, claim: "exclusive", presence, ref: joining },
      ];
    }
    if (said.type === "settle") return [said];
    if (room === undefined) return [];
    if (said.type === "update") return [{ ...said, room }];
    const { to, session, meaning, ref } = said;
    const signal = { origin: dialectName, verbatim: frame, meaning: () => meaning };
    return [
      {
        type: "signal",
        room,
        to,
        signal,
        ...(session === undefined ? {} : { session }),
        ...(ref === undefined ? {} : { ref }),
      },
    ];
  };
  return {
    opening: [],
    decode: (frame) => ({ commands: commandsOf(readToHub(frame), frame) }),
    encode(event) {
      switch (event.type) {
        case "peerJoined": {
          const { peer, session } = event.member;
          return peer === watched ? told({ type: "came", peer, session }) : silence;
        }
        case "peerLeft": {
          const { peer, session } = event.member;
          return callers.delete(session) || peer === watched
            ? told({ type: "gone", peer, session })
            : silence;
        }
        case "signaled":
          if (event.held === undefined) return encode(event);
          callers.add(event.from.session);
          for (const oldest of callers) if (callers.size > callersMax) callers.delete(oldest);
          return encode(event);
        default:
          return encode(event);
      }
    },
    refuse: closing,
  };
};

const encode = (event: Event): readonly Frame[] => {
  switch (event.type) {
    case "joined":
      return told({ type: "in" });
    case "signaled": {
      const meaning = event.signal.meaning();
      if (meaning.kind === "opaque") return silence;
      const { peer, session, protocol } = event.from;
      const { held } = event;
      return told({
        type: "signal",
        from: { peer, session, protocol },
        meaning,
        ...(held === undefined ? {} : { held }),
      });
    }
    case "receipt":
      return typeof event.ref === "number"
        ? told({ type: "fate", ref: event.ref, fate: event.fate })
        : silence;
    case "refused":
      if (event.ref === joining) return told({ type: "out", why: event.refusal });
      return typeof event.ref === "number"
        ? told({ type: "fate", ref: event.ref, fate: { fate: "refused", refusal: event.refusal } })
        : silence;
    case "opened":
    case "resumed":
    case "left":
    case "peerJoined":
    case "peerLeft":
    case "peerChanged":
    case "updated":
    case "sent":
    case "listed":
    case "iceServersIssued":
      return silence;
  }
};

const told = (message: FromHub): readonly Frame[] => [frameOf(message)];

const closing = (why: Refusal): Closing => ({
  frames: [frameOf({ type: "out", why })],
  code: 1000,
  reason: "",
});
