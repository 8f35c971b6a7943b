// SPDX-License-Identifier: MIT
import { join } from "node:path";
import { startServer } from "@signalbox/server";
import type { Started } from "./peers/started.ts";

/**
 * Bounds that keep one address from doing what a bench does. They are checked all the same: only their values are
 * higher. The page is left out, nobody asks for it. With a folder the registry is kept there, else in memory.
 */
export const signalbox = (folder?: string): Promise<Started> => {
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
  };
  return startServer(
    { host: "127.0.0.1", port: 0, limits, ...(folder === undefined ? {} : { data: folder }) },
    { pageFolder: join(import.meta.dirname, "no-page") },
  );
};
