// SPDX-License-Identifier: MIT
import type { Millis } from "./ports.ts";

/** A token bucket: fills at a steady rate up to its burst; each frame takes one token. */
export interface Bucket {
  tokens: number;
  at: Millis;
}

export const fullBucket = (burst: number, now: Millis): Bucket => ({ tokens: burst, at: now });

/**
 * Takes one token, and says whether there was one. Refused takes count too, down to a debt of one burst: who goes on
 * regardless is found out by `inDebt`.
 */
export const take = (bucket: Bucket, now: Millis, perSecond: number, burst: number): boolean => {
  bucket.tokens = Math.min(burst, bucket.tokens + (Math.max(0, now - bucket.at) * perSecond) / 1000);
  bucket.at = now;
  bucket.tokens = Math.max(-burst, bucket.tokens - 1);
  return bucket.tokens >= 0;
};

/** Has it gone on through a whole second burst of refusals? */
export const inDebt = (bucket: Bucket, burst: number): boolean => bucket.tokens <= -burst;

/** How long until one token is there again. Milliseconds, rounded up. */
export const refillMs = (bucket: Bucket, perSecond: number): Millis =>
  bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) * 1000) / perSecond);
