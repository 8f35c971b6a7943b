// SPDX-License-Identifier: MIT
import {
  type CallId,
  type Closing,
  type Codec,
  type Command,
  type Decoded,
  type Dialect,
  type Event,
  explain,
  type Frame,
  type Handshake,
  type Limits,
  type Meaning,
  type PeerId,
  type Presence,
  type Refusal,
  type RoomName,
  type Roster,
  refusal,
  type Sender,
  type Service,
  type Traits,
  withLimits,
} from "@signalbox/core";
import { BoundedMap, type Incoming, type Outgoing } from "./calls.ts";
import {
  answerFrame,
  callFrame,
  callIdOf,
  dialectName,
  errorFrame,
  finishedFrame,
  idsOf,
  membersFrame,
  parseEntrance,
  parseObject,
  parseSdp,
  parseTarget,
  stamp,
  type WireObject,
} from "./wire.ts";

export interface FlitterMount {
  /** Where it is served. Default `/`, the only path the original has. A query string is passed over. */
  readonly path?: string;
  /** Are its peers listed to the others? Default true: a caller waits to see its callee in the list. */
  readonly announced?: boolean;
  /** Bounds that differ from the defaults. */
  readonly limits?: Partial<Limits>;
  /** Origins of pages that may connect. Default any; the original client sends none. */
  readonly origins?: readonly string[];
}

/** Video both ways, every candidate inside the description, and no word for anything that comes later. */
const traits: Traits = { takes: "complete", gives: "complete", media: ["video"], messages: false };

/** What each of its peers offers, as peers of other protocols look for it: a call with pictures. */
const services: readonly Service[] = [
  { name: dialectName, protocol: dialectName, version: "1", attributes: { media: traits.media.join(" ") } },
];

const nothing: Decoded = { commands: [] };
const silence: readonly Frame[] = [];

/** Flitter's `!websocket` signalling, served as `flitter_webrtc` serves it. README.md says where it differs. */
export const flitter = (mount: FlitterMount = {}): Dialect => {
  const { path = "/", announced = true, origins } = mount;
  const limits = withLimits(mount.limits ?? {});
  const lists = new WeakMap<Roster, Frame>();
  const listOf = (roster: Roster): Frame => {
    const known = lists.get(roster);
    if (known !== undefined) return known;
    const frame = membersFrame(idsOf(roster));
    lists.set(roster, frame);
    return frame;
  };
  const presence = { services, traits, announced, listens: true };
  const mounted: Mounted = { announced, presence, limits, listOf };
  return {
    name: dialectName,
    limits,
    resumable: false,
    answers: false,
    // A client that gets an HTTP status in place of the upgrade gives up for good.
    refusesHandshakes: "after-accept",
    ...(origins === undefined ? {} : { origins }),
    accepts: (handshake) => handshake.path === path,
    open: (handshake, mint) => new FlitterCodec(mounted, handshake, mint),
  };
};

interface Mounted {
  readonly announced: boolean;
  /** The same for every peer of the mount. */
  readonly presence: Presence;
  readonly limits: Limits;
  /** The `members` frame of a roster, encoded once however many are told it. */
  readonly listOf: (roster: Roster) => Frame;
}

interface Self {
  readonly peer: PeerId;
  readonly room: RoomName;
  /** The id as JSON: it goes into every frame this peer sends. */
  readonly quoted: string;
}

const none: readonly Command[] = [];

/** One connection. A class, because there are many: what they share is not made anew for each. */
class FlitterCodec implements Codec {
  readonly opening = none;
  readonly #mounted: Mounted;
  readonly #mint: () => string;
  // Read at the beginning, so that the handshake need not be kept as long as the connection.
  readonly #credential: string | undefined;
  #outgoing: BoundedMap<Outgoing> | undefined;
  #incoming: BoundedMap<Incoming> | undefined;
  #self: Self | undefined;
  /** The last one that was checked: a peer talks to the same one over and over. */
  #target: PeerId | undefined;
  #roster: Roster = nobody;
  #serial = 0;
  #callPrefix: string | undefined;

