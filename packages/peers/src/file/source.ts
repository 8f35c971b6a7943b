// SPDX-License-Identifier: MIT
/** What is shared: a folder on a disk, one that a page was let into, or files somebody picked. */
import type { Entry, FileEntry, FileReason } from "./wire.ts";

/** An expected no of a source. */
export interface SourceRefusal {
  readonly no: FileReason;
}

export const isNo = (value: object): value is SourceRefusal => "no" in value;

/** A file that is open: what it gives is one content, as long as it says that it is unchanged. */
export interface OpenFile extends FileEntry {
  /** From `offset`, at most `length` bytes; fewer at its end, none behind it. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Is it still what it was when it was opened? */
  isUnchanged(): Promise<boolean>;
  close(): Promise<void>;
}

export interface EntryPage {
  /** In the order of their UTF-16 units. */
  readonly entries: readonly Entry[];
  readonly more: boolean;
}

export interface FileSource {
  /** Those behind the name `after`. */
  list(path: readonly string[], after: string | undefined, most: number): Promise<EntryPage | SourceRefusal>;
  stat(path: readonly string[]): Promise<FileEntry | "folder" | SourceRefusal>;
  open(path: readonly string[]): Promise<OpenFile | SourceRefusal>;
}

/** A hash that is fed: Node has one, pages bring one. */
export interface Hash {
  update(bytes: Uint8Array): void;
  /** Hex. Ends it. */
  digest(): string;
}

/** SHA-256. */
export type NewHash = () => Hash;

/** The page of a sorted list. */
export const pageOf = <T>(
  sorted: readonly T[],
  nameOf: (item: T) => string,
  after: string | undefined,
  most: number,
): { readonly items: readonly T[]; readonly more: boolean } => {
  const first = after === undefined ? 0 : sorted.findIndex((item) => nameOf(item) > after);
  if (first === -1) return { items: [], more: false };
  const items = sorted.slice(first, first + most);
  return { items, more: first + items.length < sorted.length };
};

/** The order of entries: that of their UTF-16 units, the same everywhere. */
export const byName = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
