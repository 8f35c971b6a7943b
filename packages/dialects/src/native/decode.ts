// SPDX-License-Identifier: MIT
/** Frames of peers as commands. */
import {
  type Closing,
  type Command,
  type Decoded,
  exceedsBytes,
  explain,
  type Frame,
  type Limits,
  type Meaning,
  parseCallId,
  parsePeerId,
  parseRoomName,
  type Ref,
  type Refusal,
  type RoomName,
  refusal,
  refusals,
  type Service,
  type SessionId,
  type Signal,
  type Traits,
  textFrame,
} from "@signalbox/core";
import { memberText } from "./member-text.ts";
import { features, type PeerFrame, type SignalBody } from "./wire.ts";

/** What the codec remembers of its session. */
export interface Memory {
  /** Rooms it is in. */
  rooms: readonly RoomName[];
  readonly defaultRoom: RoomName;
  wanted: readonly string[];
  opened: boolean;
}

/** Before a session is open nothing can be answered but by closing; afterwards the line lives on. */
const refuseFrame = (memory: Memory, seq: number | undefined, why: Refusal): Decoded =>
  memory.opened ? refused(seq, why) : { commands: [], closing: closing(why) };

export const malformed = (memory: Memory, seq: number | undefined, detail: string): Decoded =>
  refuseFrame(memory, seq, refusal("malformed", detail));

const refused = (seq: number | undefined, why: Refusal): Decoded => ({
  commands: [{ type: "refuse", refusal: why, ...(seq === undefined ? {} : { ref: seq }) }],
  ...(seq === undefined ? {} : { seq }),
});

/** `text`: the frame as it came. */
export const decodeFrame = (
  memory: Memory,
  limits: Limits,
  frame: PeerFrame,
  bearer: string | undefined,
  text: string,
): Decoded => {
  if (!memory.opened && frame.type !== "join" && frame.type !== "resume") {
    return malformed(memory, undefined, "The first frame must be join or resume.");
  }
  switch (frame.type) {
    case "join":
      return decodeJoin(memory, limits, frame, bearer);
    case "resume":
      if (memory.opened) return refused(undefined, refusal("malformed", "Only a first frame can resume."));
      memory.opened = true;
      return {
        commands: [
          {
            type: "resume",
            session: frame.session as SessionId,
            token: frame.token,
            incarnation: frame.incarnation,
            seen: frame.seen,
          },
        ],
      };
    case "ack":
      return { commands: [{ type: "acknowledge", seen: frame.seen }] };
    case "ping":
      return {
        commands: frame.seen === undefined ? [] : [{ type: "acknowledge", seen: frame.seen }],
        replies: [pong],
      };
    case "end":
      return { commands: [{ type: "end" }] };
    case "ice":
      return { seq: frame.seq, commands: [{ type: "requestIceServers", ref: frame.seq }] };
    default:
      return decodeInRoom(memory, limits, frame, text);
  }
};

const pong: Frame = textFrame('{"type":"pong"}');

type RoomFrame = Extract<PeerFrame, { readonly type: "leave" | "update" | "signal" | "message" | "roster" }>;

const decodeInRoom = (memory: Memory, limits: Limits, frame: RoomFrame, text: string): Decoded => {
  const { seq } = frame;
  const room = roomOf(memory, frame.room);
  if (room === undefined)
    return refused(
      seq,
      refusal("not-joined", "This session is not in exactly one room, so the frame must name one."),
    );
  switch (frame.type) {
    case "leave":
      return { seq, commands: [{ type: "leave", room, ref: seq }] };
    case "update":
      return {
        seq,
        commands: [
          {
            type: "update",
            room,
            ref: seq,
            ...(frame.services === undefined ? {} : { services: servicesOf(frame.services) }),
            ...(frame.displayName === undefined ? {} : { displayName: frame.displayName }),
          },
        ],
      };
    case "signal":
      return decoded(seq, signalCommand(limits, room, frame, seq, memberText(text, "signal")));
    case "message": {
      const body = JSON.stringify(frame.body ?? null);
      if (exceedsBytes(body, limits.messageBytes))
        return refused(seq, refusal("too-large", `A message body: at most ${limits.messageBytes} bytes.`));
      const to = frame.to === undefined ? undefined : parsePeerId(frame.to);
      return {
        seq,
        commands: [
          {
            type: "send",
            room,
            body,
            ref: seq,
            ...(to === undefined ? {} : { to }),
            ...(frame.session === undefined ? {} : { session: frame.session as SessionId }),
          },
        ],
      };
    }
    case "roster":
      return {
        seq,
        commands: [
          {
            type: "list",
            room,
            after: frame.after ?? 0,
            limit: Math.min(frame.limit ?? limits.rosterPage, limits.rosterPage),
            ref: seq,
          },
        ],
      };
  }
};

const decoded = (seq: number, command: Command): Decoded => ({ seq, commands: [command] });

const roomOf = (memory: Memory, named: string | undefined): RoomName | undefined => {
  if (named !== undefined) return parseRoomName(named);
  return memory.rooms.length === 1 ? memory.rooms[0] : undefined;
};

const noServices: readonly Service[] = [];

const usualTraits: Traits = {
  takes: "trickle",
  gives: "trickle",
  media: ["audio", "video", "application"],
  messages: true,
};

