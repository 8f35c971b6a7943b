// SPDX-License-Identifier: MIT
/** SHA-256 of whole files, remembered as long as they do not change. */
import type { NewHash, OpenFile } from "./source.ts";
import type { FileReason } from "./wire.ts";

/** Digests that are remembered. */
const rememberedMax = 1_000;
/** Read from the disk at once. Bytes. */
const blockBytes = 1024 * 1024;

export interface Digests {
  /** `path` and the file's tag are what it is remembered by. Stops between two blocks. */
  of(path: string, file: OpenFile, isStopped: () => boolean): Promise<string | { readonly no: FileReason }>;
}

export const createDigests = (newHash: NewHash): Digests => {
  const known = new Map<string, string>();
  return {
    async of(path, file, isStopped) {
      const key = `${file.tag} ${path}`;
      const before = known.get(key);
      if (before !== undefined) return before;
      const hash = newHash();
      for (let at = 0; at < file.size; ) {
        if (isStopped()) return { no: "STOPPED" };
        const block = await file.read(at, Math.min(blockBytes, file.size - at));
        if (block.length === 0) return { no: "CHANGED" };
        hash.update(block);
        at += block.length;
      }
      if (!(await file.isUnchanged())) return { no: "CHANGED" };
      const sha256 = hash.digest();
      known.set(key, sha256);
      const [oldest] = known.keys();
      if (known.size > rememberedMax && oldest !== undefined) known.delete(oldest);
      return sha256;
    },
  };
};
