// SPDX-License-Identifier: MIT
/** What a node says of itself beside its lease, for people to see. Nothing is decided by it. */
import type { Millis } from "@signalbox/core";

/** What only the process knows. */
export interface HostStatus {
  /** Name of its machine, and number of its process there. */
  readonly host: string;
  readonly pid: number;
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

export const noHost: HostStatus = {
  host: "",
  pid: 0,
  version: "",
  startedAt: 0,
  draining: false,
  lines: 0,
  sessions: 0,
};

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
/** Shown on terminals, so without anything a terminal would obey. */
const isWord = (value: unknown): value is string =>
  typeof value === "string" && /^[\w.:+-]{0,255}$/.test(value);
const isFlag = (value: unknown): value is boolean => typeof value === "boolean";

/** Undefined where it is not what this version writes. */
export const parseStatus = (text: string): NodeStatus | undefined => {
  let found: { readonly [name: string]: unknown };
  try {
    found = Object(JSON.parse(text));
  } catch {
    return undefined;
  }
  const { host, pid, version, startedAt, draining, lines, sessions, open, rooms, members, redisMs, busMs } =
    found;
  if (!isWord(host) || !isWord(version) || !isFlag(draining) || !isFlag(open) || !isWhole(pid))
    return undefined;
  if (!isWhole(startedAt) || !isWhole(lines) || !isWhole(sessions) || !isWhole(rooms) || !isWhole(members))
    return undefined;
  if (!isWhole(redisMs) || !isWhole(busMs)) return undefined;
  return {
    host,
    pid,
    version,
    startedAt,
    draining,
    lines,
    sessions,
    open,
    rooms,
    members,
    redisMs,
    busMs,
  };
};
