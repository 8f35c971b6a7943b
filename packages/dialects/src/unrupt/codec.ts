// SPDX-License-Identifier: MIT
import {
  type Closing,
  type Codec,
  type Command,
  type Decoded,
  type Dialect,
  type Event,
  type Frame,
  type Handshake,
  type Limits,
  type Meaning,
  type Millis,
  type PeerId,
  type Presence,
  parsePeerId,
  parseRoomName,
  type Refusal,
  type RoomName,
  refusal,
  refusals,
  type Sender,
  type Service,
  type Traits,
  withLimits,
} from "@signalbox/core";
import { type CallMemory, callMemory } from "./calls.ts";
import { dialectName, parseFrame, parseSignal, type WireFrame } from "./wire.ts";

export interface UnruptMount {
  /** Where it is served, with its trailing slash. Default `/websocket/`, the only path the original has. */
  readonly path?: string;
  /** The room its peers are in. Default a room of their own; mounted into another, they meet whoever is there. */
  readonly room?: string;
  /** Are its peers listed to the others of the room? Default false: to know an id is to be allowed to call it. */
  readonly announced?: boolean;
  /** Refuse a finger that is held already? Default false: its page reloads to hang up, and the old socket may linger. */
  readonly refuseTaken?: boolean;
  /** Drop frames whose `from` is absent or another id than the sender's? Default false: the original relays them. */
  readonly checkFrom?: boolean;
  /** Bounds that differ from the defaults. */
  readonly limits?: Partial<Limits>;
  /** Origins of pages that may connect. Default any: its public page is served from elsewhere. */
  readonly origins?: readonly string[];
}

/** The room of a mount that was not given one. */
export const privateRoom = "~unrupt";

/** Candidates flow both ways, but those of the page only once its signaling state is stable. */
const traits: Traits = {
  takes: "trickle",
  gives: "after-answer",
  media: ["audio", "video"],
  messages: false,
};

/** What each of its peers offers, as peers of other protocols look for it: a call with pictures and sound. */
const services: readonly Service[] = [
  { name: dialectName, protocol: dialectName, version: "1", attributes: { media: traits.media.join(" ") } },
];

/** Nobody is told of anybody in the room of an unannounced mount, so its size costs nothing but memory. */
const unannouncedMembers = 1_000_000;

const nothing: Decoded = { commands: [] };
const silence: readonly Frame[] = [];

/** The relay behind Unrupt and |pipe|, served as fingersmith serves it. README.md says where it differs. */
export const unrupt = (mount: UnruptMount = {}): Dialect => {
  const { path = "/websocket/", announced = false, refuseTaken = false, checkFrom = false, origins } = mount;
  const room = parseRoomName(mount.room ?? privateRoom);
  if (room === undefined) throw new RangeError(`not a room name: ${JSON.stringify(mount.room)}`);
  const limits = withLimits({ ...(announced ? {} : { roomMembers: unannouncedMembers }), ...mount.limits });
  // Of those who left it has to know only where it may have called them; in its own room nobody is another dialect's.
  const presence = { services: announced ? services : [], traits, announced, listens: room !== privateRoom };
  const mounted: Mounted = { room, presence, refuseTaken, checkFrom, limits };
  return {
    name: dialectName,
    limits,
    resumable: false,
    answers: false,
    refusesHandshakes: "http",
    ...(origins === undefined ? {} : { origins }),
    accepts: (handshake) => handshake.path === path,
    open: (handshake, mint) => openCodec(mounted, handshake, mint),
  };
};

interface Mounted {
  readonly room: RoomName;
  /** The same for every peer of the mount. */
  readonly presence: Presence;
  readonly refuseTaken: boolean;
  readonly checkFrom: boolean;
  readonly limits: Limits;
}

const openCodec = (mounted: Mounted, handshake: Handshake, mint: () => string): Codec => {
  const self = parsePeerId(handshake.query("finger") ?? mint());
  if (self === undefined) return namelessCodec();
  return new UnruptCodec(mounted, self, handshake.bearer ?? handshake.query("secret"), mint);
};

/** One connection. A class, because there are many: what they share is not made anew for each. */
class UnruptCodec implements Codec {
  readonly #mounted: Mounted;
  readonly #self: PeerId;
  readonly #credential: string | undefined;
  readonly #mint: () => string;
  // Most connections never meet another dialect.
  #memory: CallMemory | undefined;
  #checked: PeerId | undefined;

  constructor(mounted: Mounted, self: PeerId, credential: string | undefined, mint: () => string) {
    this.#mounted = mounted;
    this.#self = self;
    this.#credential = credential;
    this.#mint = mint;
  }

