// SPDX-License-Identifier: MIT
/** The port to peers that are in a room by a line of their own and declare services: servers that nobody registered. */
import type { KnockRecord, ServerRecord } from "./records.ts";

export interface LivePage {
  readonly servers: readonly ServerRecord[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: number;
}

export interface LivePeers {
  /** Undefined where nobody has that id (now), or declares no service. */
  find(id: string): Promise<ServerRecord | undefined>;
  /** Those of a room, beginning after a place; 0: from the beginning. At most `limit` are looked at. */
  list(room: string, after: number, limit: number): Promise<LivePage>;
  /** A knock for one of them was made, and waits. */
  knocked(knock: KnockRecord): void;
}

/** No lease ends it: it is there as long as its line. */
export const noExpiry = Number.POSITIVE_INFINITY;
