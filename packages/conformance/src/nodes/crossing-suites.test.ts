// SPDX-License-Identifier: MIT
/** What peers of different protocols notice of each other, with every line on another of three servers. */
import { describe } from "node:test";
import { type OpenBox, openBox, type StartServers, startOne } from "../crossing/box.ts";
import { mannersSuite } from "../crossing/manners-suite.ts";
import { peerNetSuite } from "../crossing/peernet-suite.ts";
import { configsOnRedis } from "./shared-config.ts";

const onRedis = await configsOnRedis();

const start: StartServers = async (config, clock) => {
  const shared = onRedis(config);
  const servers = await Promise.all([0, 1, 2].map(() => startOne(shared, clock)));
  return {
    urls: servers.flatMap(({ urls }) => urls),
    stop: async () => void (await Promise.all(servers.map(({ stop }) => stop()))),
  };
};

const openThree: OpenBox = (test, options = {}) => openBox(test, { ...options, start });

describe("on three servers in turn,", () => {
  mannersSuite(openThree);
  peerNetSuite(openThree);
});
