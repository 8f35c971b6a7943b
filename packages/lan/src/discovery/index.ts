// SPDX-License-Identifier: MIT
export { type AnnouncedService, type Ignored, isAnnounceable, type Presence } from "./announcement.ts";
export {
  announceEveryMs,
  type Discovery,
  type DiscoveryOptions,
  startDiscovery,
} from "./discovery.ts";
export {
  type DirectoryServer,
  type FindOptions,
  type Found,
  findService,
  type RoomMember,
  type RoomOfMembers,
  type Wanted,
} from "./find.ts";
export { createIdentity, type Identity, identityInFile } from "./identity.ts";
export { type Neighbour, reachableUrl } from "./neighbour.ts";
export { discoveryGroup, discoveryPort, type NetworkOptions } from "./network.ts";
export type { TableCounts } from "./table.ts";
