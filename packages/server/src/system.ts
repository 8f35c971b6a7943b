// SPDX-License-Identifier: MIT
/** Time and chance of the real world, for everything that has them handed in. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Chance, Clock } from "@signalbox/core";

/** What a timer of Node can hold. Milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

/** Monotonic: setting the machine's time moves nothing. Whole milliseconds. */
export const systemClock: Clock = {
  now: () => Math.floor(performance.now()),
  after(ms, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, ms), longestTimerMs));
    return () => clearTimeout(timer);
  },
};

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

export const systemChance: Chance = {
  id: () => randomBytes(12).toString("base64url"),
  secret: () => randomBytes(24).toString("base64url"),
  // Digests have one length, so that not even the length of the secret shows in the time.
  equal: (a, b) => timingSafeEqual(digest(a), digest(b)),
};
