// SPDX-License-Identifier: MIT
/** The client's end of a channel. */
import type { FileChannel, Timer } from "./channel.ts";
import { FileError, failed, refused } from "./failure.ts";
import { type Receiving, receiveContent } from "./receiving.ts";
import {
  bytesIn,
  type Description,
  type Entry,
  type FileEntry,
  type FileReply,
  fileProtocol,
  parseContent,
  parseReply,
  windowDefault,
} from "./wire.ts";

export interface ReadOptions {
  /** Default 0. */
  readonly offset?: number;
  /** Default: to the end. */
  readonly length?: number;
  /** Only if the file is still the one of this tag; else `CHANGED`. */
  readonly tag?: string;
  /** Content that may be on its way or wait here. Bytes, at least 64 KiB. Default 4 MiB. */
  readonly window?: number;
  readonly signal?: AbortSignal;
  /** Called before the first bytes, with what the file is now. */
  readonly begin?: (file: FileEntry & { readonly offset: number; readonly length: number }) => void;
}

export interface FileClient {
  describe(): Promise<Description>;
  /** Page by page. */
  list(path: string): AsyncIterable<readonly Entry[]>;
  stat(path: string): Promise<FileEntry | "folder">;
  /**
   * Gives the bytes to `take`, one piece after the other, the next one when its promise is fulfilled. Resolves to the SHA-256
   * the device says these bytes have; whoever takes them checks it.
   */
  read(
    path: string,
    options: ReadOptions,
    take: (bytes: Uint8Array) => Promise<void> | void,
  ): Promise<{ readonly sha256: string }>;
  /** SHA-256 of the whole file. The device may have to read all of it first. */
  digest(path: string, tag?: string, signal?: AbortSignal): Promise<string>;
  /** Settles when the channel is closed. */
  readonly closed: Promise<void>;
  /** Ends all that is under way. The channel closes once the device has stopped sending, at the latest after a second. */
  close(): void;
}

/** Until an answer. Milliseconds: a list of a folder on a slow disk takes seconds. */
const answerMs = 30_000;
/** Until the digest of a file: 30 min are 90 GB at 50 MB/s. Milliseconds. */
const digestMs = 30 * 60_000;

/** A device is asked to stop before the channel is closed under it, and given so long. Milliseconds. */
const farewellMs = 1_000;

interface Pending {
  readonly reply: (reply: FileReply) => void;
  readonly fail: (error: unknown) => void;
  readonly content?: (bytes: Uint8Array) => void;
}

type Asked = { readonly type: string; readonly [field: string]: unknown };

