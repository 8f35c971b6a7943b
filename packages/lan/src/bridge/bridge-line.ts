// SPDX-License-Identifier: MIT
/** One bridged id: a peer in a room on the one side, both roles of the broadcast exchange on the other. */
import type { CallId, Dialect, Frame, Hub, Line, PeerId } from "@signalbox/core";
import { type Exchange, type LanCounts, type LanGround, type LanSocket, runExchange } from "../exchange.ts";
import type { LanKey } from "../key.ts";
import { offerSlackMs, resendMs, sendsMax } from "../machine.ts";
import { ageMaxS, aheadMaxS, packetBytes, packetBytesMax } from "../packet.ts";
import { trimAdvice, trimToFit } from "../trim.ts";
import type { BridgeProblem, Served } from "./bridge.ts";
import { newRing, type Ring, type RingStep, type Rung, ringEnds, ringMembers, ringRefused } from "./ring.ts";
import { type FromHub, frameOf, type Reachable, readFromHub, type ToHub } from "./wire.ts";

/** Calls from the room that are broadcast at once for one id. */
export const outgoingMax = 8;
/** A caller on the LAN gives an offer up after so long, and makes a new one: ringing on would be of no use. Milliseconds. */
export const ringMs = sendsMax * (resendMs + offerSlackMs);
/** Pause before the room is joined again. Milliseconds. As long as Flitter's own clients wait. */
const rejoinMs = 5_000;

export interface BridgeLineParts {
  readonly served: Served;
  readonly key: LanKey;
  readonly hub: Pick<Hub, "open">;
  readonly dialect: Dialect;
  readonly mint: () => string;
  readonly ground: LanGround;
  readonly mayTry: (now: number) => boolean;
  readonly credential?: string;
  readonly answererSocket: () => Promise<LanSocket>;
  readonly callerSocket: () => Promise<LanSocket>;
  readonly onProblem: (problem: BridgeProblem) => void;
}

export interface BridgeLine {
  readonly counts: LanCounts;
  close(): void;
}

/** A copy of what was broadcast from here may come back so late: a packet's whole life. Milliseconds. */
const ownMs = (ageMaxS + aheadMaxS) * 1_000;

/** A call from the room, being broadcast. */
interface Outgoing {
  stop(): void;
}

