// SPDX-License-Identifier: MIT
/** A native peer that comes back whenever its line breaks, sends again what was not taken, and writes down all it was told. */
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";
import { type Chronicle, chronicle, type Frame } from "./chronicle.ts";

export interface ChaosPeer {
  readonly id: string;
  readonly history: Chronicle;
  /** The session it has. */
  readonly session: string | undefined;
  /** Is it in its room, with a line? */
  readonly present: boolean;
  /** Sends the next number to somebody it knows. */
  signal(choice: number): void;
  /** Sends the next number to this one. */
  say(toSession: string | undefined): void;
  /** Breaks its line; `mid-frame` when the server has half of a frame. */
  drop(how?: "now" | "mid-frame"): void;
  /** Ends its session. */
  end(): void;
  /** Is gone, and never comes back. */
  stop(): void;
}

export interface ChaosPeerOptions {
  readonly room?: string;
  /** How long after a failure it tries again. Milliseconds. */
  readonly againMs?: number;
  /** A line that is silent for so long is given up. Milliseconds. */
  readonly patienceMs?: number;
}

/** How long it gathers what it took before it says so: each of both would be beyond its rate. Milliseconds. */
const acknowledgeMs = 50;
/** Pause before it asks again for what was refused. Milliseconds. */
const askAgainMs = 50;
/** A masked text frame of 100 bytes, of which 20 come (RFC 6455 §5.2). */
const halfFrame = Buffer.from([0x81, 0x80 | 100, 1, 2, 3, 4, ...Array.from({ length: 20 }, () => 0x20)]);

export const chaosPeer = (
  id: string,
  place: () => string | undefined,
  { room = "r", againMs = 50, patienceMs = 1_500 }: ChaosPeerOptions = {},
): ChaosPeer => {
  const history = chronicle(id);
  /** What it sent and was not answered, by its number. */
  const unanswered = new Map<number, string>();
  let socket: WebSocket | undefined;
  let raw: Socket | undefined;
  let token = "";
  let [seq, incarnation] = [0, 1];
  let joining: number | undefined;
  let attached = false;
  let over = false;
  const timers: { [what: string]: NodeJS.Timeout | undefined } = {};

  const write = (text: string): void => {
    if (socket?.readyState === WebSocket.OPEN) socket.send(text);
  };
  const later = (what: string, ms: number, run: () => void): void => {
    clearTimeout(timers[what]);
    timers[what] = setTimeout(() => {
      timers[what] = undefined;
      if (!over) run();
    }, ms);
  };
  const numbered = (frame: Frame): number => {
    seq += 1;
    const text = JSON.stringify({ seq, ...frame });
    unanswered.set(seq, text);
    write(text);
    return seq;
  };
  const join = (): void => {
    if (history.inside || joining !== undefined) return;
    joining = numbered({ type: "join", room, id });
  };
  const forget = (): void => {
    history.forget();
    unanswered.clear();
    [seq, incarnation, joining] = [0, 1, undefined];
  };
  const goOn = (frame: Frame): void => {
    attached = true;
    // After a gap nobody knows what became of it: it is above everything that was sent.
    if (frame.gap === true) joining = undefined;
    for (const [number, text] of [...unanswered]) {
      if (number <= Number(frame.seen)) unanswered.delete(number);
      else write(text);
    }
    join();
  };
  const take = (frame: Frame): void => {
    history.take(frame);
    if (typeof frame.seq === "number" && timers.acknowledge === undefined)
      later("acknowledge", acknowledgeMs, () => {
        if (attached) write(JSON.stringify({ type: "ack", seen: history.seen }));
      });
    if (typeof frame.of === "number") unanswered.delete(frame.of);
    switch (frame.type) {
      case "welcome":
        token = String(frame.token);
        attached = true;
        return;
      case "resumed":
        return goOn(frame);
      case "joined":
        joining = undefined;
        return;
      case "left":
        joining = undefined;
        return join();
      case "refused":
        // A join that came too early, or an id that somebody who is lost holds still.
        if (frame.of === joining) {
          joining = undefined;
          later("join", askAgainMs, () => attached && join());
        }
        return;
      case "closing":
        if (frame.code === "session-unknown" || frame.code === "id-taken") forget();
        return;
      default:
    }
  };
  const open = (): void => {
    if (over) return;
    attached = false;
    const url = place();
    if (url === undefined) return later("open", againMs, open);
    const line = new WebSocket(url.replace(/^http/, "ws"), "signalbox.v1", {
      perMessageDeflate: false,
      createConnection: () => {
        raw = connect(Number(new URL(url).port), "127.0.0.1");
        return raw;
      },
    });
    socket = line;
    history.note("connects to", url);
    const wait = () => {
      if (Number.isFinite(patienceMs)) later("patience", patienceMs, () => line.terminate());
    };
    wait();
    line.on("open", () => {
      const { stay, seen } = history;
      if (stay === undefined) {
        forget();
        return join();
      }
      incarnation += 1;
      write(JSON.stringify({ type: "resume", session: stay.session, token, incarnation, seen }));
    });
    line.on("message", (payload) => {
      if (line !== socket || over) return;
      wait();
      take(JSON.parse(payload.toString()));
    });
    line.on("error", () => {});
    line.on("close", () => {
      if (line !== socket) return;
      clearTimeout(timers.patience);
      history.note("lost its line");
      attached = false;
      later("open", againMs, open);
    });
  };
  const pinging = setInterval(() => write(JSON.stringify({ type: "ping" })), 500);
  open();
  const rest = (): void => {
    over = true;
    for (const timer of Object.values(timers)) clearTimeout(timer);
    clearInterval(pinging);
  };
  const present = (): boolean => history.inside && attached;
  const say = (toSession: string | undefined): void => {
    const to = history.known.get(toSession ?? "");
    if (to === undefined || toSession === undefined || !present()) return;
    const data = history.sends(seq + 1, toSession);
    numbered({ type: "signal", room, to, session: toSession, signal: { kind: "opaque", data } });
  };
  return {
    id,
    history,
    get session() {
      return history.stay?.session;
    },
    get present() {
      return present();
    },
    signal(choice) {
      const others = [...history.known.keys()];
      say(others[choice % Math.max(1, others.length)]);
    },
    say,
    drop(how = "now") {
      if (how === "now" || raw === undefined) socket?.terminate();
      else {
        raw.write(halfFrame);
        // What was written goes out before the end.
        raw.destroySoon();
      }
    },
    end() {
      write(JSON.stringify({ type: "end" }));
      history.forget();
      rest();
    },
    stop() {
      history.forget();
      rest();
      socket?.terminate();
    },
  };
};
