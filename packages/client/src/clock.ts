// SPDX-License-Identifier: MIT
/** Time and chance, handed in, so that tests turn a clock by hand and every run reads the same. */

export type Cancel = () => void;

export interface Clock {
  /** Milliseconds; only differences mean anything. */
  now(): number;
  after(ms: number, run: () => void): Cancel;
}

export interface Chance {
  /** From 0 up to, not including, 1. */
  random(): number;
  /** A fresh, unguessable name for a call: at least 96 random bits. */
  id(): string;
}

/** Longest delay `setTimeout` keeps: 2^31 - 1 ms, 24.8 days. */
const longestTimeout = 2_147_483_647;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, run) {
    const id = setTimeout(run, Math.min(ms, longestTimeout));
    return () => clearTimeout(id);
  },
};

export const systemChance: Chance = {
  random: () => Math.random(),
  // Not randomUUID: a page without a secure context (a phone on the LAN) does not have it.
  id: () =>
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join(
      "",
    ),
};
