// SPDX-License-Identifier: MIT
/** What one Flitter connection remembers of calls, so that peers of other dialects can be told which one is meant. */
import type { CallId, PeerId, SessionId } from "@signalbox/core";

/** A call this peer made: an answer to any earlier one comes too late for it. */
export interface Outgoing {
  readonly call: CallId;
}

/** A call of a peer of another dialect that this peer was told and has not been told `finished` of. */
export interface Incoming {
  readonly call: CallId;
  readonly session: SessionId;
  /** Is the caller in the room's roster? */
  readonly announced: boolean;
  /** Mark on the command that carried the answer. */
  ref?: number;
}

/** Peer to call. Holds at most so many; the one that was put in first is forgotten first. */
export class BoundedMap<V> {
  // Most connections make one call, and those that only wait make none.
  #entries: Map<PeerId, V> | undefined;

  get size(): number {
    return this.#entries?.size ?? 0;
  }

  get(peer: PeerId): V | undefined {
    return this.#entries?.get(peer);
  }

  put(peer: PeerId, value: V, max: number): void {
    this.#entries ??= new Map();
    this.#entries.delete(peer);
    this.#entries.set(peer, value);
    if (this.#entries.size <= max) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  remove(peer: PeerId): void {
    this.#entries?.delete(peer);
  }

  entries(): Iterable<readonly [PeerId, V]> {
    return this.#entries ?? [];
  }
}