type JoinFrame = Extract<PeerFrame, { readonly type: "join" }>;

const decodeJoin = (
  memory: Memory,
  limits: Limits,
  frame: JoinFrame,
  bearer: string | undefined,
): Decoded => {
  const { seq } = frame;
  const room = frame.room === undefined ? memory.defaultRoom : parseRoomName(frame.room);
  const peer = frame.id === undefined ? undefined : parsePeerId(frame.id);
  if (room === undefined || (frame.id !== undefined && peer === undefined))
    return refuseFrame(memory, seq, refusal("bad-name"));
  const commands: Command[] = [];
  if (!memory.opened) {
    memory.opened = true;
    memory.wanted = (frame.features ?? []).filter((feature) => features.some((known) => known === feature));
    const credential = frame.credential ?? bearer;
    commands.push({ type: "open", ...(credential === undefined ? {} : { credential }) });
  }
  const way = frame.trickle === false ? "complete" : "trickle";
  // Nearly all say nothing of it: they share one object.
  const traits: Traits =
    frame.media === undefined && way === "trickle"
      ? usualTraits
      : { takes: way, gives: way, media: frame.media ?? usualTraits.media, messages: true };
  commands.push({
    type: "join",
    room,
    claim: "exclusive",
    ref: seq,
    ...(peer === undefined ? {} : { peer }),
    presence: {
      services: frame.services === undefined ? noServices : servicesOf(frame.services),
      traits,
      announced: true,
      listens: true,
      ...(frame.displayName === undefined ? {} : { displayName: frame.displayName }),
    },
  });
  (frame.signals ?? []).forEach((signal, index) => {
    commands.push(signalCommand(limits, room, signal, `${seq}.${index}`));
  });
  return { seq, commands };
};

const servicesOf = (services: NonNullable<JoinFrame["services"]>): readonly Service[] =>
  services.map(({ name, protocol, version, attributes }) => ({
    name,
    protocol,
    ...(version === undefined ? {} : { version }),
    ...(attributes === undefined ? {} : { attributes }),
  }));

interface Directed {
  readonly to: string;
  readonly session?: string;
  readonly signal: SignalBody;
  readonly receipt?: "delivered";
}

/** `bodyText`: how the peer wrote the body, where that is known. */
const signalCommand = (
  limits: Limits,
  room: RoomName,
  frame: Directed,
  ref: Ref,
  bodyText?: string,
): Command => {
  const to = parsePeerId(frame.to);
  const { signal: body } = frame;
  if (to === undefined) return { type: "refuse", refusal: refusal("bad-name"), ref };
  if ((body.kind === "offer" || body.kind === "answer") && exceedsBytes(body.sdp, limits.sdpBytes)) {
    return {
      type: "refuse",
      refusal: refusal("too-large", `A description: at most ${limits.sdpBytes} bytes.`),
      ref,
    };
  }
  const signal = signalOf(body, bodyText);
  if (frame.session === undefined && frame.receipt === undefined)
    return { type: "signal", room, to, signal, ref };
  return {
    type: "signal",
    room,
    to,
    signal,
    ref,
    ...(frame.session === undefined ? {} : { session: frame.session as SessionId }),
    ...(frame.receipt === undefined ? {} : { wantsDelivery: true }),
  };
};

/** The signal keeps its body as JSON text: told to another native peer unchanged, fields nobody knows included. */
const signalOf = (body: SignalBody, text = JSON.stringify(body)): Signal => ({
  origin: "native",
  verbatim: textFrame(text),
  meaning: () => meaningOf(body),
});

const meaningOf = (body: SignalBody): Meaning => {
  if (body.kind === "opaque") return { kind: "opaque" };
  const call = parseCallId(body.call);
  if (call === undefined) return { kind: "opaque" };
  switch (body.kind) {
    case "offer":
      return {
        kind: body.kind,
        call,
        sdp: body.sdp,
        ...(body.service === undefined ? {} : { service: body.service }),
      };
    case "answer":
      return { kind: body.kind, call, sdp: body.sdp };
    case "candidate":
      return { kind: "candidate", call, ...candidateOf(body.candidate) };
    case "end-of-candidates":
      return { kind: "end-of-candidates", call };
    case "bye":
      return { kind: "bye", call, ...(body.reason === undefined ? {} : { reason: body.reason }) };
  }
};

const candidateOf = ({
  candidate,
  sdpMid,
  sdpMLineIndex,
  usernameFragment,
}: Extract<SignalBody, { kind: "candidate" }>["candidate"]) => ({
  candidate,
  ...(sdpMid === undefined ? {} : { sdpMid }),
  ...(sdpMLineIndex === undefined ? {} : { sdpMLineIndex }),
  ...(usernameFragment === undefined ? {} : { usernameFragment }),
});

/** The last frame, and a close code whose range says whether to come back. */
export const closing = (why: Refusal): Closing => {
  const row = refusals[why.code];
  const frame = {
    type: "closing",
    code: why.code,
    sentence: explain(why),
    retry: row.retry,
    ...(why.retryAfterMs === undefined ? {} : { retryAfterMs: why.retryAfterMs }),
  };
  return { frames: [textFrame(JSON.stringify(frame))], code: row.close, reason: why.code };
};
