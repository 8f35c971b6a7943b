// SPDX-License-Identifier: MIT

export { realClock } from "./real-clock.ts";
export {
  type RedisClusterProcesses,
  type RedisClusterSize,
  slotOf,
  startRedisCluster,
} from "./redis-cluster.ts";
export { freePort, type RedisProcess, startRedis } from "./redis-process.ts";
export { type Severable, severable } from "./severable.ts";
