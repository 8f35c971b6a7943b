// SPDX-License-Identifier: MIT
/** Events as frames of `signalbox.v1`. */
import {
  type Event,
  explain,
  type Fate,
  type IceServers,
  type Limits,
  type Meaning,
  type Member,
  type Ref,
  type Refusal,
  refusals,
  type Sender,
} from "@signalbox/core";
import { features, type ServerFrame, type SignalBody, type WireMember } from "./wire.ts";

const of = (ref: Ref | undefined): { of?: number; index?: number } => {
  if (ref === undefined) return {};
  if (typeof ref === "number") return { of: ref };
  const [seq, index] = ref.split(".");
  return { of: Number(seq), index: Number(index) };
};

const answering = (ref: Ref | undefined): { of?: number } => {
  const { of: seq } = of(ref);
  return seq === undefined ? {} : { of: seq };
};

const wireMember = (member: Member): WireMember => ({
  id: member.peer,
  session: member.session,
  order: member.order,
  protocol: member.protocol,
  services: member.services,
  traits: {
    trickle: member.traits.takes === "trickle",
    media: member.traits.media,
    messages: member.traits.messages,
  },
  ...(member.displayName === undefined ? {} : { displayName: member.displayName }),
});

const wireIce = (ice: IceServers) => ({
  iceServers: ice.servers,
  ...(ice.ttlMs === undefined ? {} : { iceTtlMs: ice.ttlMs }),
});

const wireRefusal = (no: Refusal) => ({
  code: no.code,
  sentence: explain(no),
  retry: refusals[no.code].retry,
  ...(no.retryAfterMs === undefined ? {} : { retryAfterMs: no.retryAfterMs }),
});

const wireFate = (fate: Fate) => {
  switch (fate.fate) {
    case "queued":
      return { fate: fate.fate, ttlMs: fate.ttlMs };
    case "refused":
      return { fate: fate.fate, ...wireRefusal(fate.refusal) };
    default:
      return { fate: fate.fate };
  }
};

const wireSignal = (meaning: Exclude<Meaning, { readonly kind: "opaque" }>): SignalBody => {
  switch (meaning.kind) {
    case "candidate": {
      const { call, kind, ...candidate } = meaning;
      return { kind, call, candidate };
    }
    default:
      return meaning;
  }
};

/** Who a signal is from, written once for each sender. */
const introductions = new WeakMap<Sender, string>();

const introduction = (from: Sender): string => {
  let text = introductions.get(from);
  if (text === undefined) {
    text = `"from":${JSON.stringify(from.peer)},"session":${JSON.stringify(from.session)},"protocol":${JSON.stringify(from.protocol)},"trickle":${from.traits.takes === "trickle"}`;
    introductions.set(from, text);
  }
  return text;
};

/** The frame as JSON text; undefined where there is no word for the event. */
export const encodeEvent = (
  event: Event,
  seq: number,
  limits: Limits,
  wanted: readonly string[],
): string | undefined => {
  if (event.type === "signaled") {
    const { signal, from } = event;
    let body: string;
    if (signal.origin === "native" && signal.verbatim.kind === "text") body = signal.verbatim.text;
    else {
      const meaning = signal.meaning();
      if (meaning.kind === "opaque") return undefined;
      body = JSON.stringify(wireSignal(meaning));
    }
    // The body is passed on as it came, so it is not parsed and written again here.
    return `{"type":"signal","seq":${seq},"room":${JSON.stringify(event.room)},${introduction(from)}${event.wantsDelivery ? ',"ack":true' : ""},"signal":${body}}`;
  }
  if (event.type === "receipt" && typeof event.ref === "number") {
    const { ref, fate, protocol } = event;
    const told = fate.fate === "queued" || fate.fate === "refused" ? undefined : fate.fate;
    // By far the most frequent of all.
    if (told !== undefined && protocol !== undefined)
      return `{"type":"receipt","seq":${seq},"of":${ref},"fate":"${told}","protocol":${JSON.stringify(protocol)}}`;
  }
  if (event.type === "sent") {
    return `{"type":"message","seq":${seq},"room":${JSON.stringify(event.room)},"from":${JSON.stringify(event.from.peer)},"session":${JSON.stringify(event.from.session)},"body":${event.body}}`;
  }
  return JSON.stringify(plainFrame(event, seq, limits, wanted));
};

const plainFrame = (
  event: Exclude<Event, { readonly type: "signaled" | "sent" }>,
  seq: number,
  limits: Limits,
  wanted: readonly string[],
): ServerFrame => {
  switch (event.type) {
    case "opened":
      return {
        type: "welcome",
        seq,
        version: 1,
        features: wanted.length === 0 ? features : wanted,
        session: event.session,
        token: event.token,
        graceMs: event.graceMs,
        limits: {
          frameBytes: limits.frameBytes,
          sdpBytes: limits.sdpBytes,
          messageBytes: limits.messageBytes,
          framesPerSecond: limits.framesPerSecond,
          frameBurst: limits.frameBurst,
        },
        ...wireIce(event.ice),
      };
    case "resumed":
      return {
        type: "resumed",
        session: event.session,
        incarnation: event.incarnation,
        seen: event.commandsSeen,
        gap: event.gap,
        ...wireIce(event.ice),
      };
    case "joined": {
      const others = event.roster.filter((member) => member.session !== event.self.session);
      const members = others.slice(0, limits.rosterPage);
      const last = members.at(-1);
      return {
        type: "joined",
        seq,
        ...answering(event.ref),
        room: event.room,
        self: wireMember(event.self),
        members: members.map(wireMember),
        size: others.length,
        ...(others.length > members.length && last !== undefined ? { next: last.order } : {}),
        snapshot: event.snapshot,
      };
    }
    case "left":
      return { type: "left", seq, ...answering(event.ref), room: event.room, reason: event.reason };
    case "peerJoined":
      return { type: "peer-joined", seq, room: event.room, member: wireMember(event.member) };
    case "peerLeft":
      return {
        type: "peer-left",
        seq,
        room: event.room,
        id: event.member.peer,
        session: event.member.session,
        reason: event.reason,
      };
    case "peerChanged":
      return { type: "peer-changed", seq, room: event.room, member: wireMember(event.member) };
    case "updated":
      return { type: "updated", seq, ...answering(event.ref), room: event.room };
    case "listed":
      return {
        type: "roster",
        seq,
        ...answering(event.ref),
        room: event.room,
        members: event.members.map(wireMember),
        ...(event.next === undefined ? {} : { next: event.next }),
      };
    case "receipt": {
      const { of: answered = 0, index } = of(event.ref);
      return {
        type: "receipt",
        seq,
        of: answered,
        ...(index === undefined ? {} : { index }),
        ...wireFate(event.fate),
        ...(event.protocol === undefined ? {} : { protocol: event.protocol }),
      };
    }
    case "iceServersIssued":
      return { type: "ice", seq, ...answering(event.ref), ...wireIce(event.ice) };
    case "refused": {
      const { of: answered, index } = of(event.ref);
      // A signal that came with a join has its own answer, told apart by its index: a receipt.
      if (answered !== undefined && index !== undefined) {
        return {
          type: "receipt",
          seq,
          of: answered,
          index,
          ...wireFate({ fate: "refused", refusal: event.refusal }),
        };
      }
      return { type: "refused", seq, ...answering(event.ref), ...wireRefusal(event.refusal) };
    }
  }
};
