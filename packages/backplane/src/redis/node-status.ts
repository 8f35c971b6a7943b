// SPDX-License-Identifier: MIT
/** What a node says of itself beside its lease, for people to see. Nothing is decided by it. */
import type { Millis } from "@signalbox/core";

/** What only the process knows. */
export interface HostStatus {
  readonly version: string;
  /** When it started. Milliseconds since 1970, by its own clock. */
  readonly startedAt: Millis;
  readonly draining: boolean;
  readonly lines: number;
  readonly sessions: number;
}

export interface NodeStatus extends HostStatus {
  /** Are newcomers taken in, or is what it holds being claimed again? */
  readonly open: boolean;
  readonly rooms: number;
  readonly members: number;
  /** How long Redis took to answer its last renewal, and its own mark to come back. Milliseconds. */
  readonly redisMs: Millis;
  readonly busMs: Millis;
}

export const noHost: HostStatus = { version: "", startedAt: 0, draining: false, lines: 0, sessions: 0 };

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";

/** Undefined where it is not what this version writes. */
export const parseStatus = (text: string): NodeStatus | undefined => {
  let found: { readonly [name: string]: unknown };
  try {
    found = Object(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { version, startedAt, draining, lines, sessions, open, rooms, members, redisMs, busMs } = found;
  if (typeof version !== "string" || !isFlag(draining) || !isFlag(open)) return undefined;
  if (!isWhole(startedAt) || !isWhole(lines) || !isWhole(sessions) || !isWhole(rooms) || !isWhole(members))
    return undefined;
  if (!isWhole(redisMs) || !isWhole(busMs)) return undefined;
  // Shown on terminals.
  if (!/^[\w.+-]{0,64}$/.test(version)) return undefined;
  return { version, startedAt, draining, lines, sessions, open, rooms, members, redisMs, busMs };
};
