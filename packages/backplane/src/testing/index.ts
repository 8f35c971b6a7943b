// SPDX-License-Identifier: MIT
export { freePort, type RedisProcess, startRedis } from "./redis-process.ts";
export { type Severable, severable } from "./severable.ts";
