// SPDX-License-Identifier: MIT
import { join } from "node:path";
import type { Limits } from "@signalbox/core";
import { type RunningServer, startServer } from "@signalbox/server";

/**
 * Bounds that keep one address from doing what a bench does. They are checked all the same: only their values are
 * higher. The page is left out, nobody asks for it. Without a Redis the server is alone, and keeps its registry in the folder or
 * in memory.
 */
export const signalbox = (
  place: { readonly data?: string; readonly redis?: string; readonly tls?: "self-signed" } = {},
  more: Partial<Limits> = {},
): Promise<RunningServer> => {
  const limits = {
    framesPerSecond: 1_000_000_000,
    frameBurst: 1_000_000_000,
    connectionsPerAddress: 1_000_000,
    handshakesPerSecondPerAddress: 1_000_000_000,
    handshakeBurstPerAddress: 1_000_000_000,
    framesPerSecondPerAddress: 1_000_000_000,
    frameBurstPerAddress: 1_000_000_000,
    requestsPerSecondPerAddress: 1_000_000_000,
    requestBurstPerAddress: 1_000_000_000,
    knocksPerService: 1_000_000,
    knocksPerKnocker: 1_000_000,
    knocksPerAddress: 1_000_000,
    serversPerRoom: 1_000_000,
    ...more,
  };
  return startServer(
    { host: "127.0.0.1", port: 0, level: "warn", limits, ...place },
    { pageFolder: join(import.meta.dirname, "no-page") },
  );
};
