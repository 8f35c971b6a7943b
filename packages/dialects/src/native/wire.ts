// SPDX-License-Identifier: MIT
/**
 * The frames of `signalbox.v1`: the single source of their checks, types, JSON Schema and AsyncAPI document.
 * docs/native-protocol.md says what they mean.
 */
import { nameLengthMax, namePattern } from "@signalbox/core";
import {
  anything,
  array,
  boolean,
  integer,
  literal,
  nullable,
  object,
  oneOf,
  optional,
  record,
  type Static,
  string,
  tagged,
} from "./shape.ts";

/** The WebSocket subprotocol. A new major version gets a new name. */
export const subprotocol = "signalbox.v1";

/** What this version can do beyond the frames every peer must know. A peer names those it wants; the welcome names those in force. */
export const features = ["resume", "delivery", "messages", "services"] as const;

const sequence = integer(1, Number.MAX_SAFE_INTEGER);
const count = integer(0, Number.MAX_SAFE_INTEGER);
const name = string({ minLength: 1, maxLength: nameLengthMax, pattern: namePattern });
const shortText = string({ maxLength: 1024 });
const mediaKind = oneOf("audio", "video", "application");

const service = object(
  {
    name,
    protocol: name,
    version: optional(string({ maxLength: 64 })),
    attributes: optional(record(shortText, 64)),
  },
  "Something a peer offers to others.",
);

const candidate = object(
  {
    candidate: string({ maxLength: 4096 }),
    sdpMid: optional(nullable(string({ maxLength: 256 }))),
    sdpMLineIndex: optional(nullable(integer(0, 65_535))),
    usernameFragment: optional(nullable(string({ maxLength: 256 }))),
  },
  "RTCIceCandidateInit of W3C webrtc-pc.",
);

// Reserved for key-derived ids and signed descriptions: carried untouched, checked by nobody yet.
const reserved = {
  signer: optional(string({ maxLength: 512 })),
  signature: optional(string({ maxLength: 1024 })),
};

export const signalBody = tagged("kind", {
  offer: object({
    kind: literal("offer"),
    call: name,
    sdp: string({ minLength: 1 }),
    service: optional(name),
    ...reserved,
  }),
  answer: object({ kind: literal("answer"), call: name, sdp: string({ minLength: 1 }), ...reserved }),
  candidate: object({ kind: literal("candidate"), call: name, candidate, ...reserved }),
  "end-of-candidates": object({ kind: literal("end-of-candidates"), call: name, ...reserved }),
  bye: object({ kind: literal("bye"), call: name, reason: optional(shortText), ...reserved }),
  opaque: object({ kind: literal("opaque"), call: optional(name), data: anything, ...reserved }),
});

const directed = {
  to: name,
  session: optional(name),
  signal: signalBody,
  receipt: optional(oneOf("delivered")),
};

const presence = {
  id: optional(name),
  displayName: optional(string({ maxLength: 256 })),
  services: optional(array(service, 256)),
  media: optional(array(mediaKind, 3)),
  trickle: optional(boolean),
};

/** Frames a peer sends. Each but `resume`, `ack`, `ping` and `end` carries `seq` and is answered with `of` = that number. */
export const peerFrame = tagged("type", {
  join: object(
    {
      type: literal("join"),
      seq: sequence,
      room: optional(name),
      ...presence,
      credential: optional(string({ maxLength: 8192 })),
      features: optional(array(string({ maxLength: 64 }), 64)),
      signals: optional(array(object(directed), 16)),
      key: optional(string({ maxLength: 1024 })),
      proof: optional(string({ maxLength: 1024 })),
    },
    "Enter a room. As the first frame it also opens the session; `signals` go out as soon as the peer is in.",
  ),
  resume: object(
    {
      type: literal("resume"),
      session: name,
      token: string({ minLength: 1, maxLength: 256 }),
      incarnation: integer(2, Number.MAX_SAFE_INTEGER),
      seen: count,
    },
    "Return to a session on a new line. Only as the first frame.",
  ),
  leave: object({ type: literal("leave"), seq: sequence, room: optional(name) }, "Leave a room."),
  update: object(
    {
      type: literal("update"),
      seq: sequence,
      room: optional(name),
      displayName: presence.displayName,
      services: presence.services,
    },
    "Change what the others are told of you.",
  ),
  signal: object(
    { type: literal("signal"), seq: sequence, room: optional(name), ...directed },
    "A signal to one peer.",
  ),
  message: object(
    {
      type: literal("message"),
      seq: sequence,
      room: optional(name),
      to: optional(name),
      session: optional(name),
      body: anything,
    },
    "An application message to one peer, or without `to` to all others in the room.",
  ),
  roster: object(
    {
      type: literal("roster"),
      seq: sequence,
      room: optional(name),
      after: optional(count),
      limit: optional(integer(1, 1000)),
    },
    "Ask for a page of the roster.",
  ),
  ice: object({ type: literal("ice"), seq: sequence }, "Ask for fresh ICE servers."),
  ack: object({ type: literal("ack"), seen: count }, "All frames up to this `seq` have been taken."),
  ping: object({ type: literal("ping"), seen: optional(count) }, "Is the line alive? Answered with `pong`."),
  end: object({ type: literal("end") }, "End the session now, without a grace time."),
});

