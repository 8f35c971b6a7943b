// SPDX-License-Identifier: MIT
/** A file that grows, as `tail -F` follows it. */
import { open } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";

/** How often it is looked for more. Milliseconds. */
const lookMs = 500;

/** Read at once. Bytes. */
const pieceBytes = 64 * 1_024;

export interface TailOptions {
  readonly path: string;
  readonly write: (text: string) => void;
  readonly after: (ms: number, run: () => void) => () => void;
  readonly signal: AbortSignal;
}

/**
 * Gives what is in the file, and then what comes. Another file under its name, or one that became shorter, is read from its
 * start; one that is gone is waited for. Rejects where it cannot be read at first; settles when the signal aborts.
 */
export const tail = async ({ path, write, after, signal }: TailOptions): Promise<void> => {
  const buffer = Buffer.alloc(pieceBytes);
  let decoder = new StringDecoder("utf8");
  let offset = 0;
  let inode: number | undefined;
  const look = async (): Promise<void> => {
    const file = await open(path);
    try {
      const { ino, size } = await file.stat();
      if ((inode !== undefined && ino !== inode) || size < offset) {
        offset = 0;
        decoder = new StringDecoder("utf8");
      }
      inode = ino;
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, pieceBytes, offset);
        if (bytesRead === 0 || signal.aborted) return;
        offset += bytesRead;
        write(decoder.write(buffer.subarray(0, bytesRead)));
      }
    } finally {
      await file.close();
    }
  };
  await look();
  while (!signal.aborted) {
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const cancel = after(lookMs, done);
      signal.addEventListener("abort", done);
    });
    // Between the old file and the new one there may be none for a moment.
    if (!signal.aborted) await look().catch(() => {});
  }
};
