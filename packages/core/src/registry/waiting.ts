// SPDX-License-Identifier: MIT
import type { Millis } from "../ports.ts";
import type { RegistryGround } from "./ground.ts";
import type { RecordKind } from "./store.ts";

/** The part of an AbortSignal that waiting needs. */
export interface Abort {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** What is watched: a kind of records and a group of them. */
export type Topic = readonly [RecordKind, string];

/**
 * Looks until it has seen enough, the time is up, or the asker has gone; gives back what it saw last.
 * The watch begins before the first look, so nothing is missed in between.
 */
export const until = async <Seen>(
  ground: RegistryGround,
  topics: readonly Topic[],
  waitMs: Millis,
  look: () => Promise<Seen>,
  enough: (seen: Seen) => boolean,
  abort?: Abort,
): Promise<Seen> => {
  const wait = Math.min(waitMs, ground.limits.waitMaxMs);
  if (wait <= 0) return look();
  let over = false;
  let changed = false;
  let wake: (() => void) | undefined;
  const stir = () => {
    changed = true;
    wake?.();
  };
  const end = () => {
    over = true;
    wake?.();
  };
  const stops = topics.map(([kind, group]) => ground.store.watch(kind, group, stir));
  const cancel = ground.clock.after(wait, end);
  abort?.addEventListener("abort", end);
  if (abort?.aborted) over = true;
  try {
    for (;;) {
      changed = false;
      const seen = await look();
      if (over || enough(seen)) return seen;
      if (!changed) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (changed || over) resolve();
        });
        wake = undefined;
      }
      if (over) return await look();
    }
  } finally {
    for (const stop of stops) stop();
    cancel();
    abort?.removeEventListener("abort", end);
  }
};
