// SPDX-License-Identifier: MIT
/** The calls of one room: which signal belongs to which, and what becomes of two that cross. */
import type { Call, CallOptions } from "./call.ts";
import type { CallHost, CallInRoom } from "./call-host.ts";
import { createCall } from "./call-life.ts";
import type { Chance } from "./clock.ts";
import { stranger } from "./roster.ts";
import type { FrameOf, Peer } from "./wire.ts";

/** Incoming calls that wait for an answer, at most; further callers are told `busy`. Each holds a connection. */
const ringingMax = 16;
/** Ended calls that are remembered, so that what is still on its way for them rings nobody. */
const overMax = 256;

export interface CallsHost extends Omit<CallHost, "over"> {
  readonly chance: Chance;
  /** Can this runtime negotiate at all? */
  readonly webrtc: boolean;
  peer(id: string): Peer | undefined;
  /** Somebody calls. */
  incoming(call: Call): void;
}

export interface Calls {
  /** Under way, by call id. */
  readonly running: ReadonlyMap<string, Call>;
  call(to: string | Peer, options: CallOptions): Call;
  take(frame: FrameOf<"signal">): void;
  peerLeft(peer: Peer): void;
  sessionChanged(): void;
  lineTurned(error?: unknown): void;
  /** Ends all, or those that are not connected. */
  hangUp(all: boolean): void;
}

export const createCalls = (host: CallsHost): Calls => {
  const calls = new Map<string, CallInRoom>();
  const running = new Map<string, Call>();
  const over = new Set<string>();

  const add = (one: CallInRoom): Call => {
    calls.set(one.call.id, one);
    running.set(one.call.id, one.call);
    return one.call;
  };
  const remove = (id: string) => {
    calls.delete(id);
    running.delete(id);
    over.add(id);
    const [oldest] = over;
    if (over.size > overMax && oldest !== undefined) over.delete(oldest);
  };
  const inRoom: CallHost = Object.assign(Object.create(host), {
    over: (one: CallInRoom) => remove(one.call.id),
  });
  const ringing = () => [...running.values()].filter(({ state }) => state === "ringing");

  const take = ({ signal, from, session, protocol, trickle }: FrameOf<"signal">) => {
    if (signal.kind === "opaque") return;
    const known = calls.get(signal.call);
    if (known !== undefined) {
      // Only who is in a call may speak in it.
      if (known.call.peer.id === from) known.receive(signal, session);
      return;
    }
    if (signal.kind !== "offer" || over.has(signal.call)) return;
    // Why it is declined is a courtesy: a caller that does not get it hears nothing, and gives up by itself.
    const decline = (reason: string) => {
      host.signal(from, session, { kind: "bye", call: signal.call, reason }).catch(() => {});
    };
    // It renews a call that this page, loaded anew, knows nothing of.
    if (signal.again) return decline("unknown-call");
    const mine = [...calls.values()].find((one) => one.unanswered && one.call.peer.id === from);
    if (mine !== undefined) return cross(mine, signal.call, signal.sdp, session);
    if (!host.webrtc) return decline("no-webrtc");
    if (ringing().length >= ringingMax) return decline("busy");
    const peer = host.stay(session) ?? stranger(from, session, protocol, trickle);
    host.incoming(
      add(createCall({ host: inRoom, id: signal.call, peer, options: {}, offer: { ...signal, session } })),
    );
  };

  /**
   * Two peers call each other at the same moment. Both see both call ids, and the smaller one stands: whoever made the
   * other takes the peer's offer in its place. A peer of another protocol does not know this rule, so its call stands.
   */
  const cross = (mine: CallInRoom, theirs: string, sdp: string, session: string) => {
    if (mine.offered && !mine.foreign && mine.call.id < theirs) return mine.outlive(theirs);
    remove(mine.call.id);
    mine.adopt(theirs, sdp, session);
    add(mine);
  };

  return {
    running,
    call(to, options) {
      options.signal?.throwIfAborted();
      const id = typeof to === "string" ? to : to.id;
      const called = ringing().find(({ peer }) => peer.id === id);
      if (called !== undefined) {
        // It calls already: taking that call is what both want. How it goes on is told by the call's own events.
        called.accept(options).catch(() => {});
        return called;
      }
      const session = typeof to === "string" ? undefined : to.session;
      const peer = typeof to === "string" ? (host.peer(id) ?? stranger(id, "", host.self.protocol)) : to;
      return add(createCall({ host: inRoom, id: host.chance.id(), peer, options, session }));
    },
    take,
    peerLeft({ session }) {
      for (const one of [...calls.values()]) if (one.call.peer.session === session) one.peerLeft();
    },
    sessionChanged() {
      for (const one of [...calls.values()]) one.sessionChanged();
    },
    lineTurned(error) {
      for (const one of [...calls.values()]) one.lineTurned(error);
    },
    hangUp(all) {
      for (const call of [...running.values()]) {
        if (all || (call.state !== "connected" && call.state !== "interrupted")) call.hangUp();
      }
    },
  };
};
