// SPDX-License-Identifier: MIT
export {
  type RedisBackplane,
  type RedisBackplaneParts,
  type RedisState,
  redisBackplane,
} from "./backplane.ts";
export { RedisFailure } from "./link.ts";
export { parseRedisUrl, type RedisPlace, shownPlace } from "./place.ts";
