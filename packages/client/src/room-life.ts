// SPDX-License-Identifier: MIT
/** One room from its first join to its end, through every session in between. */
import { createAlarm } from "./alarm.ts";
import { backoffMs } from "./backoff.ts";
import type { CallOptions } from "./call.ts";
import { createCalls } from "./calls.ts";
import { defined } from "./defined.ts";
import { emitter } from "./emitter.ts";
import { failure, SignalboxError } from "./failure.ts";
import type { Answer } from "./outbox.ts";
import type { JoinOptions, Presence, Room, RoomEvents, RoomState, Session } from "./room.ts";
import { createRoster, stranger } from "./roster.ts";
import type { RoomFrame, Seat, SessionCore } from "./session.ts";
import { deferred, unlessAborted } from "./settle.ts";
import type { FrameOf, LeaveReason, Peer, Receipt } from "./wire.ts";

const features = ["resume", "delivery", "messages", "services"];

export interface RoomParts {
  readonly core: SessionCore;
  readonly session: Session;
  readonly RTCPeerConnection: (new (configuration: RTCConfiguration) => RTCPeerConnection) | undefined;
  readonly configuration: RTCConfiguration | undefined;
}

/** Before the first join there is no self; nobody holds the room by then. */
const nobody = stranger("", "");

const presenceOf = ({ displayName, services }: Presence): Presence => defined({ displayName, services });

