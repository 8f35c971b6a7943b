// SPDX-License-Identifier: MIT
/**
 * The port of what outlives a connection: rooms, servers with their services, and knocks, as versioned records.
 *
 * Several processes may share one store. A commit is atomic and checks the versions it was decided on, so a decision
 * is never carried out on another state than the one it was made for.
 */
import type { Millis, Stop } from "../ports.ts";

export type RecordKind = "room" | "server" | "knock" | "request";

/** One record. `value` is JSON text: a store never looks inside. */
export interface StoredRecord {
  readonly kind: RecordKind;
  /** Unique within its kind. Records are listed in the order of their keys, compared by code unit. */
  readonly key: string;
  /** What it is listed and watched under: a server by its room, a knock by its server and whether it is over. */
  readonly group: string;
  readonly value: string;
  /** Grows with every write of this key, never reused. */
  readonly version: number;
  /** When it may be removed, in milliseconds since 1970; absent: never. */
  readonly expiresAt?: Millis;
}

export interface Write {
  readonly kind: RecordKind;
  readonly key: string;
  /** The version the decision was made on; 0: there must be none. */
  readonly expects: number;
  /** Absent: remove it. */
  readonly becomes?: { readonly group: string; readonly value: string; readonly expiresAt?: Millis };
  /** Who watches this group of the kind is woken too, though the record is not in it. */
  readonly wakes?: string;
}

export interface ScanPage {
  readonly records: readonly StoredRecord[];
  /** Are there more after these? */
  readonly more: boolean;
}

/** The engine's server cannot be reached: what was asked was not done, or nobody knows whether it was. Any call may fail so. */
export class StoreAway extends Error {
  override readonly name = "StoreAway";
}

export interface Store {
  get(kind: RecordKind, key: string): Promise<StoredRecord | undefined>;
  /** Records of a kind with keys above `after`, of one group or of all, at most `limit`. */
  scan(kind: RecordKind, group: string | undefined, after: string, limit: number): Promise<ScanPage>;
  count(kind: RecordKind, group: string): Promise<number>;
  /**
   * Carries out all writes or none. The new versions, in the order of the writes (0 for removals); undefined where a
   * version did not fit. When the promise resolves the writes survive the end of the process, where the engine promises that.
   */
  commit(writes: readonly Write[]): Promise<readonly number[] | undefined>;
  /** A number above every one it gave before. Never waits for a commit, so it orders nothing but itself. */
  next(): Promise<number>;
  /** Keys of records whose time is over, oldest first. */
  expired(now: Millis, limit: number): Promise<readonly StoredRecord[]>;
  /** Calls `wake` after records of this kind and group changed, or a write named the group, here or elsewhere; maybe more often than needed. */
  watch(kind: RecordKind, group: string, wake: () => void): Stop;
}
