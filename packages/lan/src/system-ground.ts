// SPDX-License-Identifier: MIT
import { randomBytes } from "node:crypto";
import type { LanGround } from "./exchange.ts";

/** The time and chance of this machine. */
export const systemGround: LanGround = {
  now: () => Date.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: randomBytes,
};
