// SPDX-License-Identifier: MIT
/** The servers that work together through one Redis, for whoever looks from outside. */
import { type Leases, RedisFailure, readLeases } from "@signalbox/backplane/redis";
import { redisPlace } from "./redis-place.ts";
import { StartFailure } from "./start-failure.ts";
import { systemClock } from "./system.ts";

export type { NodeLease } from "@signalbox/backplane/redis";

/** Fails with a StartFailure where that Redis cannot be used. */
export const readNodes = async (redis: string): Promise<Leases> => {
  try {
    return await readLeases(redisPlace(redis), systemClock);
  } catch (error) {
    throw error instanceof RedisFailure ? new StartFailure(error.message) : error;
  }
};