const traits = object(
  {
    trickle: boolean,
    media: array(mediaKind, 3),
    messages: boolean,
  },
  "What can be negotiated with this peer. Without `trickle` its descriptions and those sent to it are complete.",
);

const member = object(
  {
    id: name,
    session: name,
    order: count,
    protocol: name,
    displayName: optional(string({ maxLength: 256 })),
    services: array(service, 256),
    traits,
  },
  "A peer in a room. Of two, the one with the higher `order` joined later.",
);

const iceServers = array(
  object({
    urls: array(shortText, 16),
    username: optional(shortText),
    credential: optional(shortText),
  }),
  32,
);
const ice = { iceServers, iceTtlMs: optional(count) };
const leaveReason = oneOf("left", "lost", "replaced", "drained", "node-lost");
const refusalFields = {
  code: name,
  sentence: string(),
  retry: boolean,
  retryAfterMs: optional(count),
};

/** Frames the server sends. Each with `seq` is kept until acknowledged, and told again after a resume. */
export const serverFrame = tagged("type", {
  welcome: object(
    {
      type: literal("welcome"),
      seq: sequence,
      version: literal(1),
      features: array(string(), 64),
      session: name,
      token: string(),
      graceMs: count,
      limits: object({
        frameBytes: count,
        sdpBytes: count,
        messageBytes: count,
        framesPerSecond: count,
        frameBurst: count,
      }),
      ...ice,
    },
    "The session is open.",
  ),
  resumed: object(
    {
      type: literal("resumed"),
      session: name,
      incarnation: count,
      seen: count,
      gap: boolean,
      ...ice,
    },
    "The session is attached to this line; frames not acknowledged follow. With `gap` some are lost, and each room follows as it stands.",
  ),
  joined: object(
    {
      type: literal("joined"),
      seq: sequence,
      of: optional(sequence),
      room: name,
      self: member,
      members: array(member, 1000),
      size: count,
      next: optional(count),
      snapshot: boolean,
    },
    "You are in. `members` is the first page of the others; `next` asks for more.",
  ),
  left: object(
    { type: literal("left"), seq: sequence, of: optional(sequence), room: name, reason: leaveReason },
    "You are out.",
  ),
  "peer-joined": object(
    { type: literal("peer-joined"), seq: sequence, room: name, member },
    "A peer came in.",
  ),
  "peer-left": object(
    { type: literal("peer-left"), seq: sequence, room: name, id: name, session: name, reason: leaveReason },
    "A peer went.",
  ),
  "peer-changed": object(
    { type: literal("peer-changed"), seq: sequence, room: name, member },
    "A peer changed what it tells of itself.",
  ),
  updated: object(
    { type: literal("updated"), seq: sequence, of: optional(sequence), room: name },
    "Your update is told.",
  ),
  signal: object(
    {
      type: literal("signal"),
      seq: sequence,
      room: name,
      from: name,
      session: name,
      protocol: name,
      trickle: boolean,
      signal: signalBody,
      ack: optional(literal(true)),
    },
    "A signal from a peer. With `ack` its sender waits: acknowledge at once.",
  ),
  message: object(
    { type: literal("message"), seq: sequence, room: name, from: name, session: name, body: anything },
    "An application message from a peer.",
  ),
  roster: object(
    {
      type: literal("roster"),
      seq: sequence,
      of: optional(sequence),
      room: name,
      members: array(member, 1000),
      next: optional(count),
    },
    "A page of the roster.",
  ),
  receipt: object(
    {
      type: literal("receipt"),
      seq: sequence,
      of: sequence,
      index: optional(count),
      fate: oneOf("sent", "delivered", "queued", "unknown", "refused"),
      ttlMs: optional(count),
      protocol: optional(name),
      code: optional(name),
      sentence: optional(string()),
      retry: optional(boolean),
      retryAfterMs: optional(count),
    },
    "What became of a signal or message. `index`: which of a join's `signals`.",
  ),
  refused: object(
    { type: literal("refused"), seq: sequence, of: optional(sequence), ...refusalFields },
    "No, and why.",
  ),
  ice: object({ type: literal("ice"), seq: sequence, of: optional(sequence), ...ice }, "Fresh ICE servers."),
  pong: object({ type: literal("pong") }, "The line is alive."),
  closing: object(
    { type: literal("closing"), ...refusalFields },
    "Last frame before the server closes the line; the close code says the same.",
  ),
});

export type SignalBody = Static<typeof signalBody>;
export type PeerFrame = Static<typeof peerFrame>;
export type ServerFrame = Static<typeof serverFrame>;
export type WireMember = Static<typeof member>;
export type WireService = Static<typeof service>;
export type WireIceServers = Static<typeof iceServers>;
