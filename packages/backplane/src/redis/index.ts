// SPDX-License-Identifier: MIT
export {
  type RedisBackplane,
  type RedisBackplaneParts,
  type RedisState,
  redisBackplane,
} from "./backplane.ts";
export type { Loss } from "./lease.ts";
export { RedisFailure } from "./link.ts";
export type { HostStatus, NodeStatus } from "./node-status.ts";
export { type Leases, type NodeLease, readLeases } from "./nodes.ts";
export { parseRedisUrl, type RedisPlace, shownPlace } from "./place.ts";
