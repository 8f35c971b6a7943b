// SPDX-License-Identifier: MIT
/**
 * A WebSocket client with as little of its own as will do: what is to be measured is at the other end.
 *
 * It counts text frames without looking into them, unless somebody wants to read, and answers pings. It does not check
 * the accept key: the servers here are known.
 */
import { connect, type Socket } from "node:net";

/** All sockets read into the same memory: what was read is done with before the next read. Bytes. */
const readBytes = 64 * 1024;
const shared = Buffer.allocUnsafe(readBytes);

export interface Upgrade {
  readonly port: number;
  /** Path and query. */
  readonly target: string;
  readonly subprotocol?: string;
}

const endOfHead = Buffer.from("\r\n\r\n");
const textOpcode = 0x1;
const closeOpcode = 0x8;
const pingOpcode = 0x9;
/** A pong without payload, masked. Who pinged with one takes it as unsolicited, but alive (RFC 6455, 5.5.3). */
const pong = Buffer.from([0x8a, 0x80, 0, 0, 0, 0]);

export class RawPeer {
  /** Text frames taken since the opening. */
  frames = 0;
  /** Told how many text frames one read has brought. */
  onFrames: ((count: number) => void) | undefined = undefined;
  /** While set, the text of every frame is read and told. */
  onText: ((text: string) => void) | undefined = undefined;
  private readonly socket: Socket;
  private head: Buffer | undefined = Buffer.alloc(0);
  /** What is left of the frame under way, and its parts where somebody reads. */
  private left = 0;
  private opcode = 0;
  private parts: Buffer[] = [];
  /** The beginning of a frame header that was cut in two. */
  private cut: Buffer | undefined = undefined;
  private settle: { readonly open: () => void; readonly fail: (error: Error) => void } | undefined;
  private dropped = false;

  private constructor(upgrade: Upgrade, open: (peer: RawPeer) => void, fail: (error: Error) => void) {
    this.settle = { open: () => open(this), fail };
    this.socket = connect({
      host: "127.0.0.1",
      port: upgrade.port,
      onread: { buffer: shared, callback: (length) => this.take(length) },
    });
    this.socket.setNoDelay(true);
    this.socket.on("error", (error) => this.end(error));
    this.socket.on("close", () => this.end(new Error("the server closed the connection")));
    const protocol =
      upgrade.subprotocol === undefined ? "" : `Sec-WebSocket-Protocol: ${upgrade.subprotocol}\r\n`;
    this.socket.write(
      `GET ${upgrade.target} HTTP/1.1\r\nHost: 127.0.0.1:${upgrade.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${protocol}\r\n`,
    );
  }

  /** Settles with the answer 101. The first frames may come with it: `onText` is there to hear them. */
  static open(upgrade: Upgrade, onText?: (text: string) => void): Promise<RawPeer> {
    return new Promise((resolve, reject) => {
      new RawPeer(upgrade, resolve, reject).onText = onText;
    });
  }

  /** Called where the connection ends before it was dropped from this side. */
  onLost: (error: Error) => void = (error) => {
    throw error;
  };

  /** Writes frames that are masked already. They must stay as they are until the other end has answered them. */
  send(frames: Uint8Array): void {
    this.socket.write(frames);
  }

  /** Ends the connection with a reset, so that no port of this machine waits for late packets. */
  drop(): void {
    this.dropped = true;
    this.socket.resetAndDestroy();
  }

  private end(error: Error): void {
    if (this.dropped) return;
    this.dropped = true;
    this.socket.destroy();
    const { settle } = this;
    this.settle = undefined;
    if (settle === undefined) this.onLost(error);
    else settle.fail(error);
  }

  private take(length: number): boolean {
    let bytes = shared.subarray(0, length);
    if (this.head !== undefined) {
      const all = Buffer.concat([this.head, bytes]);
      const end = all.indexOf(endOfHead);
      if (end < 0) {
        this.head = all;
        return true;
      }
      this.head = undefined;
      const status = all.subarray(0, end).toString("latin1").split("\r\n", 1)[0] ?? "";
      if (!status.startsWith("HTTP/1.1 101")) {
        this.end(new Error(`the upgrade was answered: ${status}`));
        return true;
      }
      this.settle?.open();
      this.settle = undefined;
      bytes = all.subarray(end + endOfHead.length);
    }
    const count = this.scan(bytes);
    if (count > 0) {
      this.frames += count;
      this.onFrames?.(count);
    }
    return true;
  }

  /** Walks over frames and says how many text frames were completed. */
  private scan(fresh: Buffer): number {
    let bytes = fresh;
    let at = 0;
    let count = 0;
    if (this.left > 0) {
      const here = Math.min(this.left, bytes.length);
      this.collect(bytes, 0, here);
      this.left -= here;
      at = here;
      if (this.left > 0) return 0;
      count += this.completed();
    }
    if (this.cut !== undefined) {
      bytes = Buffer.concat([this.cut, bytes]);
      this.cut = undefined;
    }
    while (at < bytes.length) {
      const short = (bytes[at + 1] ?? 0) & 0x7f;
      const header = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (at + header > bytes.length) {
        this.cut = Buffer.from(bytes.subarray(at));
        return count;
      }
      const size =
        short === 127
          ? Number(bytes.readBigUInt64BE(at + 2))
          : short === 126
            ? bytes.readUInt16BE(at + 2)
            : short;
      this.opcode = (bytes[at] ?? 0) & 0x0f;
      at += header;
      if (this.opcode === closeOpcode) {
        this.end(
          new Error(`the server closed the connection: ${bytes.subarray(at + 2, at + size).toString()}`),
        );
        return count;
      }
      const here = Math.min(size, bytes.length - at);
      this.collect(bytes, at, at + here);
      at += here;
      if (here < size) {
        this.left = size - here;
        return count;
      }
      count += this.completed();
    }
    return count;
  }

  /** How many text frames there are with this one: pings are no news. */
  private completed(): 0 | 1 {
    if (this.opcode === textOpcode) {
      this.tell();
      return 1;
    }
    this.parts = [];
    if (this.opcode === pingOpcode) this.socket.write(pong);
    return 0;
  }

  private collect(bytes: Buffer, from: number, to: number): void {
    if (this.onText !== undefined && to > from) this.parts.push(Buffer.from(bytes.subarray(from, to)));
  }

  private tell(): void {
    if (this.onText === undefined) return;
    const text = Buffer.concat(this.parts).toString();
    this.parts = [];
    this.onText(text);
  }
}
