// SPDX-License-Identifier: MIT
import type { RoomKey } from "@signalbox/core";
import type { Keys } from "./keys.ts";
import { forgetScript, leaveRoomScript, roomsOfLeaseScript } from "./lease-scripts.ts";
import type { Link } from "./link.ts";
import { sweepScript } from "./room-scripts.ts";
import { orphanedMs } from "./session-book.ts";
import { orphanScript } from "./session-scripts.ts";

/** Rooms and members looked at in one step. */
const batch = 100;
/** Rooms that are swept at a time. 16: a node that held many is gone in time although each answer has its way to go, and others get a word in. */
const lanes = 16;

/** What came of a room: how many members were taken out, or Redis is away. */
type Swept = number | "away";

/**
 * Takes out everything a lease that is over still holds; others may do the same at the same time. Gives back how many members
 * that were, and whether this was the one that found nothing left of it.
 */
export const sweepLease = async (
  link: Link,
  keys: Keys,
  lost: string,
  epoch: string,
): Promise<{ readonly members: number; readonly done: boolean }> => {
  let members = 0;
  const sweepRoom = async (room: RoomKey): Promise<Swept> => {
    let out = 0;
    let left: unknown = 1;
    while (left !== 0) {
      const reply = await link.evaluate(sweepScript, keys.room(room), [
        lost,
        epoch,
        JSON.stringify(room),
        keys.inbox(""),
        batch,
      ]);
      if (!Array.isArray(reply)) return "away";
      const [rest, sessions] = reply;
      left = rest;
      if (!Array.isArray(sessions)) continue;
      out += sessions.length;
      // Whoever came back meanwhile is another node's, and stays.
      const orphan = (session: unknown) =>
        link.evaluate(orphanScript, keys.session(String(session)), [lost, orphanedMs]);
      await Promise.all(sessions.map(orphan));
    }
    await link.evaluate(leaveRoomScript, keys.roomsOf(lost, epoch), [room]);
    return out;
  };
  for (;;) {
    const found = await link.evaluate(roomsOfLeaseScript, keys.roomsOf(lost, epoch), [batch]);
    if (!Array.isArray(found)) return { members, done: false };
    if (found.length === 0) break;
    let away = false;
    const rest = (found as readonly RoomKey[])[Symbol.iterator]();
    const lane = async (): Promise<void> => {
      for (const room of rest) {
        const out = away ? "away" : await sweepRoom(room);
        if (out === "away") away = true;
        else members += out;
      }
    };
    await Promise.all(Array.from({ length: Math.min(lanes, found.length) }, lane));
    if (away) return { members, done: false };
  }
  const removed = await link.evaluate(forgetScript, keys.nodes, [`${lost} ${epoch}`]);
  return { members, done: removed === 1 };
};