  constructor(mounted: Mounted, handshake: Handshake, mint: () => string) {
    this.#mounted = mounted;
    this.#mint = mint;
    this.#credential = handshake.bearer ?? handshake.query("secret");
  }

  decode(frame: Frame): Decoded {
    if (frame.kind === "binary") return nothing;
    const object = parseObject(frame.text);
    if (object === undefined) return { commands: [], closing: refuse(refusal("malformed")) };
    return this.#self === undefined ? this.#enter(object) : this.#relay(this.#self, object, frame.text);
  }

  encode(event: Event): readonly Frame[] {
    switch (event.type) {
      case "joined":
        this.#roster = event.roster;
        return this.#membersNow();
      case "peerJoined":
        this.#roster = event.roster();
        return this.#membersNow();
      case "peerLeft":
        this.#roster = event.roster();
        if (this.#incoming?.get(event.member.peer)?.session === event.member.session) {
          this.#incoming.remove(event.member.peer);
        }
        return this.#membersNow();
      case "signaled":
        return event.signal.origin === dialectName
          ? [event.signal.verbatim]
          : this.#crossing(event.from, event.signal.meaning());
      case "receipt":
        return this.#receipt(event);
      case "opened":
      case "resumed":
      case "left":
      case "peerChanged":
      case "updated":
      case "sent":
      case "listed":
      case "iceServersIssued":
      case "refused":
        return silence;
    }
  }

  refuse(no: Refusal): Closing {
    return refuse(no);
  }

  /** Ids of one connection's calls differ by number, those of two connections by what was minted. */
  #callId(number: number): CallId {
    this.#callPrefix ??= this.#mint();
    return callIdOf(this.#callPrefix, number);
  }

  #enter(object: WireObject): Decoded {
    const entrance = parseEntrance(object);
    switch (entrance.kind) {
      case "other":
        return nothing;
      case "malformed":
        return { commands: [], closing: refuse(refusal("malformed")) };
      case "bad-name":
        return { commands: [], closing: refuse(refusal("bad-name")) };
      case "join": {
        const { peer, room } = entrance;
        this.#self = { peer, room, quoted: JSON.stringify(peer) };
        const credential = this.#credential;
        return {
          commands: [
            { type: "open", ...(credential === undefined ? {} : { credential }) },
            { type: "join", room, peer, claim: "exclusive", presence: this.#mounted.presence },
          ],
        };
      }
    }
  }

