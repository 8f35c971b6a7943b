// SPDX-License-Identifier: MIT
/** A native peer that comes back whenever its line breaks, and writes down all it was told. */
import { WebSocket } from "ws";

type Frame = { readonly [field: string]: unknown };

/** One stay: from a `welcome` to its end. */
export interface Stay {
  readonly session: string;
  /** Numbers taken, by the session that sent them, in the order they came. */
  readonly took: Map<string, number[]>;
  /** It was told that something is missing. */
  gaps: number;
  /** It ended without the peer having wanted that: it was told to join anew. */
  lost: boolean;
}

/** One signal and the last that was said of it. */
export interface Sent {
  readonly number: number;
  readonly bySession: string;
  /** Stay of the target that it was meant for. */
  readonly toSession: string;
  fate: string | undefined;
}

export interface ChaosPeer {
  readonly id: string;
  readonly stays: readonly Stay[];
  readonly sent: readonly Sent[];
  /** Whom it knows now: id by session. */
  readonly known: ReadonlyMap<string, string>;
  readonly session: string | undefined;
  readonly inside: boolean;
  /** What it was told and cannot be. */
  readonly complaints: readonly string[];
  /** Sends the next number to somebody it knows. */
  signal(choice: number): void;
  /** Breaks its line. */
  drop(): void;
  stop(): void;
}

/** How long after a failure it tries again. Milliseconds. */
const againMs = 50;
/** A line that is silent for so long is given up. Milliseconds. */
const patienceMs = 1_500;

export const chaosPeer = (id: string, place: () => string | undefined): ChaosPeer => {
  const stays: Stay[] = [];
  const sent: Sent[] = [];
  const byRef = new Map<string, Sent>();
  const known = new Map<string, string>();
  const complaints: string[] = [];
  let socket: WebSocket | undefined;
  let stay: Stay | undefined;
  let token = "";
  let [seen, seq, incarnation, number] = [0, 0, 1, 0];
  let inside = false;
  let attached = false;
  let over = false;
  let patience: NodeJS.Timeout | undefined;
  let pinging: NodeJS.Timeout | undefined;

  const write = (frame: Frame): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
  };
  const numbered = (frame: Frame): number => {
    seq += 1;
    write({ seq, ...frame });
    return seq;
  };
  const forget = (): void => {
    if (stay !== undefined) stay.lost = true;
    stay = undefined;
    known.clear();
    [seen, seq, incarnation, inside] = [0, 0, 1, false];
  };
  const introduce = (member: Frame): void => {
    const [name, session] = [String(member.id), String(member.session)];
    if (known.has(session)) complaints.push(`${id} was introduced to ${name} twice`);
    known.set(session, name);
  };
  const take = (frame: Frame): void => {
    if (typeof frame.seq === "number") {
      if (frame.seq <= seen) complaints.push(`${id} was told ${frame.seq} twice`);
      seen = frame.seq;
      write({ type: "ack", seen });
    }
    switch (frame.type) {
      case "welcome":
        stay = { session: String(frame.session), took: new Map(), gaps: 0, lost: false };
        stays.push(stay);
        token = String(frame.token);
        attached = true;
        return;
      case "resumed":
        attached = true;
        if (frame.gap === true && stay !== undefined) stay.gaps += 1;
        // What the server never took is not sent again: it counts as never said.
        for (const [ref, one] of byRef) {
          if (one.bySession === stay?.session && Number(ref.split(" ")[1]) > Number(frame.seen))
            one.fate ??= "never taken";
        }
        // A join among it is.
        if (!inside) numbered({ type: "join", room: "r", id });
        return;
      case "joined":
        inside = true;
        known.clear();
        for (const member of frame.members as readonly Frame[]) introduce(member);
        return;
      case "left":
        inside = false;
        known.clear();
        numbered({ type: "join", room: "r", id });
        return;
      case "refused": {
        const refused = byRef.get(`${stay?.session} ${String(frame.of)}`);
        if (refused !== undefined) {
          refused.fate = "refused";
          return;
        }
        // A join that came too early, or an id that somebody who is lost holds still.
        if (frame.of === seq || !inside)
          setTimeout(() => {
            if (!inside && attached) numbered({ type: "join", room: "r", id });
          }, againMs);
        return;
      }
      case "peer-joined":
        introduce(frame.member as Frame);
        return;
      case "peer-left":
        if (!known.delete(String(frame.session)))
          complaints.push(`${id} was told that ${String(frame.id)} left, who was not there`);
        return;
      case "signal": {
        const from = String(frame.session);
        if (!known.has(from))
          complaints.push(`${id} was told something of ${String(frame.from)}, who was not there`);
        const numbers = stay?.took.get(from) ?? [];
        numbers.push(Number((frame.signal as Frame).data));
        stay?.took.set(from, numbers);
        return;
      }
      case "receipt": {
        const one = byRef.get(`${stay?.session} ${String(frame.of)}`);
        if (one !== undefined) one.fate = String(frame.fate);
        return;
      }
      case "closing":
        if (frame.code === "session-unknown" || frame.code === "id-taken") forget();
        return;
      default:
    }
  };
  const connect = (): void => {
    if (over) return;
    attached = false;
    const url = place();
    if (url === undefined) {
      setTimeout(connect, againMs);
      return;
    }
    const line = new WebSocket(url.replace(/^http/, "ws"), "signalbox.v1", { perMessageDeflate: false });
    socket = line;
    const waiting = () => {
      clearTimeout(patience);
      patience = setTimeout(() => line.terminate(), patienceMs);
    };
    waiting();
    line.on("open", () => {
      if (stay === undefined) numbered({ type: "join", room: "r", id });
      else {
        incarnation += 1;
        write({ type: "resume", session: stay.session, token, incarnation, seen });
      }
    });
    line.on("message", (payload) => {
      if (line !== socket) return;
      waiting();
      take(JSON.parse(payload.toString()));
    });
    line.on("error", () => {});
    line.on("close", () => {
      if (line !== socket) return;
      clearTimeout(patience);
      attached = false;
      setTimeout(connect, againMs);
    });
  };
  pinging = setInterval(() => write({ type: "ping" }), patienceMs / 3);
  connect();
  return {
    id,
    stays,
    sent,
    known,
    get session() {
      return stay?.session;
    },
    get inside() {
      return inside && attached;
    },
    complaints,
    signal(choice) {
      const others = [...known];
      const [toSession, to] = others[choice % Math.max(1, others.length)] ?? [];
      if (to === undefined || toSession === undefined || stay === undefined || !inside || !attached) return;
      number += 1;
      const one: Sent = { number, bySession: stay.session, toSession, fate: undefined };
      const ref = numbered({
        type: "signal",
        room: "r",
        to,
        session: toSession,
        signal: { kind: "opaque", data: number },
      });
      byRef.set(`${stay.session} ${ref}`, one);
      sent.push(one);
    },
    drop: () => socket?.terminate(),
    stop() {
      over = true;
      clearTimeout(patience);
      clearInterval(pinging);
      socket?.terminate();
    },
  };
};
