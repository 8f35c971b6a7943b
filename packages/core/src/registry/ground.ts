// SPDX-License-Identifier: MIT
/** What the registry stands on, and how a decision becomes a commit. */
import type { Clock, Millis } from "../ports.ts";
import { isRefusal, type Refusal, refusal } from "../refusal.ts";
import type { RegistryLimits } from "./limits.ts";
import type { LivePeers } from "./live.ts";
import type { RecordKind, Store, StoredRecord, Write } from "./store.ts";

export interface RegistryGround {
  readonly store: Store;
  /** For waiting. */
  readonly clock: Clock;
  /** Milliseconds since 1970: leases survive a restart, so they are counted in wall time. */
  readonly wallNow: () => Millis;
  /** A one-way digest of a token; only digests are kept. */
  readonly digest: (token: string) => string;
  /** Compares two digests in constant time. */
  readonly equal: (a: string, b: string) => boolean;
  /** A fresh token of at least 128 random bits. */
  readonly mintToken: () => string;
  /** A fresh resource id (names.ts) of at least 128 random bits. */
  readonly mintId: () => string;
  readonly limits: RegistryLimits;
  /** Name of this node, where several share the store. */
  readonly node?: string;
  /** Peers that are servers without having registered. Absent: there are none. */
  readonly live?: LivePeers;
  /** Who is deciding on what right now, on this node. An empty map to begin with. */
  readonly turns: Map<string, Promise<unknown>>;
}

/** Runs one after the other what is decided on the same subject on this node. */
export const inTurn = async <Result>(
  ground: RegistryGround,
  subject: string,
  run: () => Promise<Result>,
): Promise<Result> => {
  const before = ground.turns.get(subject);
  const mine = (async () => {
    await before?.catch(() => {});
    return run();
  })();
  ground.turns.set(subject, mine);
  try {
    return await mine;
  } finally {
    if (ground.turns.get(subject) === mine) ground.turns.delete(subject);
  }
};

/** Who asks: the digest of the token it showed, if any. */
export interface Asker {
  readonly digest?: string;
  /** This server itself, which answers for live peers. */
  readonly house?: true;
}

export const owns = (ground: RegistryGround, asker: Asker, ownerHash: string): boolean =>
  asker.digest !== undefined && ground.equal(asker.digest, ownerHash);

/** No token at all is another mistake than the wrong one. */
export const notOwner = (asker: Asker): Refusal =>
  asker.digest === undefined
    ? refusal("unauthorized", "It takes the owner's token.")
    : refusal("forbidden", "It takes the owner's token.");

export interface Decision<Result> {
  readonly writes: readonly Write[];
  readonly result: Result;
}

/** A decision is made anew this often when others wrote first. 32: more than there are writers on one record in practice. */
const attemptsMax = 32;

/** Decides on what is there and commits it; when something changed in between, decides anew. */
export const decide = async <Result extends object>(
  ground: RegistryGround,
  attempt: () => Promise<Decision<Result> | Refusal>,
): Promise<Result | Refusal> => {
  for (let count = 0; count < attemptsMax; count += 1) {
    const decision = await attempt();
    if (isRefusal(decision)) return decision;
    if (decision.writes.length === 0) return decision.result;
    if ((await ground.store.commit(decision.writes)) !== undefined) return decision.result;
  }
  return refusal("contended");
};

/** A record with its value read. The registry wrote it, so it is what it says. */
export interface Read<Value> {
  readonly value: Value;
  readonly record: StoredRecord;
}

export const read = async <Value>(
  ground: RegistryGround,
  kind: RecordKind,
  key: string,
): Promise<Read<Value> | undefined> => {
  const record = await ground.store.get(kind, key);
  return record === undefined ? undefined : parsed<Value>(record);
};

export const parsed = <Value>(record: StoredRecord): Read<Value> => {
  const value: Value = JSON.parse(record.value);
  return { value, record };
};
