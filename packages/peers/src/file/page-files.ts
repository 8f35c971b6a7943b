// SPDX-License-Identifier: MIT
/** Files of a page: a folder it was let into, or files somebody picked. Read-only, and nothing beside them. */
import { isName } from "./path.ts";
import { byName, type FileSource, type OpenFile, pageOf, type SourceRefusal } from "./source.ts";
import type { Entry, FileEntry } from "./wire.ts";

/** Names of one folder that are looked at. */
const namesMax = 100_000;

const notFound: SourceRefusal = { no: "NOT_FOUND" };

const isShown = (name: string): boolean => isName(name) && !name.startsWith(".");

const fileEntryOf = ({ size, lastModified }: File): FileEntry => ({
  size,
  modified: lastModified,
  // What a page can know of it. Two contents of one size in one millisecond are told apart by the SHA-256 alone.
  tag: `${size}.${lastModified}`,
});

const openFile = (file: File, current: () => Promise<File>): OpenFile => {
  const first = fileEntryOf(file);
  return {
    ...first,
    read: async (offset, length) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer()),
    isUnchanged: async () => fileEntryOf(await current()).tag === first.tag,
    close: async () => {},
  };
};

/** As much of a FileSystemDirectoryHandle as is used. */
export interface FolderHandle {
  entries(): AsyncIterable<readonly [string, { readonly kind: "file" | "directory" }]>;
  getDirectoryHandle(name: string): Promise<FolderHandle>;
  getFileHandle(name: string): Promise<{ getFile(): Promise<File> }>;
}

/** The browser's words for what is not there, is of the other kind, or must not be read any more. */
const refusalOf = (error: unknown, kind: "file" | "folder"): SourceRefusal => {
  switch (error instanceof Error ? error.name : "") {
    case "NotFoundError":
    case "TypeError":
      return notFound;
    case "TypeMismatchError":
      return { no: kind === "file" ? "NOT_A_FILE" : "NOT_A_FOLDER" };
    default:
      return { no: "UNREADABLE" };
  }
};

/** A folder as it is at each moment: what is added to it is shared too. */
export const handleSource = (root: FolderHandle): FileSource => {
  const folderAt = async (path: readonly string[]): Promise<FolderHandle> => {
    let folder = root;
    for (const name of path) folder = await folder.getDirectoryHandle(name);
    return folder;
  };
  const fileAt = async (path: readonly string[]) =>
    (await folderAt(path.slice(0, -1))).getFileHandle(path.at(-1) ?? "");
  const entryOf = async (
    folder: FolderHandle,
    name: string,
    kind: "file" | "directory",
  ): Promise<Entry | undefined> => {
    if (kind === "directory") return { name, kind: "folder" };
    try {
      const { size, lastModified } = await (await folder.getFileHandle(name)).getFile();
      return { name, kind: "file", size, modified: lastModified };
    } catch {
      // Gone since its name was read, or not to be read.
      return undefined;
    }
  };
  return {
    async list(path, after, most) {
      if (!path.every(isShown)) return notFound;
      try {
        const folder = await folderAt(path);
        const found: (readonly [string, "file" | "directory"])[] = [];
        for await (const [name, { kind }] of folder.entries()) {
          if (!isShown(name)) continue;
          if (found.length >= namesMax) return { no: "TOO_MANY_ENTRIES" };
          found.push([name, kind]);
        }
        found.sort(([one], [other]) => byName(one, other));
        const { items, more } = pageOf(found, ([name]) => name, after, most);
        const entries = await Promise.all(items.map(([name, kind]) => entryOf(folder, name, kind)));
        return { entries: entries.filter((entry) => entry !== undefined), more };
      } catch (error) {
        return refusalOf(error, "folder");
      }
    },
    async stat(path) {
      if (path.length === 0) return "folder";
      if (!path.every(isShown)) return notFound;
      try {
        return fileEntryOf(await (await fileAt(path)).getFile());
      } catch (error) {
        const no = refusalOf(error, "file");
        return no.no === "NOT_A_FILE" ? "folder" : no;
      }
    },
    async open(path) {
      if (path.length === 0) return { no: "NOT_A_FILE" };
      if (!path.every(isShown)) return notFound;
      try {
        const handle = await fileAt(path);
        return openFile(await handle.getFile(), () => handle.getFile());
      } catch (error) {
        return refusalOf(error, "file");
      }
    },
  };
};

type Tree = Map<string, File | Tree>;

const isFolder = (node: File | Tree): node is Tree => node instanceof Map;

/** Files of `<input type=file>`, with the folders they were in where a whole folder was picked. */
export const pickedSource = (files: Iterable<File>): FileSource => {
  const root: Tree = new Map();
  for (const file of files) {
    // Of a picked folder the first name is its own: what is shared is what is in it.
    const path = file.webkitRelativePath === "" ? [file.name] : file.webkitRelativePath.split("/").slice(1);
    if (path.length === 0 || !path.every(isShown)) continue;
    let folder = root;
    for (const name of path.slice(0, -1)) {
      const below = folder.get(name);
      const next: Tree = below !== undefined && isFolder(below) ? below : new Map();
      folder.set(name, next);
      folder = next;
    }
    folder.set(path.at(-1) ?? "", file);
  }
  const at = (path: readonly string[]): File | Tree | undefined => {
    let node: File | Tree | undefined = root;
    for (const name of path) node = node !== undefined && isFolder(node) ? node.get(name) : undefined;
    return node;
  };
  return {
    async list(path, after, most) {
      const folder = at(path);
      if (folder === undefined) return notFound;
      if (!isFolder(folder)) return { no: "NOT_A_FOLDER" };
      const names = [...folder.keys()].sort(byName);
      const { items, more } = pageOf(names, (name) => name, after, most);
      const entries = items.flatMap((name): Entry[] => {
        const node = folder.get(name);
        if (node === undefined) return [];
        return isFolder(node)
          ? [{ name, kind: "folder" }]
          : [{ name, kind: "file", size: node.size, modified: node.lastModified }];
      });
      return { entries, more };
    },
    async stat(path) {
      const node = at(path);
      if (node === undefined) return notFound;
      return isFolder(node) ? "folder" : fileEntryOf(node);
    },
    async open(path) {
      const node = at(path);
      if (node === undefined) return notFound;
      // A picked file that changed on the disk cannot be read any more: the browser sees to that.
      return isFolder(node) ? { no: "NOT_A_FILE" } : openFile(node, async () => node);
    },
  };
};