/** Joins a room. Resolves when its roster is whole. */
export const enterRoom = (parts: RoomParts, options: JoinOptions): Promise<Room> => {
  const { core, RTCPeerConnection: Connection } = parts;
  const events = emitter<RoomEvents>(["call", "message"]);
  const entering = deferred<Room>();
  const roster = createRoster({
    joined: (peer) => events.emit("peer-joined", peer),
    changed: (peer) => events.emit("peer-changed", peer),
    left(peer, reason) {
      calls.peerLeft(peer);
      events.emit("peer-left", peer, reason);
    },
  });
  let presence = presenceOf(options);
  let name = options.room;
  let self: Peer | undefined;
  let state: RoomState = "away";
  /** Has somebody been given the room? */
  let entered = false;
  let joinedAt = 0;
  let refusedTimes = 0;
  const rejoining = createAlarm(core.clock);

  const turn = (next: RoomState, error?: unknown) => {
    if (state === next || self === undefined) return;
    state = next;
    calls.lineTurned(error);
    events.emit("state", next);
  };

  const shut = (reason: LeaveReason | "closed", error: unknown) => {
    if (state === "closed") return;
    rejoining.stop();
    stopListening();
    core.unseat(seat);
    entering.reject(error);
    turn("closed", error);
    state = "closed";
    events.emit("left", reason, error);
  };

  const receiptOf = (answer: Answer): Receipt => (answer.type === "receipt" ? answer : { fate: "unknown" });

  const calls = createCalls({
    clock: core.clock,
    chance: core.chance,
    webrtc: Connection !== undefined,
    get self() {
      return self ?? nobody;
    },
    get line() {
      return state;
    },
    get lineOpenAt() {
      return core.openAt;
    },
    get joinedAt() {
      return joinedAt;
    },
    configuration: (own) => ({
      iceServers: core.iceServers.map((server) => ({ ...server, urls: [...server.urls] })),
      ...parts.configuration,
      ...own,
    }),
    connection(configuration) {
      if (Connection === undefined) throw failure("no-webrtc");
      return new Connection(configuration);
    },
    peer: (id) => roster.peers.get(id),
    stay: roster.stay,
    holders: roster.holders,
    incoming: (call) => events.emit("call", call),
    signal(to, session, signal, told) {
      const tell = (answer: Answer) => told?.(receiptOf(answer));
      return core.ask(
        defined({
          type: "signal",
          room: name,
          to,
          session,
          signal,
          receipt: signal.kind === "offer" ? "delivered" : undefined,
        }),
        signal.kind === "offer" ? { answered: tell, later: tell } : { answered: tell },
      );
    },
  });

  /** The rest of a roster, page by page. */
  const complete = async ({ next }: FrameOf<"joined">) => {
    for (let after = next; after !== undefined; ) {
      const page: Answer = await core.ask(defined({ type: "roster", room: name, after }));
      if (page.type !== "roster") break;
      roster.add(page.members);
      after = page.next;
    }
    roster.complete();
  };

  const joined = (frame: FrameOf<"joined">) => {
    if (state === "closed") {
      // Nobody waits for it any more. Where this is not heard, the session's end says it.
      core.ask({ type: "leave", room: frame.room }).catch(() => {});
      return;
    }
    if (self !== undefined && self.session !== frame.self.session) calls.sessionChanged();
    name = frame.room;
    self = frame.self;
    joinedAt = core.clock.now();
    refusedTimes = 0;
    roster.begin(frame.members);
    const whole = () => {
      entered = true;
      turn("open");
      entering.resolve(room);
    };
    if (frame.next === undefined) {
      roster.complete();
      whole();
    } else complete(frame).then(whole, unjoined);
  };

  /** A join, or the roster after it, did not come through. */
  const unjoined = (error: unknown) => {
    if (state === "closed") return;
    const told = error instanceof SignalboxError ? error : undefined;
    const lost = told?.code === "session-lost" || told?.code === "signaling-lost";
    // The session that follows joins again by itself.
    if (lost && (entered || core.state === "connecting")) return;
    if (!entered || !told?.retry) return shut("closed", error);
    events.emit("refused", told);
    // A minted id has nothing to hold on to.
    if (told.code === "id-taken" && options.id === undefined) self = { ...(self ?? nobody), id: "" };
    const wait = Math.max(told.retryAfterMs ?? 0, backoffMs(refusedTimes, core.chance.random));
    refusedTimes += 1;
    rejoining.set(wait, () => seat.enter(false));
  };

  const seat: Seat = {
    get room() {
      return name;
    },
    get inside() {
      return state === "open" || core.id === self?.session;
    },
    enter(first, credential) {
      rejoining.stop();
      core
        .ask(
          defined({
            type: "join",
            room: name,
            id: self?.id || options.id,
            ...presence,
            media: options.media ?? (Connection === undefined ? [] : undefined),
            credential,
            features: first ? features : undefined,
          }),
          { first, answered: (answer) => answer.type === "joined" && joined(answer) },
        )
        .catch(unjoined);
    },
    take(frame: RoomFrame) {
      switch (frame.type) {
        case "joined":
          // The answer to a join was taken as such.
          if (frame.of === undefined) joined(frame);
          return;
        case "left":
          return shut(frame.reason, undefined);
        case "peer-joined":
          return roster.join(frame.member);
        case "peer-changed":
          return roster.change(frame.member);
        case "peer-left":
          return roster.leave(frame.session, frame.reason);
        case "signal":
          return calls.take(frame);
        case "message":
          return events.emit("message", {
            from: roster.stay(frame.session) ?? stranger(frame.from, frame.session),
            body: frame.body,
          });
        case "updated":
        case "roster":
          // Answers: whoever asked has them.
          return;
      }
    },
    closed: (error) => shut("closed", error),
  };

  const stops = [
    core.on("state", (line) => {
      if (line === "away") turn("away");
      // A new session has yet to join.
      else if (line === "open" && core.id === self?.session) turn("open");
    }),
    core.on("refused", (error) => events.emit("refused", error)),
    core.on("closing", () => calls.hangUp(true)),
  ];
  const stopListening = () => {
    for (const stop of stops) stop();
  };

  const room: Room = {
    on: events.on,
    get name() {
      return name ?? "";
    },
    get self() {
      return self ?? nobody;
    },
    peers: roster.peers,
    calls: calls.running,
    get state() {
      return state;
    },
    session: parts.session,
    call(peer, given: CallOptions = {}) {
      if (state === "closed") throw failure("left");
      return calls.call(peer, given);
    },
    async send(body, { to, signal } = {}) {
      if (state === "closed") throw failure("left");
      const target = typeof to === "object" ? { to: to.id, session: to.session } : defined({ to });
      return receiptOf(
        await core.ask({ type: "message", ...defined({ room: name }), ...target, body }, { signal }),
      );
    },
    async update(changes, signal) {
      if (state === "closed") throw failure("left");
      const told = presenceOf(changes);
      await core.ask(defined({ type: "update", room: name, ...told }), { signal });
      presence = { ...presence, ...told };
      if (self !== undefined) self = { ...self, ...told };
    },
    async leave() {
      if (state === "closed") return;
      calls.hangUp(false);
      // Leaving the last room ends the session, which says it all.
      const said = core.seats > 1 ? core.ask(defined({ type: "leave", room: name })) : undefined;
      shut("left", failure("left"));
      await said?.catch((error: unknown) => {
        // Where the line is lost for good the server lets the room go by itself.
        if (!(error instanceof SignalboxError)) throw error;
      });
    },
  };

  const joining = unlessAborted(entering.promise, options.signal);
  joining.catch((error: unknown) => shut("closed", error));
  core.seat(seat);
  return joining;
};
