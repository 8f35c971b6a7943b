// SPDX-License-Identifier: MIT
/** A server that says exactly what a test tells it to, over WebSockets that are none. Nothing happens by itself. */
import type { SocketConstructor, SocketLike } from "../socket.ts";
import type { FrameOf, Peer, PeerFrame, ServerFrame } from "../wire.ts";

export interface ScriptedLine {
  readonly url: string;
  /** Did this side close it? */
  readonly closed: boolean;
  /** Lets it open. */
  accept(): void;
  /** The frames written since the last call. */
  take(): readonly PeerFrame[];
  tell(...frames: readonly ServerFrame[]): void;
  tellText(text: string): void;
  /** The server, or the network, closes it. */
  close(code: number): void;
}

export interface ScriptedServer {
  readonly WebSocket: SocketConstructor;
  /** All lines that were tried, oldest first. */
  readonly lines: readonly ScriptedLine[];
  /** The last of them. */
  readonly line: ScriptedLine;
}

export const scriptedServer = (): ScriptedServer => {
  const lines: ScriptedLine[] = [];
  class ScriptedSocket implements SocketLike {
    onopen: ((event: never) => unknown) | null = null;
    onmessage: ((event: never) => unknown) | null = null;
    onclose: ((event: never) => unknown) | null = null;
    onerror: ((event: never) => unknown) | null = null;
    #written: PeerFrame[] = [];
    #closed = false;
    constructor(url: string, protocol: string) {
      if (protocol !== "signalbox.v1") throw new Error(`unexpected subprotocol ${protocol}`);
      const call = (handler: ((event: never) => unknown) | null, event: object) => {
        if (handler !== null) Reflect.apply(handler, undefined, [event]);
      };
      const closed = () => this.#closed;
      lines.push({
        url,
        get closed() {
          return closed();
        },
        accept: () => call(this.onopen, {}),
        take: () => this.#written.splice(0),
        tell: (...frames) => {
          for (const frame of frames) call(this.onmessage, { data: JSON.stringify(frame) });
        },
        tellText: (data) => call(this.onmessage, { data }),
        close: (code) => call(this.onclose, { code }),
      });
    }
    send(text: string) {
      this.#written.push(JSON.parse(text));
    }
    close() {
      this.#closed = true;
    }
  }
  return {
    WebSocket: ScriptedSocket,
    lines,
    get line() {
      const line = lines.at(-1);
      if (line === undefined) throw new Error("no line was tried yet");
      return line;
    },
  };
};

const traits = { trickle: true, media: ["audio", "video", "application"], messages: true } as const;

export const member = (id: string, order: number): Peer => ({
  id,
  session: `s-${id}`,
  order,
  protocol: "native",
  services: [],
  traits,
});

export const welcome = (more: Partial<FrameOf<"welcome">> = {}): FrameOf<"welcome"> => ({
  type: "welcome",
  seq: 1,
  version: 1,
  features: [],
  session: "s-ann",
  token: "secret",
  graceMs: 15_000,
  limits: { frameBytes: 4096, sdpBytes: 4096, messageBytes: 1024, framesPerSecond: 100, frameBurst: 400 },
  iceServers: [],
  ...more,
});

export const joined = (more: Partial<FrameOf<"joined">> = {}): FrameOf<"joined"> => ({
  type: "joined",
  seq: 2,
  of: 1,
  room: "hall",
  self: member("ann", 1),
  members: [],
  size: 1,
  snapshot: false,
  ...more,
});
