// SPDX-License-Identifier: MIT

/** What a server process has in it. */
export type ServerKind = "forward" | "parse-to" | "receipt" | "echo" | "http" | "peer" | "signalbox";

/** Memory of a server process as the system sees it, in bytes. */
export interface Memory {
  /** After all garbage was collected. */
  readonly rss: number;
  /** After the heap gave back what it had reserved for new objects, too. */
  readonly settledRss: number;
}
