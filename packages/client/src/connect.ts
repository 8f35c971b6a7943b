// SPDX-License-Identifier: MIT
/** The way in. */
import { type Chance, type Clock, systemChance, systemClock } from "./clock.ts";
import { failure } from "./failure.ts";
import type { JoinOptions, Room, Session } from "./room.ts";
import { enterRoom, type RoomParts } from "./room-life.ts";
import { createSession } from "./session.ts";
import type { SocketConstructor } from "./socket.ts";

export interface ConnectOptions extends JoinOptions {
  /** The server: `wss:`, `ws:`, `https:` or `http:`; in a page also relative to it. */
  readonly url: string | URL;
  /** A secret or token, where the server asks for one; a function is asked again for each new session. */
  readonly credential?: string | (() => string | undefined | Promise<string | undefined>);
  /** Default: the runtime's own. */
  readonly RTCPeerConnection?: PeerConnectionConstructor;
  /** Default: the runtime's own. In Node 20: that of `ws`. */
  readonly WebSocket?: SocketConstructor;
  /** For every call. `iceServers` here replace those the server hands out. */
  readonly configuration?: RTCConfiguration;
  /**
   * How long a first connection is tried again. Milliseconds. Default 0: the first failure is told at once. Once
   * connected, a lost line is tried again for as long as the session is open.
   */
  readonly patienceMs?: number;
  /** Time, for tests. */
  readonly clock?: Clock;
  /** Chance, for tests. */
  readonly chance?: Chance;
}

/** The W3C constructor. Not spelled out, because the types of stacks outside browsers only resemble it. */
export type PeerConnectionConstructor = new (...configuration: never[]) => object;

type Runtime = {
  readonly WebSocket?: SocketConstructor;
  readonly RTCPeerConnection?: PeerConnectionConstructor;
};

/**
 * Connects to a server and joins a room. Resolves when the room's roster is whole. Rejects with `SignalboxError`, whose
 * `code` is one of `failures` or of the server's catalogue; with the signal's reason where that aborts.
 */
export const connect = async (options: ConnectOptions): Promise<Room> => {
  const runtime: Runtime = globalThis;
  const { credential, clock = systemClock, chance = systemChance, patienceMs = 0 } = options;
  const WebSocket = options.WebSocket ?? runtime.WebSocket;
  if (WebSocket === undefined) throw failure("no-websocket");
  options.signal?.throwIfAborted();
  const core = createSession({
    url: webSocketUrl(options.url),
    WebSocket,
    clock,
    chance,
    patienceMs,
    credential: () => (typeof credential === "function" ? credential() : credential),
  });
  const session: Session = Object.assign(core, {
    join: async (where: JoinOptions) => enterRoom(parts, where),
  });
  // Held to the W3C interface by the tests of each stack, not by its types.
  const Connection = (options.RTCPeerConnection ??
    runtime.RTCPeerConnection) as RoomParts["RTCPeerConnection"];
  const parts: RoomParts = {
    core,
    session,
    RTCPeerConnection: Connection,
    configuration: options.configuration,
  };
  return enterRoom(parts, options);
};

const webSocketUrl = (given: string | URL): string => {
  const url = new URL(given, typeof location === "undefined" ? undefined : location.href);
  url.protocol = url.protocol.replace(/^http/, "ws");
  return url.href;
};
