// SPDX-License-Identifier: MIT
/** A folder of this machine as a source: read-only, and with no way out. */
import { createHash } from "node:crypto";
import type { BigIntStats } from "node:fs";
import { type FileHandle, lstat, opendir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { isName } from "../path.ts";
import {
  byName,
  type FileSource,
  isNo,
  type NewHash,
  type OpenFile,
  pageOf,
  type SourceRefusal,
} from "../source.ts";
import type { Entry, FileEntry } from "../wire.ts";
import { openBeneath, refusalOf } from "./beneath.ts";

export interface FolderOptions {
  /** Also what begins with a dot. Default: that is not there. */
  readonly hidden?: boolean;
  /** Names of one folder that are looked at. Default 100,000: 10 MB of names. */
  readonly namesMax?: number;
}

export const newHash: NewHash = () => {
  const hash = createHash("sha256");
  return {
    update: (bytes) => void hash.update(bytes),
    digest: () => hash.digest("hex"),
  };
};

/** What the content depends on, as far as a file system tells. Hashed, because it is nobody's business. */
const tagOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  createHash("sha256").update([dev, ino, size, mtimeNs, ctimeNs].join(" ")).digest("base64url").slice(0, 22);

const fileOf = (stats: BigIntStats): FileEntry => ({
  size: Number(stats.size),
  modified: Number(stats.mtimeMs),
  tag: tagOf(stats),
});

const openFile = async (handle: FileHandle): Promise<OpenFile> => {
  const first = fileOf(await handle.stat({ bigint: true }));
  return {
    ...first,
    async read(offset, length) {
      const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(length, first.size - offset)));
      let filled = 0;
      while (filled < buffer.length) {
        const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return buffer.subarray(0, filled);
    },
    isUnchanged: async () => tagOf(await handle.stat({ bigint: true })) === first.tag,
    close: () => handle.close(),
  };
};

/** Where the open folder can be read, whatever its path means by now. */
const placeOf = (handle: FileHandle, path: string): string =>
  process.platform === "linux" ? `/proc/self/fd/${handle.fd}` : path;

/** `folder` must be there. Rejects as the file system does where it is not. */
export const folderSource = async (
  folder: string,
  { hidden = false, namesMax = 100_000 }: FolderOptions = {},
): Promise<FileSource> => {
  const root = await realpath(folder);
  if (!(await stat(root)).isDirectory()) throw new Error(`${folder} is no folder`);
  const isShown = (name: string) => isName(name) && (hidden || !name.startsWith("."));
  const found = (names: readonly string[]): boolean => names.every(isShown);

  /** One that leads out of the folder, or to a device, is no entry. */
  const entryOf = async (
    place: string,
    names: readonly string[],
    name: string,
  ): Promise<Entry | undefined> => {
    try {
      let stats = await lstat(join(place, name));
      if (stats.isSymbolicLink()) {
        const real = await realpath(join(root, ...names, name));
        const handle = await openBeneath(
          root,
          [...names, name],
          (await stat(real)).isDirectory() ? "folder" : "file",
        );
        if (isNo(handle)) return undefined;
        stats = await handle.stat();
        await handle.close();
      }
      const modified = Math.trunc(stats.mtimeMs);
      if (stats.isDirectory()) return { name, kind: "folder", modified };
      return stats.isFile() ? { name, kind: "file", size: stats.size, modified } : undefined;
    } catch {
      // Gone since its name was read, or leading nowhere.
      return undefined;
    }
  };

  const namesIn = async (place: string): Promise<readonly string[] | SourceRefusal> => {
    const names: string[] = [];
    for await (const { name } of await opendir(place)) {
      if (!isShown(name)) continue;
      if (names.length >= namesMax) return { no: "TOO_MANY_ENTRIES" };
      names.push(name);
    }
    return names.sort(byName);
  };

  return {
    async list(path, after, most) {
      if (!found(path)) return { no: "NOT_FOUND" };
      const handle = await openBeneath(root, path, "folder");
      if (isNo(handle)) return handle;
      try {
        const place = placeOf(handle, join(root, ...path));
        const names = await namesIn(place);
        if (isNo(names)) return names;
        const entries: Entry[] = [];
        let more = true;
        for (let last = after; more && entries.length < most; ) {
          const page = pageOf(names, (name) => name, last, most - entries.length);
          const shown = await Promise.all(page.items.map((name) => entryOf(place, path, name)));
          entries.push(...shown.filter((entry) => entry !== undefined));
          last = page.items.at(-1);
          more = page.more;
        }
        return { entries, more };
      } catch (error) {
        return refusalOf(error);
      } finally {
        await handle.close();
      }
    },
    async stat(path) {
      if (!found(path)) return { no: "NOT_FOUND" };
      const file = await openBeneath(root, path, "file");
      if (isNo(file)) {
        if (file.no !== "NOT_A_FILE") return file;
        const handle = await openBeneath(root, path, "folder");
        if (isNo(handle)) return handle;
        await handle.close();
        return "folder";
      }
      try {
        return fileOf(await file.stat({ bigint: true }));
      } finally {
        await file.close();
      }
    },
    async open(path) {
      if (!found(path)) return { no: "NOT_FOUND" };
      const handle = await openBeneath(root, path, "file");
      return isNo(handle) ? handle : openFile(handle);
    },
  };
};
