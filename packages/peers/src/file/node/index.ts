// SPDX-License-Identifier: MIT
export { type FolderOptions, folderSource, newHash } from "./folder.ts";
