// SPDX-License-Identifier: MIT
/** The line to the server: opened again and again until it is closed or a close code says not to come back. */
import { createAlarm } from "./alarm.ts";
import { backoffMs } from "./backoff.ts";
import type { Chance, Clock } from "./clock.ts";
import { failure, SignalboxError } from "./failure.ts";
import type { SocketConstructor, SocketLike } from "./socket.ts";
import { parseServerFrame, type ServerFrame, subprotocol } from "./wire.ts";

/** From the first byte to an attached session; then the next attempt. Milliseconds. 10 s: what the server waits too. */
const attemptMs = 10_000;
/** Silence after which the line is probed. Milliseconds. 20 s: below the 30 s after which common NATs forget a line. */
const probeAfterMs = 20_000;
/** How long a probed line has to say anything. Milliseconds. */
const answerWithinMs = 10_000;

export interface Lost {
  /** WebSocket close code; 1006 where there was none. */
  readonly code: number;
  readonly error: unknown;
  /** The code says: do not come back. */
  readonly final: boolean;
}

export interface LineHooks {
  /** A line is open: the first frame is due. */
  opened(): void;
  frame(frame: ServerFrame): void;
  /** A frame that makes the server say something at once. */
  probe(): string;
  /** The line, or the attempt at one, is over. Says whether to try again. */
  lost(how: Lost): boolean;
}

export interface Line {
  open(): void;
  write(text: string): void;
  /** The session is attached: the next loss counts as the first. */
  attached(): void;
  /** The network or the page has come back: try now, or find out now whether the line still lives. */
  wake(): void;
  close(): void;
}

interface LineParts {
  readonly url: string;
  readonly WebSocket: SocketConstructor;
  readonly clock: Clock;
  readonly chance: Chance;
}

export const createLine = ({ url, WebSocket, clock, chance }: LineParts, hooks: LineHooks): Line => {
  let socket: SocketLike | undefined;
  let up = false;
  /** Asked to say something, and has not yet. */
  let asked = false;
  let heardAt = 0;
  let attempt = 0;
  /** What the server said of the close that follows. */
  let said: SignalboxError | undefined;
  const retrying = createAlarm(clock);
  const attempting = createAlarm(clock);
  const probing = createAlarm(clock);

  const stopTimers = () => {
    for (const alarm of [retrying, attempting, probing]) alarm.stop();
  };

  const open = () => {
    stopTimers();
    let own: SocketLike;
    try {
      own = new WebSocket(url, subprotocol);
    } catch (error) {
      // A URL that is none, or one this page may not open: it will not get better.
      hooks.lost({ code: 1006, error, final: true });
      return;
    }
    socket = own;
    said = undefined;
    attempting.set(attemptMs, () => over(own, 1006, failure(up ? "no-welcome" : "server-unreachable")));
    own.onopen = () => {
      if (socket !== own) return;
      up = true;
      heard();
      watch(probeAfterMs);
      hooks.opened();
    };
    own.onmessage = ({ data }: { readonly data: unknown }) => {
      if (socket !== own) return;
      heard();
      const frame = parseServerFrame(data);
      if (frame?.type === "closing") said = new SignalboxError(frame);
      else if (frame !== undefined) hooks.frame(frame);
    };
    own.onclose = ({ code }: { readonly code: number }) =>
      over(own, code, failure(up ? "signaling-lost" : "server-unreachable"));
    // A close follows each error; without a listener `ws` would throw it.
    own.onerror = () => {};
  };

  const heard = () => {
    heardAt = clock.now();
    asked = false;
  };

  const watch = (ms: number) => {
    probing.set(ms, () => {
      const quiet = clock.now() - heardAt;
      if (asked && socket !== undefined) over(socket, 1006, failure("signaling-lost"));
      else if (quiet < probeAfterMs) watch(probeAfterMs - quiet);
      else probe();
    });
  };

  const probe = () => {
    asked = true;
    socket?.send(hooks.probe());
    watch(answerWithinMs);
  };

  const drop = () => {
    stopTimers();
    up = asked = false;
    const own = socket;
    socket = undefined;
    own?.close();
  };

  const over = (own: SocketLike, code: number, error: SignalboxError) => {
    if (socket !== own) return;
    drop();
    // 4500 to 4999: the same attempt would be refused again. Everything else is a broken line.
    if (!hooks.lost({ code, error: said ?? error, final: code >= 4500 && code <= 4999 })) return;
    const wait = Math.max(backoffMs(attempt, chance.random), said?.retryAfterMs ?? 0);
    attempt += 1;
    retrying.set(wait, open);
  };

  return {
    open,
    write: (text) => {
      if (up) socket?.send(text);
    },
    attached() {
      attempt = 0;
      attempting.stop();
    },
    wake() {
      if (retrying.pending) open();
      else if (up && !asked) probe();
    },
    close: drop,
  };
};
