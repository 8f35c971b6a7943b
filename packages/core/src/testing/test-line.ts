// SPDX-License-Identifier: MIT
import type { Frame } from "../frame.ts";
import type { Hub } from "../hub.ts";
import type { Closing, Dialect, Handshake, Line } from "../ports.ts";

export interface HandshakeParts {
  readonly protocols?: readonly string[];
  readonly origin?: string;
  readonly bearer?: string;
  readonly address?: string;
}

/** A handshake from a path with a query, as in `/websocket/?finger=ann`. */
export const handshakeAt = (target: string, parts: HandshakeParts = {}): Handshake => {
  const [path = "/", search = ""] = target.split("?", 2);
  const query = new Map<string, string>();
  for (const pair of search.split("&")) {
    const [name = "", value = ""] = pair
      .split("=", 2)
      .map((part) => decodeURIComponent(part.replaceAll("+", " ")));
    if (pair !== "" && !query.has(name)) query.set(name, value);
  }
  return {
    path,
    query: (name) => query.get(name),
    protocols: parts.protocols ?? [],
    address: parts.address ?? "192.0.2.1",
    ...(parts.origin === undefined ? {} : { origin: parts.origin }),
    ...(parts.bearer === undefined ? {} : { bearer: parts.bearer }),
  };
};

/** A peer's end of a line without a socket: what style guides call an in-memory connection. */
export interface TestLine {
  /** Text of every frame told so far, oldest first. */
  readonly told: string[];
  /** How the server ended the line, once it did. */
  readonly closing: Closing | undefined;
  readonly paused: boolean;
  readonly line: Line;
  /** Bytes the transport claims not to have taken yet. */
  backlog: number;
  send(frame: string | object | Uint8Array): void;
  /** The transport breaks, or the peer closes it. */
  drop(): void;
  /** The frames told since the last call, parsed. */
  take(): readonly { readonly [key: string]: unknown }[];
  /** Called with each frame as it is told. */
  onTold: ((text: string) => void) | undefined;
}

/** Opens a line of a dialect on a hub. */
export const testLine = (hub: Hub, dialect: Dialect, handshake: Handshake): TestLine => {
  const told: string[] = [];
  let taken = 0;
  let paused = false;
  let closing: Closing | undefined;
  const textOf = (frame: Frame) => (frame.kind === "text" ? frame.text : `<${frame.bytes.byteLength} bytes>`);
  const write = (frames: readonly Frame[]) => {
    for (const frame of frames) {
      told.push(textOf(frame));
      peer.onTold?.(textOf(frame));
    }
  };
  const frameOf = (given: string | object): Frame =>
    given instanceof Uint8Array
      ? { kind: "binary", bytes: given }
      : { kind: "text", text: typeof given === "string" ? given : JSON.stringify(given) };
  // What the hub tells while it opens the line comes before there is a line to give back.
  const peer: Omit<TestLine, "line"> & { line: Line | undefined } = {
    told,
    line: undefined,
    backlog: 0,
    onTold: undefined,
    get closing() {
      return closing;
    },
    get paused() {
      return paused;
    },
    send: (frame) => peer.line?.receive(frameOf(frame)),
    drop: () => peer.line?.closed(),
    take: () => {
      const fresh = told.slice(taken);
      taken = told.length;
      return fresh.map((text) => JSON.parse(text));
    },
  };
  const line = hub.open(
    {
      write,
      close(given) {
        write(given.frames);
        closing = given;
      },
      pause: () => {
        paused = true;
      },
      resume: () => {
        paused = false;
      },
      backlogBytes: () => peer.backlog,
    },
    dialect,
    handshake,
  );
  peer.line = line;
  return Object.assign(peer, { line });
};
