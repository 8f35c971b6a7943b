// SPDX-License-Identifier: MIT
/** A call on the LAN that stays up: a peer connection made, negotiated by broadcast, and made anew whenever it fails. */

import { onHangUp } from "@signalbox/client/hang-up";
import { completeDescription } from "./complete-description.ts";
import {
  type Exchange,
  type LanCounts,
  type LanGround,
  type LanProblem,
  type LanSocket,
  noCounts,
  runExchange,
} from "./exchange.ts";
import { defaultSecret, type KeyRing, keyRing } from "./key.ts";
import { defaultBroadcast, defaultPort, openSocket, type SocketOptions } from "./socket.ts";
import { systemGround } from "./system-ground.ts";

/** The connection's state in the seed's words; where nothing runs (null there) it is `undefined`. */
export type LanState = "new" | "connecting" | "connected" | "failed" | "closed";

export type LanRole = "caller" | "answerer";

/** What Flitter's `!broadcast` node may be told, with its defaults, and where to broadcast. */
export interface LanAttributes extends Omit<SocketOptions, "role"> {
  /** Id to call. Takes precedence over `answer`; the empty text counts as none. */
  readonly call?: string;
  /** Id to wait for calls under. */
  readonly answer?: string;
  /** Shared secret. Default `flitter_webrtc`, which everybody knows. */
  readonly secret?: string;
}

export interface LanPeerOptions extends LanAttributes {
  /**
   * Makes a fresh peer connection with its tracks or channels. The caller's is offered; the answerer's is answered with.
   * Give it no STUN server on an isolated network: gathering would wait for an answer that never comes.
   */
  readonly makeConnection: (role: LanRole) => RTCPeerConnection;
  readonly onConnection?: (connection: RTCPeerConnection) => void;
  readonly onState?: (state: LanState | undefined) => void;
  readonly onProblem?: (problem: LanProblem) => void;
  /** Leave out of a description what the other side can do without, where it is too large otherwise? Default true. */
  readonly trims?: boolean;
  /** Ends the call and frees everything. */
  readonly signal?: AbortSignal;
  /** Remembers derived keys. Default: one of its own; share one where several peers run. */
  readonly keys?: KeyRing;
  readonly ground?: LanGround;
  /** Opens the sockets. Default: UDP. */
  readonly openSocket?: (options: SocketOptions) => Promise<LanSocket>;
  /** How long gathering may take before the description goes out with the candidates it has. Milliseconds. 5 s, as long as a dead STUN server delays the original. */
  readonly gatherMs?: number;
}

export interface LanPeer {
  readonly state: LanState | undefined;
  /** Since the last start. */
  readonly counts: LanCounts;
  readonly connection: RTCPeerConnection | undefined;
  /**
   * Takes other attributes. Where any of them differs, the call is torn down and everything starts anew; where none does,
   * nothing happens. Rejects as `lanPeer` does; then nothing runs any more.
   */
  change(attributes: LanAttributes): Promise<void>;
  /**
   * Gives the present connection up and begins anew: for who learns of the other side's end sooner than the connection
   * itself, as from the `close` event of a data channel.
   */
  restart(): void;
  close(): void;
}

/**
 * A connection that is only "disconnected" counts as failed after so long: some stacks leave it at that. Milliseconds. 30 s:
 * then the consent to send to it has expired (RFC 7675).
 */
export const lostMs = 30_000;

interface Settled extends SocketOptions {
  readonly id: string;
  readonly secret: string;
}

/** The attributes as they count, with their defaults: two that settle to the same are the same. */
const settle = ({ call, answer, secret, port, host, broadcast }: LanAttributes): Settled => {
  const id = call || answer;
  if (!id) throw new TypeError("lanPeer needs an id to call or to answer under");
  return {
    role: call ? "caller" : "answerer",
    id,
    secret: secret ?? defaultSecret,
    port: port ?? defaultPort,
    broadcast: broadcast ?? defaultBroadcast,
    ...(host ? { host } : {}),
  };
};

const isSame = (a: Settled, b: Settled): boolean =>
  a.role === b.role &&
  a.id === b.id &&
  a.secret === b.secret &&
  a.port === b.port &&
  a.host === b.host &&
  a.broadcast === b.broadcast;

