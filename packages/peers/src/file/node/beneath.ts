// SPDX-License-Identifier: MIT
/**
 * Files and folders below a root, and nothing else: whatever links lead out, and whatever is swapped while one looks.
 * What counts is not where a path led to before it was opened, but where what is open now lies.
 */
import { constants } from "node:fs";
import { type FileHandle, open, readlink, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import type { SourceRefusal } from "../source.ts";

const isBeneath = (root: string, real: string): boolean =>
  real === root || real.startsWith(root.endsWith(sep) ? root : root + sep);

/** Linux says itself where an open file lies; elsewhere the path is looked up again and must lead to the same file. */
const liesBeneath = async (root: string, path: string, handle: FileHandle): Promise<boolean> => {
  if (process.platform === "linux") return isBeneath(root, await readlink(`/proc/self/fd/${handle.fd}`));
  const real = await realpath(path);
  if (!isBeneath(root, real)) return false;
  const [there, here] = await Promise.all([stat(real), handle.stat()]);
  return there.dev === here.dev && there.ino === here.ino;
};

/** Nobody waits at a pipe, becomes the owner of a terminal, or follows what became a device meanwhile. */
const flags = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

const codeOf = (error: unknown): unknown =>
  error instanceof Error && "code" in error ? error.code : undefined;

/** An error of the file system as a refusal. What is hidden by missing rights says no more than that. */
export const refusalOf = (error: unknown): SourceRefusal => {
  switch (codeOf(error)) {
    case "ENOENT":
    case "ENOTDIR":
    case "ELOOP":
    case "ENAMETOOLONG":
    case "EINVAL":
      return { no: "NOT_FOUND" };
    default:
      return { no: "UNREADABLE" };
  }
};

/**
 * Opens what lies under these names. `root` is a real path. Refuses what is neither file nor folder before it is opened:
 * to open a device may already do something. Whoever gets the handle closes it.
 */
export const openBeneath = async (
  root: string,
  names: readonly string[],
  kind: "file" | "folder",
): Promise<FileHandle | SourceRefusal> => {
  const path = join(root, ...names);
  try {
    const real = await realpath(path);
    if (!isBeneath(root, real)) return { no: "NOT_FOUND" };
    const before = await stat(real);
    if (before.isDirectory() !== (kind === "folder"))
      return { no: before.isDirectory() ? "NOT_A_FILE" : before.isFile() ? "NOT_A_FOLDER" : "NOT_FOUND" };
    if (kind === "file" && !before.isFile()) return { no: "NOT_FOUND" };
    const handle = await open(real, flags);
    try {
      const now = await handle.stat();
      const isKind = kind === "folder" ? now.isDirectory() : now.isFile();
      if (isKind && (await liesBeneath(root, path, handle))) return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
    await handle.close();
    return { no: "NOT_FOUND" };
  } catch (error) {
    return refusalOf(error);
  }
};
