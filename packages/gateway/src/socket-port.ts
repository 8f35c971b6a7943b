// SPDX-License-Identifier: MIT
/**
 * One WebSocket as the hub uses it. There are as many of these as there are lines, so a line costs one object and
 * no closure, and no list of listeners: its socket tells a `Hearing` that all share.
 */
import type { Duplex } from "node:stream";
import {
  type Closing,
  type Dialect,
  type Frame,
  type Line,
  type LinePort,
  type Refusal,
  refusal,
} from "@signalbox/core";
import { type RawData, WebSocket } from "ws";
import type { AddressRecord } from "./address-book.ts";

/** What all lines of a gateway do with what their sockets tell. */
export interface Hearing {
  message(port: SocketPort, payload: RawData, isBinary: boolean): void;
  /** A ping or a pong. */
  control(port: SocketPort): void;
  closed(port: SocketPort): void;
  failed(port: SocketPort, error: NodeJS.ErrnoException): void;
}

/** RFC 6455, 7.4.1: a frame too large to be processed. */
const tooLarge = 1009;

/** Once it is a line, its events go to what all lines share. Registered one by one, they cost 250 bytes a line. */
export class LineSocket extends WebSocket {
  port: SocketPort | undefined = undefined;

  override emit(event: string | symbol, ...told: readonly unknown[]): boolean {
    const { port } = this;
    if (port === undefined) return super.emit(event, ...told);
    const { hearing } = port.wires;
    // What comes with each event is what `ws` says in its types.
    if (event === "message") hearing.message(port, told[0] as RawData, told[1] === true);
    else if (event === "ping" || event === "pong") hearing.control(port);
    else if (event === "close") hearing.closed(port);
    else if (event === "error") hearing.failed(port, told[0] as NodeJS.ErrnoException);
    return true;
  }

  /** Over a frame that is too large `ws` closes by itself, and tells of it when no word can be sent any more. */
  override close(code?: number, reason?: string | Buffer): void {
    const { port } = this;
    // Where the peer closes with this code, its reason comes along, be it empty.
    if (code === tooLarge && reason === undefined && port?.closing === false) port.overrun();
    else super.close(code, reason);
  }
}

/** What all ports of a gateway share. */
export interface Wires {
  readonly hearing: Hearing;
  /** Ports with bytes that go out together when this turn of the event loop ends. */
  readonly corked: SocketPort[];
  framesWritten: number;
  bytesWritten: number;
}

const asText = { binary: false, fin: true };
const asBinary = { binary: true, fin: true };

export class SocketPort implements LinePort {
  readonly socket: LineSocket;
  readonly dialect: Dialect;
  readonly address: AddressRecord;
  /** Set by the hub's answer to its opening. */
  line: Line | undefined = undefined;
  /** Has anything come since liveness looked last? */
  heard = true;
  /** When liveness was first to see it, last found it heard, and pinged it without an answer so far. */
  seenAt = -1;
  heardAt = -1;
  pingedAt = -1;
  /** It has been told to close, or its transport is closing by itself: nothing is written or taken any more. */
  closing = false;
  private overran = false;
  private corked = false;
  private readonly raw: Duplex;
  readonly wires: Wires;

  constructor(socket: LineSocket, raw: Duplex, dialect: Dialect, address: AddressRecord, wires: Wires) {
    this.socket = socket;
    this.raw = raw;
    this.dialect = dialect;
    this.address = address;
    this.wires = wires;
  }

  write(frames: readonly Frame[]): void {
    if (this.closing || frames.length === 0) return;
    this.cork();
    for (const frame of frames) {
      const payload = frame.kind === "binary" ? frame.bytes : (frame.bytes ?? frame.text);
      this.wires.framesWritten += 1;
      this.wires.bytesWritten += payload.length;
      this.socket.send(payload, frame.kind === "binary" ? asBinary : asText);
    }
  }

  close(closing: Closing): void {
    if (this.closing) return;
    this.write(closing.frames);
    this.closing = true;
    // A paused socket would not read the other side's close frame.
    if (this.socket.isPaused) this.socket.resume();
    this.socket.close(this.overran ? tooLarge : closing.code, closing.reason);
  }

  /** A frame came that is larger than may be: told in the dialect's words, closed with the code of RFC 6455. */
  overrun(): void {
    this.overran = true;
    this.refuse(refusal("too-large"));
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  backlogBytes(): number {
    return this.socket.bufferedAmount;
  }

  /** The gateway refuses on the line's behalf. */
  refuse(refusal: Refusal): void {
    if (!this.closing) this.line?.refuse(refusal);
  }

  ping(): void {
    this.socket.ping();
  }

  /** Lets out what was held back. */
  uncork(): void {
    this.corked = false;
    this.raw.uncork();
  }

  private cork(): void {
    if (this.corked) return;
    this.corked = true;
    this.raw.cork();
    if (this.wires.corked.push(this) === 1) setImmediate(uncorkAll, this.wires);
  }
}

const uncorkAll = (wires: Wires): void => {
  for (const port of wires.corked.splice(0)) port.uncork();
};
