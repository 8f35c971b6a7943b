// SPDX-License-Identifier: MIT
/**
 * What was told to a resumable session and not yet acknowledged, in order, within bounds.
 *
 * While the peer is there the oldest gives way at the bound: only the chance of a resume without a gap is lost.
 * While it is away nothing gives way: what was accepted for it is kept, and more is refused.
 */
import { type Frame, frameBytes } from "./frame.ts";
import type { NodeId, SessionId } from "./ids.ts";
import type { Ref } from "./vocabulary.ts";

/** Whoever waits to hear what became of a frame. */
export interface Awaiter {
  readonly node: NodeId;
  readonly session: SessionId;
  readonly ref: Ref;
  /** Wants to hear of the acknowledgement, not only of the writing. */
  readonly wantsDelivery: boolean;
}

export interface Kept {
  readonly seq: number;
  readonly frame: Frame;
  readonly awaiter: Awaiter | undefined;
  /** Others that wait for the same frame: senders of what was folded into it. */
  readonly also: readonly Awaiter[];
  /** It was accepted while the session was away, and its sender told `queued`. */
  readonly queued: boolean;
}

/** All who wait to hear what became of it. */
export const awaitersOf = ({ awaiter, also }: Pick<Kept, "awaiter" | "also">): readonly Awaiter[] =>
  awaiter === undefined ? also : [awaiter, ...also];

export interface Replay {
  kept: Kept[];
  bytes: number;
  /** Highest sequence number that was dropped without an acknowledgement; 0 where none was. */
  droppedUpTo: number;
}

export const emptyReplay = (): Replay => ({ kept: [], bytes: 0, droppedUpTo: 0 });

export interface ReplayBounds {
  readonly replayFrames: number;
  readonly replayBytes: number;
}

export const hasRoom = (replay: Replay, bytes: number, bounds: ReplayBounds): boolean =>
  replay.kept.length < bounds.replayFrames && replay.bytes + bytes <= bounds.replayBytes;

/** Keeps a frame; the oldest ones give way where there is no room. */
export const keep = (replay: Replay, item: Kept, bounds: ReplayBounds): void => {
  const bytes = frameBytes(item.frame);
  let gone = 0;
  while (
    gone < replay.kept.length &&
    (replay.kept.length - gone >= bounds.replayFrames || replay.bytes + bytes > bounds.replayBytes)
  ) {
    const oldest = replay.kept[gone];
    if (oldest === undefined) break;
    replay.bytes -= frameBytes(oldest.frame);
    replay.droppedUpTo = oldest.seq;
    gone += 1;
  }
  if (gone > 0) replay.kept.splice(0, gone);
  replay.kept.push(item);
  replay.bytes += bytes;
};

/** Forgets everything up to `seen` and gives back what was forgotten, in order. */
export const acknowledge = (replay: Replay, seen: number): readonly Kept[] => {
  let count = 0;
  while (count < replay.kept.length && (replay.kept[count]?.seq ?? Number.POSITIVE_INFINITY) <= seen)
    count += 1;
  if (count === 0) return [];
  const taken = replay.kept.splice(0, count);
  for (const item of taken) replay.bytes -= frameBytes(item.frame);
  return taken;
};

/** Is something above `seen` no longer there? */
export const hasGap = (replay: Replay, seen: number): boolean => replay.droppedUpTo > seen;
