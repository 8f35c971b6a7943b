// SPDX-License-Identifier: MIT
/**
 * A file on its way onto this disk: `NAME.part`, and beside it `NAME.part.json`, which says of what content it is the
 * beginning. Only the whole and checked file gets its name.
 */
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import type { Hash, NewHash } from "../source.ts";
import type { FileEntry } from "../wire.ts";

/** What is there already of a content, and its hash so far. */
export interface Begun {
  readonly bytes: number;
  readonly tag: string;
  readonly hash: Hash;
}

export interface Partial {
  /** What an earlier attempt left. */
  readonly begun: Begun | undefined;
  /** Before the first bytes, where nothing was begun. */
  begin(file: FileEntry): Promise<void>;
  write(bytes: Uint8Array): Promise<void>;
  /** All of it is there and checked: it gets its name. */
  finish(file: FileEntry): Promise<void>;
  /** What is there stays for the next attempt. */
  leave(): Promise<void>;
  /** What is there is of no use to anybody. */
  discard(): Promise<void>;
}

export interface PartialOptions {
  /** Which file of which device: another one's beginning is no use. */
  readonly origin: string;
  readonly newHash: NewHash;
}

interface Note {
  readonly origin: string;
  readonly tag: string;
  readonly size: number;
}

const noteIn = (text: string): Note | undefined => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null) return undefined;
    const { origin, tag, size } = value as { readonly [name: string]: unknown };
    return typeof origin === "string" && typeof tag === "string" && typeof size === "number"
      ? { origin, tag, size }
      : undefined;
  } catch {
    return undefined;
  }
};

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

/** Opens what an earlier attempt left, or a new one. Rejects as the file system does. */
export const openPartial = async (target: string, { origin, newHash }: PartialOptions): Promise<Partial> => {
  const [part, noted] = [`${target}.part`, `${target}.part.json`];

  const left = async (): Promise<Begun | undefined> => {
    try {
      const note = noteIn(await readFile(noted, "utf8"));
      const { size } = await stat(part);
      if (note?.origin !== origin || size > note.size) return undefined;
      const hash = newHash();
      for await (const chunk of createReadStream(part)) hash.update(chunk);
      return { bytes: size, tag: note.tag, hash };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  };

  const begun = await left();
  let handle: FileHandle | undefined;
  let at = begun?.bytes ?? 0;
  const opened = async (): Promise<FileHandle> => {
    // Nobody else's file is written through a link of that name.
    if (handle === undefined && begun === undefined) await rm(part, { force: true });
    handle ??= await open(part, begun === undefined ? "wx" : "r+");
    return handle;
  };
  const close = async (): Promise<void> => {
    const last = handle;
    handle = undefined;
    await last?.close();
  };
  return {
    begun,
    async begin({ tag, size }) {
      if (begun !== undefined) return;
      const note: Note = { origin, tag, size };
      await writeFile(noted, `${JSON.stringify(note)}\n`);
      await opened();
    },
    async write(bytes) {
      const into = await opened();
      for (let from = 0; from < bytes.length; ) {
        const { bytesWritten } = await into.write(bytes, from, bytes.length - from, at);
        from += bytesWritten;
        at += bytesWritten;
      }
    },
    async finish({ modified }) {
      const whole = await opened();
      await whole.datasync();
      if (modified > 0) await whole.utimes(modified / 1_000, modified / 1_000);
      await close();
      await rename(part, target);
      await rm(noted, { force: true });
    },
    leave: close,
    async discard() {
      await close();
      await rm(part, { force: true });
      await rm(noted, { force: true });
    },
  };
};
