// SPDX-License-Identifier: MIT
/** Who holds which lease, for whoever looks from outside: nothing is written. */
import type { Clock, Millis } from "@signalbox/core";
import { connect } from "./connect.ts";
import { keysWith } from "./keys.ts";
import { countRoomsScript, listScript } from "./lease-scripts.ts";
import { RedisFailure, type Reply } from "./link.ts";
import { type NodeStatus, parseStatus } from "./node-status.ts";
import { within } from "./patience.ts";
import { type RedisPlace, shownPlace } from "./place.ts";

export interface NodeLease {
  readonly node: string;
  readonly epoch: string;
  /** Time left by Redis' own clock, below 0 where it is over; undefined where its node ended it. Milliseconds. */
  readonly leftMs: Millis | undefined;
  /** Rooms in which somebody of a lease that is over is still to be taken out. */
  readonly roomsToSweep: number | undefined;
  /** Undefined where it is not known any more, or another version wrote it. */
  readonly status: NodeStatus | undefined;
}

export interface Leases {
  readonly leases: readonly NodeLease[];
  /** There may be more than are listed. */
  readonly total: number;
}

/** Leases that are listed. More nodes than one Redis can serve. */
const listedMax = 1_000;
/** How long the reading may take. Milliseconds. */
const readWithinMs = 5_000;

/** Fails with a RedisFailure. */
export const readLeases = async (place: RedisPlace, clock: Clock): Promise<Leases> => {
  const keys = keysWith(place.prefix);
  const nothing = (): void => {};
  const scripts = [listScript, countRoomsScript];
  const link = await connect({ place, clock, scripts, heard: nothing, came: nothing, went: nothing });
  const read = async (): Promise<Leases | undefined> => {
    const reply = await link.evaluate(listScript, keys.nodes, [listedMax]);
    if (!Array.isArray(reply)) return undefined;
    const [total, ...found]: readonly Reply[] = reply;
    const leases: NodeLease[] = [];
    for (let at = 0; at < found.length; at += 3) {
      const [node = "", epoch = ""] = String(found[at]).split(" ");
      const left = String(found[at + 1]);
      const leftMs = left === "" ? undefined : Number(left);
      const isOver = leftMs === undefined || leftMs <= 0;
      const rooms = isOver ? await link.evaluate(countRoomsScript, keys.roomsOf(node, epoch), []) : undefined;
      leases.push({
        node,
        epoch,
        leftMs,
        roomsToSweep: rooms === undefined ? undefined : Number(rooms),
        status: parseStatus(String(found[at + 2])),
      });
    }
    return { leases, total: Number(total) };
  };
  try {
    const leases = await within(clock, readWithinMs, read, undefined);
    if (leases !== undefined) return leases;
    throw new RedisFailure(`Redis at ${shownPlace(place)} cannot be used: it does not answer`);
  } finally {
    link.close();
  }
};
