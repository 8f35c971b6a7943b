// SPDX-License-Identifier: MIT
import type { DeviceKind } from "../kinds.ts";
import { BeFiles } from "./be-files.tsx";
import { FilesView } from "./files-view.tsx";

export const filesKind: DeviceKind = {
  protocol: "file",
  name: "Files",
  icon: "folder",
  View: FilesView,
  offer: { label: "Share a folder", Offer: BeFiles },
};
