// SPDX-License-Identifier: MIT
/** The dialect of the bridge's lines: what a hub must know of a peer on the LAN, and nothing of packets. */
import {
  type Codec,
  type Command,
  type Decoded,
  type Dialect,
  explain,
  type Frame,
  isRefusal,
  type Limits,
  type Meaning,
  type Refusal,
  type RoomName,
  type Roster,
  refusal,
  refusals,
  type Traits,
  withLimits,
} from "@signalbox/core";
import { dialectName, type FromHub, frameOf, parseToHub, type ToHub } from "./wire.ts";

/** Video both ways and complete descriptions, as the original negotiates; nothing can be told it afterwards. */
const traits: Traits = { takes: "complete", gives: "complete", media: ["video"], messages: false };

const nothing: Decoded = { commands: [] };
const silence: readonly Frame[] = [];

/** Never served at a path: its lines are opened from inside. */
export const lanDialect = (limits: Partial<Limits> = {}): Dialect => ({
  name: dialectName,
  limits: withLimits(limits),
  resumable: false,
  answers: true,
  refusesHandshakes: "http",
  accepts: () => false,
  open: () => openCodec(),
});

const openCodec = (): Codec => {
  let room: RoomName | undefined;
  let self: string | undefined;

  const meaningOf = ({ type, call, ...rest }: Exclude<ToHub, { readonly type: "join" }>): Meaning => {
    if (type === "bye") return { kind: "bye", call, ...("reason" in rest ? { reason: rest.reason } : {}) };
    return { kind: type, call, sdp: "sdp" in rest ? rest.sdp : "" };
  };
  const commandsOf = (said: ToHub, frame: Frame): readonly Command[] => {
    if (said.type === "join") {
      if (room !== undefined) return [];
      const { peer, credential } = said;
      room = said.room;
      self = peer;
      const presence = {
        // As peers of Flitter's other signaling offer it: who looks for one finds both.
        services: [{ name: "flitter", protocol: "flitter", version: "1", attributes: { media: "video" } }],
        displayName: `${peer} on the local network`,
        traits,
        announced: true,
        listens: true,
      };
      return [
        { type: "open", ...(credential === undefined ? {} : { credential }) },
        { type: "join", room, peer, claim: "exclusive", presence },
      ];
    }
    if (room === undefined) return [];
    const signal = { origin: dialectName, verbatim: frame, meaning: () => meaningOf(said) };
    return [{ type: "signal", room, to: said.to, signal, ...("ref" in said ? { ref: said.ref } : {}) }];
  };
  /** Whom a caller on the LAN can be put through to: who takes video, and is not on the LAN itself. */
  const membersFrame = (roster: Roster): readonly Frame[] => {
    const members = roster
      .filter(
        ({ peer, protocol, traits: { media } }) =>
          peer !== self && protocol !== dialectName && media.includes("video"),
      )
      .map(({ peer, session }) => ({ peer, session }));
    return [frameOf({ type: "members", members })];
  };
  const told = (message: FromHub): readonly Frame[] => [frameOf(message)];
  const failed = (ref: number | string | undefined, why: string): readonly Frame[] =>
    typeof ref === "number" ? told({ type: "failed", ref, why }) : silence;

  return {
    opening: [],
    decode(frame) {
      const said = parseToHub(frame);
      return said === undefined ? nothing : { commands: commandsOf(said, frame) };
    },
    encode(event) {
      switch (event.type) {
        case "joined":
          return membersFrame(event.roster);
        case "peerJoined":
        case "peerLeft":
          return membersFrame(event.roster());
        case "signaled": {
          const meaning = event.signal.meaning();
          const { peer } = event.from;
          switch (meaning.kind) {
            case "offer":
            case "answer":
              return told({ type: meaning.kind, from: peer, call: meaning.call, sdp: meaning.sdp });
            case "bye":
              return told({ type: "bye", from: peer, call: meaning.call });
            case "candidate":
            case "end-of-candidates":
            case "opaque":
              return silence;
          }
          return silence;
        }
        case "receipt":
          if (event.fate.fate === "unknown") return failed(event.ref, explain(refusal("unknown-peer")));
          return event.fate.fate === "refused" ? failed(event.ref, explain(event.fate.refusal)) : silence;
        case "refused":
          // A refused join is the end of this attempt; the bridge opens another line later.
          return isJoinRefusal(event.refusal)
            ? [closingFrame(event.refusal)]
            : failed(event.ref, explain(event.refusal));
        case "opened":
        case "resumed":
        case "left":
        case "peerChanged":
        case "updated":
        case "sent":
        case "listed":
        case "iceServersIssued":
          return silence;
      }
    },
    refuse: (no) => ({ frames: [closingFrame(no)], code: 1000, reason: "" }),
  };
};

const joinRefusals: ReadonlySet<string> = new Set([
  "id-taken",
  "room-full",
  "forbidden",
  "bad-name",
  "too-many-rooms",
]);
const isJoinRefusal = (no: Refusal): boolean => isRefusal(no) && joinRefusals.has(no.code);

const closingFrame = (no: Refusal): Frame =>
  frameOf({ type: "closing", why: explain(no), retry: refusals[no.code].retry });