/** Starts one end of a LAN call. Rejects where the socket cannot be bound or neither `call` nor `answer` is given. */
export const lanPeer = async (options: LanPeerOptions): Promise<LanPeer> => {
  const { ground = systemGround, keys = keyRing(), gatherMs = 5_000, trims = true } = options;
  let attributes = settle(options);
  let exchange: Exchange | undefined;
  let connection: RTCPeerConnection | undefined;
  let stopWatching: (() => void) | undefined;
  let cancelLost: (() => void) | undefined;
  let state: LanState | undefined;
  // Only the newest start counts: another one, or the end, may come while a key is derived or a socket opened.
  let starts = 0;
  let closed = false;

  const tell = (next: LanState | undefined) => {
    if (next === state) return;
    state = next;
    options.onState?.(next);
  };
  const mended = () => {
    cancelLost?.();
    cancelLost = undefined;
  };
  const discard = () => {
    const old = connection;
    connection = undefined;
    stopWatching?.();
    stopWatching = undefined;
    mended();
    old?.close();
  };
  const over = (ended: RTCPeerConnection, end: "failed" | "closed") => {
    tell(end);
    // Whoever was told may have closed everything.
    if (connection !== ended) return;
    discard();
    tell("new");
    exchange?.restart();
  };
  const follow = (fresh: RTCPeerConnection) => {
    fresh.addEventListener("connectionstatechange", () => {
      if (connection !== fresh) return;
      const now = fresh.connectionState;
      switch (now) {
        case "connected":
          mended();
          tell(now);
          exchange?.settle();
          // Some stacks tell this again when the other side is gone.
          if (stopWatching === undefined) {
            const stopThis = onHangUp(fresh, () => over(fresh, "closed"), ground.after);
            if (connection === fresh) stopWatching = stopThis;
          }
          return;
        case "disconnected":
          // A short silence may mend itself; meanwhile whoever calls anew is heard.
          exchange?.listen();
          cancelLost ??= ground.after(lostMs, () => over(fresh, "failed"));
          return tell("connecting");
        case "failed":
        case "closed":
          return over(fresh, now);
        default:
          return tell(now);
      }
    });
  };
  const begin = async (role: LanRole, offer: string | undefined) => {
    discard();
    const fresh = options.makeConnection(role);
    connection = fresh;
    tell("new");
    follow(fresh);
    options.onConnection?.(fresh);
    return completeDescription(fresh, offer, gatherMs, ground);
  };
  const stop = () => {
    exchange?.stop();
    exchange = undefined;
    discard();
  };
  const start = async () => {
    const { id, secret, ...place } = attributes;
    const { role } = place;
    starts += 1;
    const mine = starts;
    stop();
    tell(undefined);
    const key = await keys.key(id, secret);
    if (mine !== starts) return;
    tell("new");
    try {
      const running = await runExchange({
        role,
        key,
        ground,
        trims,
        openSocket: async () => {
          const socket = await (options.openSocket ?? openSocket)(place);
          if (mine === starts) return socket;
          socket.close();
          throw new Error("superseded");
        },
        ...(options.onProblem === undefined ? {} : { onProblem: options.onProblem }),
        negotiator: {
          begin: (offer) => begin(role, offer),
          finish: async (answer) => connection?.setRemoteDescription({ type: "answer", sdp: answer }),
        },
      });
      if (mine !== starts) return running.stop();
      exchange = running;
    } catch (error) {
      if (mine !== starts) return;
      tell(undefined);
      throw error;
    }
  };
  const close = () => {
    if (closed) return;
    closed = true;
    starts += 1;
    options.signal?.removeEventListener("abort", close);
    const hadConnection = connection !== undefined;
    stop();
    if (hadConnection) tell("closed");
    tell(undefined);
  };

  options.signal?.throwIfAborted();
  options.signal?.addEventListener("abort", close);
  try {
    await start();
  } catch (error) {
    close();
    throw error;
  }
  options.signal?.throwIfAborted();
  return {
    get state() {
      return state;
    },
    get connection() {
      return connection;
    },
    get counts() {
      return exchange?.counts ?? noCounts();
    },
    async change(next) {
      const settled = settle(next);
      if (closed || isSame(attributes, settled)) return;
      attributes = settled;
      await start();
    },
    restart() {
      if (connection !== undefined) over(connection, "closed");
    },
    close,
  };
};