/** The channel must be open. */
export const openFiles = (channel: FileChannel, timer: Timer): FileClient => {
  const pending = new Map<number, Pending>();
  let lastId = 0;
  /** What the device was asked to stop, and has not said that it did. */
  const stopping = new Set<number>();
  /** What is answered to the end, while its content may still be waiting to be taken. */
  const answered = new Set<number>();
  let isClosed = false;
  let forget = () => {};
  let settle = () => {};
  const closed = new Promise<void>((resolve) => {
    settle = resolve;
  });

  const say = (message: object): void => {
    if (channel.readyState !== "open") return;
    try {
      channel.send(JSON.stringify(message));
    } catch {
      // It closed in this moment, which is told by its event.
      channel.close();
    }
  };
  const stop = (id: number): void => {
    if (channel.readyState !== "open" || answered.has(id)) return;
    stopping.add(id);
    say({ type: "stop", id });
  };
  const gone = (): void => {
    isClosed = true;
    for (const { fail } of [...pending.values()]) fail(failed("BROKEN"));
    forget();
    stopping.clear();
    channel.close();
    settle();
  };
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    for (const { fail } of [...pending.values()]) fail(failed("BROKEN"));
    if (stopping.size === 0 || channel.readyState !== "open") gone();
    else forget = timer.after(farewellMs, gone);
  };

  /** Runs one request from its id to its last message. */
  const request = <T>(
    signal: AbortSignal | undefined,
    withinMs: number | undefined,
    start: (id: number, done: (value: T) => void, fail: (error: unknown) => void) => Partial<Pending>,
  ): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (isClosed) return reject(failed("BROKEN"));
      if (signal?.aborted === true) return reject(signal.reason);
      lastId = lastId === 0xffff_ffff ? 1 : lastId + 1;
      const id = lastId;
      const end = () => {
        pending.delete(id);
        answered.delete(id);
        cancel();
        signal?.removeEventListener("abort", abort);
      };
      const fail = (error: unknown) => {
        end();
        reject(error);
      };
      const abort = () => {
        stop(id);
        fail(signal?.reason);
      };
      const cancel = withinMs === undefined ? () => {} : timer.after(withinMs, () => fail(failed("SILENT")));
      signal?.addEventListener("abort", abort);
      const done = (value: T) => {
        end();
        resolve(value);
      };
      // In the map before anything is sent: the answer may be there at once.
      const own: { pending?: Partial<Pending> } = {};
      pending.set(id, {
        fail: (error) => (own.pending?.fail ?? fail)(error),
        content: (bytes) => own.pending?.content?.(bytes),
        reply(reply) {
          if (reply.type === "error") (own.pending?.fail ?? fail)(refused(reply.reason, reply.detail));
          else own.pending?.reply?.(reply);
        },
      });
      own.pending = start(id, done, fail);
    });

  const ask = <T>(
    message: Asked,
    read: (reply: FileReply) => T | undefined,
    signal?: AbortSignal,
    withinMs = answerMs,
  ): Promise<T> =>
    request<T>(signal, withinMs, (id, done) => {
      say({ ...message, id });
      return {
        reply(reply) {
          const value = read(reply);
          if (value !== undefined) done(value);
        },
      };
    });

  channel.binaryType = "arraybuffer";
  channel.addEventListener("close", gone);
  channel.addEventListener("message", ({ data }) => {
    if (typeof data === "string") {
      const reply = parseReply(data);
      if (reply?.id === undefined) return;
      const isLast = reply.type === "end" || reply.type === "digest" || reply.type === "error";
      if (isLast && pending.has(reply.id)) answered.add(reply.id);
      if (isLast && stopping.delete(reply.id) && isClosed && stopping.size === 0) return gone();
      return pending.get(reply.id)?.reply(reply);
    }
    const bytes = bytesIn(data);
    const piece = bytes === undefined ? undefined : parseContent(bytes);
    // What belongs to no read was on its way when that was stopped.
    if (piece !== undefined) pending.get(piece.id)?.content?.(piece.content);
  });
  if (channel.readyState === "closed") gone();

  return {
    closed,
    close,
    async describe() {
      const found = await ask({ type: "describe" }, (reply) =>
        reply.type === "description" ? reply : undefined,
      );
      if (found.protocol !== fileProtocol)
        throw new FileError("UNKNOWN_TYPE", `It speaks ${found.protocol}.`);
      return found;
    },
    async *list(path) {
      for (let after: string | undefined; ; ) {
        const { entries, more } = await ask(
          { type: "list", path, ...(after === undefined ? {} : { after }) },
          (reply) => (reply.type === "list" ? reply : undefined),
        );
        yield entries;
        const last = entries.at(-1)?.name;
        // A device that turns in a circle is left.
        if (!more || last === undefined || (after !== undefined && last <= after)) return;
        after = last;
      }
    },
    stat: (path) =>
      ask({ type: "stat", path }, (reply) => {
        if (reply.type !== "entry") return undefined;
        return reply.kind === "folder" ? "folder" : reply;
      }),
    read: (path, { offset = 0, length, tag, window = windowDefault, signal, begin }, take) =>
      request<{ sha256: string }>(signal, undefined, (id, done, fail) => {
        const receiving: Receiving = receiveContent({
          asked: { offset, ...(length === undefined ? {} : { length }) },
          window,
          timer,
          take,
          begin: begin ?? (() => {}),
          say: (bytes) => say({ type: "have", id, bytes }),
          done,
          fail(error) {
            // The device may still be sending: it shall not, to nobody.
            stop(id);
            fail(error);
          },
        });
        signal?.addEventListener("abort", receiving.stop);
        const fields = { ...(length === undefined ? {} : { length }), ...(tag === undefined ? {} : { tag }) };
        say({ type: "read", id, path, offset, window, ...fields });
        return { reply: receiving.reply, content: receiving.content, fail: receiving.fail };
      }),
    digest: (path, tag, signal) =>
      ask(
        { type: "digest", path, ...(tag === undefined ? {} : { tag }) },
        (reply) => (reply.type === "digest" ? reply.sha256 : undefined),
        signal,
        digestMs,
      ),
  };
};
