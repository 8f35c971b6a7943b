// SPDX-License-Identifier: MIT
import type { Announcement } from "./announcement.ts";

/** Somebody on the LAN. */
export interface Neighbour extends Omit<Announcement, "time" | "ttlS"> {
  /** Public key, base64url: the same key is the same one. */
  readonly key: string;
  /** Where its last announcement came from: one of its addresses. */
  readonly address: string;
  /** When it is forgotten unless it announces itself again. Milliseconds. */
  readonly until: number;
}

/** The address of a server as it is reached from here. */
export const reachableUrl = ({ url, address }: Pick<Neighbour, "url" | "address">): string | undefined =>
  url?.replace("//*", `//${address}`);