  #relay(me: Self, object: WireObject, text: string): Decoded {
    const known = object.to !== undefined && object.to === this.#target;
    const to = known && this.#target !== undefined ? this.#target : parseTarget(object);
    if (to === "nobody") return nothing;
    const verbatim = to === "malformed" ? undefined : stamp(text, object, me.quoted, me.peer);
    if (to === "malformed" || verbatim === undefined) {
      return { commands: [], closing: refuse(refusal("malformed")) };
    }
    this.#target = to;
    return { commands: [this.#signalOf(me, to, object, verbatim)] };
  }

  #signalOf(me: Self, to: PeerId, object: WireObject, verbatim: Frame): Command {
    const command = (meaning: () => Meaning) =>
      ({ type: "signal", room: me.room, to, signal: { origin: dialectName, verbatim, meaning } }) as const;
    const { type } = object;
    if (type === "call") {
      const sdp = parseSdp(object.offer);
      if (sdp !== undefined) {
        this.#serial += 1;
        const number = this.#serial;
        // Asked for only on the way to another dialect: within Flitter nothing is remembered.
        const meaning = (): Meaning => {
          const call = this.#callId(number);
          this.#outgoing ??= new BoundedMap();
          this.#outgoing.put(to, { call }, this.#mounted.limits.callsPerSession);
          return { kind: "offer", call, sdp };
        };
        return { ...command(meaning), ref: number };
      }
    } else if (type === "answer") {
      const told = this.#incoming?.get(to);
      const sdp = parseSdp(object.answer);
      if (told !== undefined && sdp !== undefined) {
        this.#serial += 1;
        told.ref = this.#serial;
        const { call } = told;
        // A caller that is away for a moment is told later; `finished` waits until it was.
        return { ...command(() => ({ kind: "answer", call, sdp })), ref: this.#serial, wantsDelivery: true };
      }
    }
    return command(opaque);
  }

  /** The list as it stands, with whoever is calling at this moment although the room does not announce it. */
  #membersNow(without?: PeerId): readonly Frame[] {
    const { announced, listOf } = this.#mounted;
    if (announced && (this.#incoming?.size ?? 0) === 0 && without === undefined)
      return [listOf(this.#roster)];
    const ids = idsOf(this.#roster);
    if (this.#self !== undefined) ids.add(this.#self.peer);
    for (const [peer, told] of this.#incoming?.entries() ?? []) if (!told.announced) ids.add(peer);
    if (without !== undefined) ids.delete(without);
    return [membersFrame(ids)];
  }

  #crossing(from: Sender, meaning: Meaning): readonly Frame[] {
    const self = this.#self;
    if (self === undefined) return silence;
    switch (meaning.kind) {
      case "offer":
        this.#incoming ??= new BoundedMap();
        this.#incoming.put(
          from.peer,
          { call: meaning.call, session: from.session, announced: from.announced },
          this.#mounted.limits.callsPerSession,
        );
        return [callFrame(self.peer, meaning.sdp, from.peer)];
      case "answer":
        if (this.#outgoing?.get(from.peer)?.call !== meaning.call) return silence;
        this.#outgoing.remove(from.peer);
        return [answerFrame(self.peer, meaning.sdp, from.peer)];
      case "bye": {
        const ours = [this.#incoming, this.#outgoing].filter(
          (calls) => calls?.get(from.peer)?.call === meaning.call,
        );
        for (const calls of ours) calls?.remove(from.peer);
        // To Flitter a peer that hangs up is one that disappears: it lets go of the call and is back in 5 s.
        return ours.length === 0 ? silence : this.#membersNow(from.peer);
      }
      case "candidate":
      case "end-of-candidates":
      case "opaque":
        return silence;
    }
  }

  #receipt(event: Extract<Event, { readonly type: "receipt" }>): readonly Frame[] {
    const { fate } = event.fate;
    const self = this.#self;
    // Within Flitter the original says nothing, whatever becomes of a frame.
    if (event.protocol === dialectName || self === undefined || fate === "queued") return silence;
    // Only calls, and answers to other dialects, carry a mark.
    if (fate === "refused") return [errorFrame(explain(event.fate.refusal))];
    for (const [peer, told] of this.#incoming?.entries() ?? []) {
      if (told.ref !== event.ref) continue;
      this.#incoming?.remove(peer);
      // Who is called by Flitter waits for `finished` once it has answered; no other dialect has that word.
      return fate === "unknown" ? this.#membersNow(peer) : [finishedFrame(self.peer, peer)];
    }
    return silence;
  }
}

const nobody: Roster = [];

const opaque = (): Meaning => ({ kind: "opaque" });

/**
 * Every end is an `error` frame and then 1000 without a reason: the client says the words, sleeps 5 s and comes back.
 * Not for malformed frames, which the original answers with the closing alone, and with 1009 for oversized ones.
 */
const refuse = (no: Refusal): Closing => {
  switch (no.code) {
    case "malformed":
    case "ended-by-peer":
      return { frames: [], code: 1000, reason: "" };
    case "id-taken":
      return ending("User ID already taken");
    case "too-large":
      return { ...ending(explain(no)), code: 1009 };
    case "bad-name":
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
    case "overloaded":
    case "draining":
    case "cluster-away":
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
      return ending(explain(no));
  }
};

const ending = (error: string): Closing => ({ frames: [errorFrame(error)], code: 1000, reason: "" });
