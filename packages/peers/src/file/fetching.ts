// SPDX-License-Identifier: MIT
/** A whole file, over as many connections as it takes, checked against the device's SHA-256. */
import type { Timer } from "./channel.ts";
import type { FileClient } from "./client.ts";
import { FileError, failed, isBroken } from "./failure.ts";
import type { Hash } from "./source.ts";
import type { FileEntry } from "./wire.ts";

export interface Fetching {
  /** A connection to the device: called anew whenever the last one broke. */
  readonly connect: (signal: AbortSignal | undefined) => Promise<FileClient>;
  readonly path: string;
  /** What is there of it already: its first bytes, of which content they are, and their hash so far. */
  readonly begun?: { readonly bytes: number; readonly tag: string };
  /** Fed with what is there already; fresh where nothing is. */
  readonly hash: Hash;
  /** Called once before the first bytes: what it is going to be. */
  readonly begin?: (file: FileEntry) => Promise<void> | void;
  /** Writes the next bytes. The next ones come when that is done. */
  readonly write: (bytes: Uint8Array) => Promise<void> | void;
  readonly onProgress?: (bytes: number, size: number) => void;
  /** It broke, and is tried again. */
  readonly onBroken?: (error: unknown) => void;
  readonly timer: Timer;
  readonly window?: number;
  readonly signal?: AbortSignal;
}

/** Attempts without a single byte, one after the other, before it is given up. */
const attemptsMax = 6;
/** Before the second attempt; doubled with each further one. Milliseconds. */
const pauseMs = 500;

/**
 * Resolves to what was fetched. Rejects with a `FileError`: `CHANGED` where the file is not the one that was begun,
 * `CORRUPT` where the SHA-256 differs; with the last failure where no attempt brings anything any more.
 */
export const fetchFile = async (fetching: Fetching): Promise<FileEntry & { readonly sha256: string }> => {
  const { connect, path, begun, hash, signal, timer } = fetching;
  let bytes = begun?.bytes ?? 0;
  let tag = begun?.tag;
  let file: FileEntry | undefined;
  /** What the device says all of it hashes to, where it sent all of it in one go. */
  let expected: string | undefined;
  let client: FileClient | undefined;

  const read = async (from: FileClient): Promise<void> => {
    const start = bytes;
    const { sha256 } = await from.read(
      path,
      {
        offset: start,
        ...(tag === undefined ? {} : { tag }),
        ...(fetching.window === undefined ? {} : { window: fetching.window }),
        ...(signal === undefined ? {} : { signal }),
        begin(found) {
          file = found;
          tag = found.tag;
        },
      },
      async (piece) => {
        if (first && file !== undefined) await fetching.begin?.(file);
        first = false;
        await fetching.write(piece);
        hash.update(piece);
        bytes += piece.length;
        fetching.onProgress?.(bytes, file?.size ?? bytes);
      },
    );
    if (start === 0) expected = sha256;
  };
  let first = true;
  let isRead = false;

  try {
    for (let misses = 0; ; ) {
      const before = bytes;
      try {
        client ??= await connect(signal);
        if (!isRead) await read(client);
        isRead = true;
        // Resumed: the device is asked for all of it, since neither end saw all of it pass by.
        expected ??= await client.digest(path, tag, signal);
        break;
      } catch (error) {
        signal?.throwIfAborted();
        await ended(client);
        client = undefined;
        const canRetry = isBroken(error) || (isRetry(error) && bytes > 0);
        misses = bytes > before ? 0 : misses + 1;
        if (!canRetry || misses >= attemptsMax) throw error;
        fetching.onBroken?.(error);
        await pause(timer, pauseMs * 2 ** misses, signal);
      }
    }
  } finally {
    await ended(client);
  }
  if (file === undefined) throw failed("CORRUPT");
  // An empty file has no bytes before which it could have begun.
  if (first) await fetching.begin?.(file);
  const sha256 = hash.digest();
  if (sha256 !== expected) throw failed("CORRUPT");
  return { ...file, sha256 };
};

/** In Node the device's stack does not always survive a channel that closes while it is being written to. */
const ended = async (client: FileClient | undefined): Promise<void> => {
  client?.close();
  await client?.closed;
};

/** A knock that failed and may succeed later, as `@signalbox/client/peernet` says it; a device that is away comes back. */
const isRetry = (error: unknown): boolean => {
  if (error instanceof FileError || !(error instanceof Error) || !("retry" in error)) return false;
  return error.retry === true || ("reason" in error && error.reason === "NOT_FOUND");
};

const pause = (timer: Timer, ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = timer.after(ms, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
