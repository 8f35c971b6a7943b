// SPDX-License-Identifier: MIT
/** Who is there, as far as their announcements are believed: bounded, checked, forgotten in time. */
import type { KeyObject } from "node:crypto";
import { type Allowance, fullAllowance, type Rate, spend, turnstile } from "../allowance.ts";
import { clockSkewMs, glance, type Ignored, keyObject, openAnnouncement } from "./announcement.ts";
import type { Neighbour } from "./neighbour.ts";

/** As many are kept. 256: every host of a home or office network, twice. */
export const neighboursMax = 256;
/** As many from one address, so that no single host fills the table under ever new keys. */
export const neighboursPerAddressMax = 16;
/** Signatures checked: each takes about a tenth of a millisecond. */
export const checkRate: Rate = { perSecond: 200, burst: 400 };
/** Announcements of one key: the usual pace is one in fifteen seconds, more where something changes. */
export const keyRate: Rate = { perSecond: 1, burst: 4 };

export interface Heard {
  readonly type: "query" | "came" | "changed" | "stayed" | "went" | "ignored";
}

export type TableCounts = { readonly [why in Ignored | "taken" | "queries"]: number };

export interface NeighbourTable {
  hear(packet: Buffer, from: string, now: number): Heard;
  /** Forgets those whose time is over; says whether there were any. */
  expire(now: number): boolean;
  /** When the next one is to be forgotten. */
  nextExpiry(): number | undefined;
  /** In order of their names. */
  neighbours(): readonly Neighbour[];
  readonly counts: TableCounts;
}

interface Row {
  readonly checkWith: KeyObject;
  readonly time: number;
  /** What it may still say. Only what it truly said is counted, or others could silence it. */
  readonly allowance: Allowance;
  /** Undefined once it went. */
  readonly neighbour: Neighbour | undefined;
  /** Kept so long, present or not, because until then its last words could be replayed. */
  readonly forgottenAt: number;
}

/** @param own the key of this process: what it hears of itself is passed over. */
export const neighbourTable = (now: number, own?: string): NeighbourTable => {
  const rows = new Map<string, Row>();
  const checks = turnstile(checkRate, now);
  const counts: { -readonly [why in keyof TableCounts]: number } = {
    foreign: 0,
    "too-large": 0,
    untimely: 0,
    repeated: 0,
    "too-often": 0,
    forged: 0,
    malformed: 0,
    elsewhere: 0,
    full: 0,
    taken: 0,
    queries: 0,
  };
  const ignore = (why: Ignored): Heard => {
    counts[why] += 1;
    return { type: "ignored" };
  };
  /** Is there room for one more at this address? */
  const hasRoom = (address: string): boolean => {
    const present = [...rows.values()].flatMap(({ neighbour }) => neighbour ?? []);
    const sameAddress = present.filter((neighbour) => neighbour.address === address).length;
    return present.length < neighboursMax && sameAddress < neighboursPerAddressMax;
  };
  const keep = (key: string, row: Row): void => {
    rows.set(key, row);
    if (rows.size <= 2 * neighboursMax) return;
    const gone = [...rows].filter(([, { neighbour }]) => neighbour === undefined);
    const [oldest] = gone.sort(([, a], [, b]) => a.forgottenAt - b.forgottenAt);
    if (oldest !== undefined) rows.delete(oldest[0]);
  };
  return {
    counts,
    hear(packet, from, at) {
      const glanced = glance(packet, at);
      if (glanced.type === "ignored") return ignore(glanced.why);
      if (glanced.type === "query") {
        counts.queries += 1;
        return { type: "query" };
      }
      const { key, time } = glanced;
      const known = rows.get(key);
      if (key === own || (known !== undefined && time <= known.time)) return ignore("repeated");
      const allowance = spend(known?.allowance ?? fullAllowance(keyRate, at), keyRate, at);
      if (allowance === undefined) return ignore("too-often");
      if (known?.neighbour === undefined && !hasRoom(from)) return ignore("full");
      if (!checks.pass(at)) return ignore("too-often");
      const checkWith = known?.checkWith ?? keyObject(key);
      const said = openAnnouncement(packet, key, checkWith);
      if (typeof said === "string") return ignore(said);
      if (!said.addresses.includes(from)) return ignore("elsewhere");
      counts.taken += 1;
      const { ttlS, time: _, ...presence } = said;
      const until = at + ttlS * 1_000;
      const neighbour: Neighbour | undefined = ttlS === 0 ? undefined : { ...presence, address: from, until };
      const forgottenAt = Math.max(until, at, time) + clockSkewMs;
      keep(key, { checkWith, time, allowance, neighbour, forgottenAt });
      if (neighbour === undefined) return { type: known?.neighbour === undefined ? "stayed" : "went" };
      if (known?.neighbour === undefined) return { type: "came" };
      return { type: isSame(known.neighbour, neighbour) ? "stayed" : "changed" };
    },
    expire(at) {
      let any = false;
      for (const [key, row] of rows) {
        if (row.neighbour !== undefined && row.neighbour.until <= at) {
          rows.set(key, { ...row, neighbour: undefined });
          any = true;
        }
        if (row.forgottenAt <= at) rows.delete(key);
      }
      return any;
    },
    nextExpiry() {
      const times = [...rows.values()].map(({ neighbour, forgottenAt }) => neighbour?.until ?? forgottenAt);
      return times.length === 0 ? undefined : Math.min(...times);
    },
    neighbours: () =>
      [...rows.values()]
        .flatMap(({ neighbour }) => neighbour ?? [])
        .sort((a, b) => a.name.localeCompare(b.name) || a.key.localeCompare(b.key)),
  };
};

const isSame = (a: Neighbour, b: Neighbour): boolean =>
  JSON.stringify({ ...a, until: 0 }) === JSON.stringify({ ...b, until: 0 });
