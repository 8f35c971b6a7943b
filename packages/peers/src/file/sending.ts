// SPDX-License-Identifier: MIT
/** The content of one read on its way: never more than the client's window, nor more than the channel should hold. */
import type { FileChannel, Timer } from "./channel.ts";
import type { NewHash, OpenFile } from "./source.ts";
import { contentMessage, type FileReason, headerBytes } from "./wire.ts";

/** What may wait in the channel, of all its reads together. Bytes. Reading pauses above it, and goes on at the low mark. */
export const bufferedHigh = 1024 * 1024;
export const bufferedLow = 256 * 1024;
/** How often a full channel is looked at where it does not tell: wrtc 0.10.0 fires no `bufferedamountlow`. Milliseconds. */
const lookMs = 4;
/** Read from the disk at once. Bytes. */
const blockBytes = 256 * 1024;
/** A client that takes nothing for so long is given up. Milliseconds. */
export const stalledMs = 60_000;

export interface Sending {
  /** The SHA-256 of what was sent, or why it is not all there. Never rejects. */
  readonly ended: Promise<{ readonly sha256: string } | { readonly no: FileReason } | "closed">;
  /** The client took so many bytes in all. */
  have(bytes: number): void;
  stop(): void;
}

export interface SendingParts {
  readonly channel: FileChannel;
  readonly id: number;
  readonly file: OpenFile;
  readonly offset: number;
  readonly length: number;
  /** Bytes. */
  readonly window: number;
  /** Largest message both ends take. Bytes. */
  readonly messageBytes: number;
  readonly newHash: NewHash;
  readonly timer: Timer;
}

export const sendContent = (parts: SendingParts): Sending => {
  const { channel, id, file, offset, length, window, newHash, timer } = parts;
  const pieceBytes = parts.messageBytes - headerBytes;
  let sent = 0;
  let taken = 0;
  let over: FileReason | undefined;
  let wake = () => {};

  const isOpen = () => channel.readyState === "open";
  const mayGo = (piece: number) => sent - taken + piece <= window && channel.bufferedAmount <= bufferedHigh;

  /** Until there is room for so much, or it is over. */
  const room = async (piece: number): Promise<void> => {
    if (mayGo(piece)) return;
    const cancel = timer.after(stalledMs, () => {
      over ??= "STALLED";
      wake();
    });
    while (isOpen() && over === undefined && !mayGo(piece)) {
      const isFull = channel.bufferedAmount > bufferedHigh;
      await new Promise<void>((resolve) => {
        const forget = isFull ? timer.after(lookMs, resolve) : () => {};
        wake = () => {
          forget();
          resolve();
        };
      });
    }
    cancel();
  };

  const send = async (): Promise<{ sha256: string } | { no: FileReason } | "closed"> => {
    const hash = newHash();
    while (sent < length) {
      const block = await file.read(offset + sent, Math.min(blockBytes, length - sent));
      // It became shorter under the reader.
      if (block.length === 0) return { no: "CHANGED" };
      for (let from = 0; from < block.length; from += pieceBytes) {
        const piece = block.subarray(from, from + pieceBytes);
        await room(piece.length);
        if (over !== undefined) return { no: over };
        if (!isOpen()) return "closed";
        channel.send(contentMessage(id, piece));
        sent += piece.length;
      }
      hash.update(block);
    }
    if (over !== undefined) return { no: over };
    return (await file.isUnchanged()) ? { sha256: hash.digest() } : { no: "CHANGED" };
  };

  channel.bufferedAmountLowThreshold = bufferedLow;
  const look = () => wake();
  channel.addEventListener("bufferedamountlow", look);
  channel.addEventListener("close", look);
  return {
    ended: send().catch(() => (isOpen() ? { no: "UNREADABLE" as const } : "closed")),
    have(bytes) {
      taken = Math.max(taken, Math.min(bytes, sent));
      wake();
    },
    stop() {
      over ??= "STOPPED";
      wake();
    },
  };
};
