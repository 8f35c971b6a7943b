// SPDX-License-Identifier: MIT
/** Addresses of a Redis, as they stand in a configuration. */
import { parseRedisUrl, type RedisPlace } from "@signalbox/backplane/redis";
import { StartFailure } from "./start-failure.ts";

/** What such an address looks like. */
export const redisUrlForm =
  "redis://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]...][/DATABASE][?prefix=TEXT], or rediss:// with TLS";

export const isRedisUrl = (text: string): boolean => parseRedisUrl(text) !== undefined;

/** Fails with a StartFailure. What was given is never shown: it may hold a password. */
export const redisPlace = (text: string): RedisPlace => {
  const place = parseRedisUrl(text);
  if (place === undefined) throw new StartFailure(`--redis: must be ${redisUrlForm}`);
  return place;
};
