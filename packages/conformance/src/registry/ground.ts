// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { isRefusal, type Refusal } from "@signalbox/core";
import {
  defaultRegistryLimits,
  type RegistryGround,
  type RegistryLimits,
  type Store,
} from "@signalbox/core/registry";
import { type HandClock, handClock } from "@signalbox/core/testing";

export interface TestGround extends RegistryGround {
  readonly clock: HandClock;
  /** Digest of a token, as the asker shows it. */
  asker(token: string): { readonly digest: string };
}

/** A registry's ground with a hand-turned clock that is the wall clock too, and ids that count up. */
export const testGround = (store: Store, limits: Partial<RegistryLimits> = {}): TestGround => {
  const clock = handClock(1_700_000_000_000);
  const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
  let serial = 0;
  const mint = () => {
    serial += 1;
    return `minted-${serial}`;
  };
  return {
    store,
    clock,
    wallNow: clock.now,
    digest,
    equal: (a, b) => a === b,
    mintToken: mint,
    mintId: mint,
    turns: new Map(),
    limits: { ...defaultRegistryLimits, ...limits },
    asker: (token) => ({ digest: digest(token) }),
  };
};

/** What was asked for, or a failed test that says why it was refused. */
export const granted = <T extends object>(result: T | Refusal): T => {
  if (isRefusal(result)) assert.fail(`refused: ${result.code} ${result.detail ?? ""}`);
  return result;
};

export const refusedWith = (result: object): string => {
  if (!isRefusal(result)) assert.fail(`not refused: ${JSON.stringify(result).slice(0, 200)}`);
  return result.code;
};