  get opening(): readonly Command[] {
    const { room, refuseTaken, presence } = this.#mounted;
    const credential = this.#credential;
    return [
      { type: "open", ...(credential === undefined ? {} : { credential }) },
      { type: "join", room, peer: this.#self, claim: refuseTaken ? "exclusive" : "shared", presence },
    ];
  }

  decode(frame: Frame): Decoded {
    if (frame.kind === "binary") return nothing;
    const wire = parseFrame(frame.text);
    if (wire === undefined || (this.#mounted.checkFrom && wire.from !== this.#self)) return nothing;
    const to = this.#targetOf(wire.to);
    if (to === undefined) return nothing;
    const signal = this.#memory !== undefined && wire.type === "answer" ? parseSignal(wire) : undefined;
    const answered = signal === undefined ? undefined : this.#memory?.answered(to, signal);
    if (answered === undefined)
      return { commands: [this.#relayOf(to, frame, () => this.#meaningOf(to, wire))] };
    const { meaning, replies } = answered;
    return { commands: [this.#relayOf(to, frame, () => meaning)], replies };
  }

  encode(event: Event, _seq: number, now: Millis): readonly Frame[] {
    switch (event.type) {
      case "signaled":
        return event.signal.origin === dialectName
          ? [event.signal.verbatim]
          : this.#crossing(event.from, event.signal.meaning(), now);
      case "peerLeft":
        this.#memory?.left(event.member.peer, event.member.session);
        return silence;
      // No frame that its page does not expect: one that is not for it makes it stop and ask its user.
      case "opened":
      case "resumed":
      case "joined":
      case "left":
      case "peerJoined":
      case "peerChanged":
      case "updated":
      case "sent":
      case "listed":
      case "receipt":
      case "iceServersIssued":
      case "refused":
        return silence;
    }
  }

  refuse(no: Refusal): Closing {
    return refuse(no);
  }

  wakeAt(): Millis | undefined {
    return this.#memory?.wakesAt;
  }

  wake(now: Millis): Decoded {
    return { commands: [], replies: this.#memory?.due(now) ?? silence };
  }

  #calls(): CallMemory {
    this.#memory ??= callMemory(this.#self, this.#mint, this.#mounted.limits);
    return this.#memory;
  }

  /** A peer talks to the same one over and over: its id is checked once. */
  #targetOf(to: string): PeerId | undefined {
    if (to !== this.#checked) this.#checked = parsePeerId(to);
    return this.#checked;
  }

  #meaningOf(to: PeerId, frame: WireFrame): Meaning {
    const signal = parseSignal(frame);
    return signal === undefined ? { kind: "opaque" } : this.#calls().meaning(to, signal);
  }

  #relayOf(to: PeerId, verbatim: Frame, meaning: () => Meaning): Command {
    return {
      type: "signal",
      room: this.#mounted.room,
      to,
      signal: { origin: dialectName, verbatim, meaning },
    };
  }

  #crossing(from: Sender, meaning: Meaning, now: Millis): readonly Frame[] {
    const calls = this.#calls();
    switch (meaning.kind) {
      case "offer":
        return calls.offer(from.peer, from.session, meaning.call, meaning.sdp, now);
      case "answer":
        return calls.answer(from.peer, from.session, meaning.call, meaning.sdp);
      case "candidate":
        // The page knows no other section than the first, which carries everything once bundled.
        return (meaning.sdpMLineIndex ?? 0) === 0 && meaning.candidate !== ""
          ? calls.candidate(from.peer, meaning.call, meaning.candidate)
          : silence;
      case "bye":
        calls.bye(from.peer, meaning.call);
        return silence;
      case "end-of-candidates":
      case "opaque":
        return silence;
    }
  }
}

/** For a finger no peer can have: the line ends before it began. */
const namelessCodec = (): Codec => {
  const closing = refuse(refusal("bad-name"));
  return {
    opening: [],
    decode: () => ({ commands: [], closing }),
    encode: () => silence,
    refuse,
    wakeAt: () => 0,
    wake: () => ({ commands: [], closing }),
  };
};

/** No frame, ever: the page shows its user what it does not expect. It logs how its socket closed, so that says why. */
const refuse = (no: Refusal): Closing => ({
  frames: [],
  code: closeCode(no),
  reason: refusals[no.code].sentence,
});

const closeCode = (no: Refusal): number => {
  switch (no.code) {
    case "ended-by-peer":
      return 1000;
    case "draining":
      return 1001;
    case "too-large":
      return 1009;
    case "cluster-away":
    case "overloaded":
      return 1013;
    case "malformed":
    case "bad-name":
    case "id-taken":
    case "room-full":
    case "too-many-rooms":
    case "not-joined":
    case "already-joined":
    case "unknown-peer":
    case "media-mismatch":
    case "not-understood":
    case "answered-elsewhere":
    case "mailbox-full":
    case "expired":
    case "unreachable":
    case "rate-limited":
    case "slow-peer":
    case "silent":
    case "unresponsive":
    case "session-unknown":
    case "stale-incarnation":
    case "replaced":
    case "unauthorized":
    case "forbidden":
    case "origin-refused":
    case "version-unsupported":
    case "too-many-services":
    case "bad-argument":
    case "media-unsupported":
    case "not-acceptable":
    case "not-found":
    case "exists":
    case "etag-mismatch":
    case "contended":
    case "room-not-empty":
    case "registry-full":
    case "too-many-knocks":
    case "ambiguous-selector":
    case "already-answered":
    case "not-answered":
    case "knock-over":
      return 1008;
  }
};
