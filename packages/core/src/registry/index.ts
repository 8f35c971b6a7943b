// SPDX-License-Identifier: MIT

export { isAttendedElsewhere, unattended } from "./attendance.ts";
export { type Asker, owns, type RegistryGround } from "./ground.ts";
export { type Answer, candidatesMax, lingerMs } from "./knock.ts";
export {
  addCandidates,
  answerKnock,
  cancelKnock,
  createKnock,
  deliverKnock,
  getKnock,
  type KnockBatch,
  type KnockPlace,
  type KnockQueue,
  type KnockSpec,
  knockName,
  takeKnocks,
  waitingForLivePeers,
} from "./knocks.ts";
export { defaultRegistryLimits, type RegistryLimits } from "./limits.ts";
export { type LivePage, type LivePeers, noExpiry } from "./live.ts";
export { isLiveId, isOwnerToken, isResourceId, livePrefix } from "./names.ts";
export { observed } from "./observed.ts";
export type { Page, PageRequest } from "./paging.ts";
export type {
  Attributes,
  CandidateRecord,
  KnockRecord,
  KnockState,
  RoomRecord,
  ServerRecord,
  ServiceRecord,
} from "./records.ts";
export { isOver } from "./records.ts";
export {
  type CreatedRoom,
  createRoom,
  type DeleteOptions,
  deleteRoom,
  getRoom,
  listRooms,
  type Room,
  type RoomSpec,
} from "./rooms.ts";
export { listServers, type Target } from "./search.ts";
export {
  createService,
  deleteService,
  getService,
  listServices,
  type Service,
  updateService,
} from "./server-services.ts";
export { serverTopic } from "./server-writes.ts";
export {
  type CreatedServer,
  createServer,
  deleteServer,
  getServer,
  renewServer,
  type Server,
  type ServerChange,
  type ServerFilter,
  type ServerSpec,
  updateServer,
} from "./servers.ts";
export { type ServiceSpec, serviceEtag } from "./services.ts";
export {
  type RecordKind,
  type ScanPage,
  type Store,
  StoreAway,
  type StoredRecord,
  type Write,
} from "./store.ts";
export { sweep } from "./sweep.ts";
export type { Abort } from "./waiting.ts";
