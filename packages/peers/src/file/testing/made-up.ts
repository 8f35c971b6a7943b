// SPDX-License-Identifier: MIT
/** Files that are made up as they are read: as large as one likes, and on no disk. */
import { newHash } from "../node/folder.ts";
import type { FileSource, OpenFile } from "../source.ts";
import type { FileReason } from "../wire.ts";

/** The byte at a place: no two neighbouring blocks are alike. */
const byteAt = (offset: number): number => (offset ^ (offset >>> 8) ^ (offset >>> 16)) & 0xff;

export const madeUpBytes = (offset: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) bytes[at] = byteAt(offset + at);
  return bytes;
};

export const hashOf = (bytes: Uint8Array): string => {
  const hash = newHash();
  hash.update(bytes);
  return hash.digest();
};

export interface MadeUp extends FileSource {
  /** Files that are open. */
  readonly openFiles: () => number;
  /** From now on the file is another one of that size. */
  change(size: number): void;
}

/** One file, `file`, of so many bytes. `make` may make them up in another way, or not at all. */
export const madeUp = (
  size: number,
  make: (offset: number, length: number) => Promise<Uint8Array> | Uint8Array = madeUpBytes,
): MadeUp => {
  let edition = 1;
  let current = size;
  let opened = 0;
  const entry = () => ({ size: current, modified: 1, tag: `e${edition}` });
  const missing = { no: "NOT_FOUND" as FileReason };
  const isFile = ([name, ...more]: readonly string[]) => name === "file" && more.length === 0;
  return {
    openFiles: () => opened,
    change(next) {
      edition += 1;
      current = next;
    },
    list: async () => ({ entries: [{ name: "file", kind: "file", ...entry() }], more: false }),
    stat: async (path) => (isFile(path) ? entry() : missing),
    async open(path): Promise<OpenFile | typeof missing> {
      if (!isFile(path)) return missing;
      opened += 1;
      const first = entry();
      return {
        ...first,
        read: async (offset, length) => make(offset, Math.max(0, Math.min(length, first.size - offset))),
        isUnchanged: async () => first.tag === entry().tag,
        close: async () => {
          opened -= 1;
        },
      };
    },
  };
};
