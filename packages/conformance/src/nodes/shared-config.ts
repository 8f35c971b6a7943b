// SPDX-License-Identifier: MIT
/** What makes servers of one process one cluster on a real Redis, so that a test can turn the clock of all. */
import { basename } from "node:path";
import { after } from "node:test";
import { startRedis } from "@signalbox/backplane/testing";
import type { ServerConfig } from "@signalbox/server";

/**
 * To be called where a file begins: Redis ends with it. Each config gets a prefix of its own, which is to several servers
 * what a folder is to one: those that are started with the same folder find what was there.
 */
export const configsOnRedis = async (): Promise<(config: ServerConfig) => ServerConfig> => {
  const redis = await startRedis();
  after(() => redis.stop());
  let clusters = 0;
  return ({ data, ...config }) => {
    clusters += 1;
    const prefix = data === undefined ? `cluster${clusters}` : basename(data);
    return {
      ...config,
      redis: `${redis.url}?prefix=${prefix}:`,
      // A clock that is turned by hand renews no lease by itself: none is over before a test is.
      limits: { leaseMs: 300_000, ...config.limits },
    };
  };
};