export const bridgeLine = async (parts: BridgeLineParts): Promise<BridgeLine> => {
  const { served, key, hub, dialect, ground, onProblem } = parts;
  const outgoing = new Map<string, Outgoing>();
  /** Offers broadcast from here, and until when they may come back. */
  const own = new Map<string, number>();
  /** What each answer to `failed` is about. */
  const asked = new Map<number, { readonly to: PeerId; readonly call: CallId }>();
  let line: Line | undefined;
  let members: readonly Reachable[] = [];
  let ringing: { ring: Ring; answer: (sdp: string) => void; cancel: () => void } | undefined;
  let refs = 0;
  let closed = false;
  let cancelRejoin = () => {};

  // The room

  const say = (message: ToHub) => line?.receive(frameOf(message));
  const take = (steps: readonly RingStep[]) => {
    for (const { do: type, ...step } of steps) {
      if (type === "bye" && "reason" in step) say({ type, ...step });
      if (type === "offer" && "sdp" in step) {
        refs += 1;
        asked.set(refs, step);
        // Fates come soon or not at all.
        if (asked.size > 64) asked.delete(asked.keys().next().value ?? refs);
        say({ type, ...step, ref: refs });
      }
    }
  };
  const rung = ({ ring, steps }: Rung) => {
    if (ringing !== undefined) ringing.ring = ring;
    take(steps);
  };
  const mintCall = () => parts.mint() as CallId;
  const hear = (message: FromHub) => {
    switch (message.type) {
      case "members":
        members = message.members.filter(({ peer }) => served.only === undefined || peer === served.only);
        if (ringing !== undefined) rung(ringMembers(ringing.ring, members, mintCall));
        return;
      case "offer":
        return broadcast(message.from, message.call, message.sdp);
      case "answer":
        if (ringing?.ring.calls.get(message.from) !== message.call) return;
        ringing.answer(message.sdp);
        return stopRinging("answered-elsewhere", message.from);
      case "bye":
        if (ringing !== undefined) ringing.ring = ringRefused(ringing.ring, message.from, message.call);
        return outgoing.get(callKey(message.from, message.call))?.stop();
      case "failed": {
        const about = asked.get(message.ref);
        asked.delete(message.ref);
        if (about !== undefined && ringing !== undefined) {
          ringing.ring = ringRefused(ringing.ring, about.to, about.call);
        }
        return;
      }
      case "closing":
        onProblem({ code: "room", why: message.why });
        return leaveRoom();
    }
  };
  const enterRoom = () => {
    if (closed) return;
    const inbox: Frame[] = [];
    let isOpen = true;
    const drain = () => {
      for (const frame of inbox.splice(0)) if (isOpen && !closed) hear(readFromHub(frame));
    };
    const port = {
      // The hub tells while it is deciding something else: what is done about it comes after.
      write(frames: readonly Frame[]) {
        if (inbox.length === 0) queueMicrotask(drain);
        inbox.push(...frames);
      },
      close({ frames }: { readonly frames: readonly Frame[] }) {
        port.write(frames);
      },
      pause() {},
      resume() {},
      backlogBytes: () => 0,
    };
    line = hub.open(port, dialect, insideHandshake);
    const opened = line;
    leaveLine = () => {
      isOpen = false;
      opened.closed();
    };
    const { id: peer, room } = served;
    say({
      type: "join",
      peer,
      room,
      ...(parts.credential === undefined ? {} : { credential: parts.credential }),
    });
  };
  let leaveLine = () => {};
  const leaveRoom = () => {
    leaveLine();
    line = undefined;
    members = [];
    asked.clear();
    for (const call of [...outgoing.values()]) call.stop();
    cancelRejoin();
    if (!closed) cancelRejoin = ground.after(rejoinMs, enterRoom);
  };

  // From the LAN into the room

  const stopRinging = (reason: string, except?: PeerId) => {
    if (ringing === undefined) return;
    const { ring, cancel } = ringing;
    ringing = undefined;
    cancel();
    take(ringEnds(ring, reason, except));
  };
  const ring = (offer: string): Promise<string> =>
    new Promise((answer) => {
      stopRinging("replaced");
      const cancel = ground.after(ringMs, () => stopRinging("expired"));
      ringing = { ring: newRing(offer), answer, cancel };
      rung(ringMembers(ringing.ring, members, mintCall));
    });

  // From the room onto the LAN

  const callKey = (from: PeerId, call: CallId) => `${from}\n${call}`;
  const broadcast = (from: PeerId, call: CallId, sdp: string) => {
    const end = (reason: string) => say({ type: "bye", to: from, call, reason });
    const name = callKey(from, call);
    outgoing.get(name)?.stop();
    if (outgoing.size >= outgoingMax) return end("As many calls to this id as can be are under way.");
    const fits = (text: string) => packetBytes({ kind: "offer", sdp: text }) <= packetBytesMax;
    const { sdp: offer } = trimToFit("offer", sdp, fits);
    if (!fits(offer))
      return end(`The offer does not fit into one packet of the local network. ${trimAdvice}`);
    let exchange: Exchange | undefined;
    let over = false;
    const stop = () => {
      over = true;
      exchange?.stop();
      if (outgoing.get(name)?.stop === stop) outgoing.delete(name);
    };
    outgoing.set(name, { stop });
    for (const [old, until] of own) if (until <= ground.now()) own.delete(old);
    own.set(offer, ground.now() + ringMs + ownMs);
    const giveUp = (reason: string) => {
      if (over) return;
      stop();
      end(reason);
    };
    let offered = false;
    runExchange({
      role: "caller",
      key,
      ground,
      openSocket: parts.callerSocket,
      trims: false,
      onProblem,
      negotiator: {
        async begin() {
          // A new offer is the caller's to make, and it is not here.
          if (offered) giveUp("Nobody answered on the local network.");
          offered = true;
          return offer;
        },
        async finish(answer) {
          if (over) return;
          stop();
          refs += 1;
          say({ type: "answer", to: from, call, sdp: answer, ref: refs });
        },
      },
    }).then(
      (started) => {
        exchange = started;
        if (over) started.stop();
      },
      (error: unknown) => {
        onProblem({ code: "network", error: error instanceof Error ? error : new Error(String(error)) });
        giveUp("The local network cannot be reached.");
      },
    );
  };

  enterRoom();
  const answerer = await runExchange({
    role: "answerer",
    key,
    ground,
    openSocket: parts.answererSocket,
    mayTry: parts.mayTry,
    // Every listener on the port hears a broadcast, its sender too.
    isOwn: (sdp) => own.has(sdp),
    onProblem,
    negotiator: { begin: (offer = "") => ring(offer), finish: async () => {} },
  });
  return {
    counts: answerer.counts,
    close() {
      if (closed) return;
      stopRinging("drained");
      closed = true;
      answerer.stop();
      leaveRoom();
    },
  };
};

/** A line from inside has no address of its own. */
const insideHandshake = { path: "/", query: () => undefined, protocols: [], address: "127.0.0.1" };
