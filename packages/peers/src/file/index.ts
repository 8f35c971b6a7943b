// SPDX-License-Identifier: MIT
export type { FileChannel, Timer } from "./channel.ts";
export { type FileClient, openFiles, type ReadOptions } from "./client.ts";
export { clientFailures, FileError } from "./failure.ts";
export { type Fetching, fetchFile } from "./fetching.ts";
export { type FolderHandle, handleSource, pickedSource } from "./page-files.ts";
export { baseName, isName, join, parsePath } from "./path.ts";
export { type FileServiceOptions, fileChannel, fileService, filesOver } from "./service.ts";
export {
  byName,
  type EntryPage,
  type FileSource,
  type Hash,
  isNo,
  type NewHash,
  type OpenFile,
  pageOf,
  type SourceRefusal,
} from "./source.ts";
export { type Description, type Entry, type FileEntry, fileErrors, fileProtocol } from "./wire.ts";
