// SPDX-License-Identifier: MIT
/** The registry of this server: its store, its clockwork, and what it is handed of the world. */
import { createHash, randomBytes } from "node:crypto";
import { memoryStore } from "@signalbox/backplane/memory";
import { DataFolderError, type SqliteStore, sqliteStore } from "@signalbox/backplane/sqlite";
import type { Chance, Clock, Limits, Millis } from "@signalbox/core";
import { type RegistryGround, type Store, sweep } from "@signalbox/core/registry";
import { StartFailure } from "./start-failure.ts";

/** How often what is past its time is looked for. Milliseconds. 5 s: nobody sees a lapsed lease anyway. */
const sweepEveryMs = 5_000;

export interface RegistryParts {
  /** Shared with other nodes, among whom this one has that name; where it is given, nothing is kept here. */
  readonly store: Store | undefined;
  readonly node: string;
  /** A folder of its own; undefined: memory. */
  readonly folder: string | undefined;
  readonly clock: Clock;
  readonly wallNow: () => Millis;
  readonly chance: Chance;
  readonly limits: Limits;
  readonly failed: (error: unknown) => void;
}

export interface ServerRegistry {
  readonly ground: RegistryGround;
  /** Ends the sweeping and lets go of the folder. */
  close(): void;
}

/** Fails with a StartFailure where the folder cannot be had. */
export const openRegistry = (parts: RegistryParts): ServerRegistry => {
  const { folder, clock, wallNow, chance, limits } = parts;
  const durable = folder === undefined || parts.store !== undefined ? undefined : openFolder(folder);
  const store: Store = parts.store ?? durable ?? memoryStore();
  const ground: RegistryGround = {
    store,
    clock,
    wallNow,
    digest: (token) => createHash("sha256").update(token).digest("base64url"),
    equal: chance.equal,
    mintToken: chance.secret,
    // Hexadecimal: a resource name has no upper case.
    mintId: () => randomBytes(16).toString("hex"),
    limits,
    turns: new Map(),
    ...(parts.store === undefined ? {} : { node: parts.node }),
  };
  const stop = sweeping(ground, durable, parts);
  return {
    ground,
    close() {
      stop();
      durable?.close();
    },
  };
};

const openFolder = (folder: string): SqliteStore => {
  try {
    return sqliteStore(folder);
  } catch (error) {
    throw error instanceof DataFolderError ? new StartFailure(error.message) : error;
  }
};

/** Removes what is past its time, for ever; what was removed is then wiped from the disk. */
const sweeping = (
  ground: RegistryGround,
  durable: SqliteStore | undefined,
  { clock, failed }: RegistryParts,
): (() => void) => {
  let stopped = false;
  const once = async (): Promise<void> => {
    let removed = 0;
    for (let count = 1; count > 0 && !stopped; removed += count) count = await sweep(ground);
    if (removed > 0 && !stopped) durable?.wipe();
  };
  const report = (error: unknown): void => {
    // A folder that was let go of in between is no failure.
    if (!stopped) failed(error);
  };
  const later = (): (() => void) =>
    clock.after(sweepEveryMs, () => {
      once()
        .catch(report)
        .finally(() => {
          if (!stopped) cancel = later();
        });
    });
  let cancel = later();
  // What lapsed while no server ran.
  once().catch(report);
  return () => {
    stopped = true;
    cancel();
  };
};
