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

/**
 * Takes out everything a lease that is over still holds; others may do the same at the same time. Gives back how many members
 * that were, and whether nothing is left.
 */
export const sweepLease = async (
  link: Link,
  keys: Keys,
  lost: string,
  epoch: string,
): Promise<{ readonly members: number; readonly done: boolean }> => {
  let members = 0;
  for (;;) {
    const found = await link.evaluate(roomsOfLeaseScript, keys.roomsOf(lost, epoch), [batch]);
    if (!Array.isArray(found)) return { members, done: false };
    if (found.length === 0) break;
    for (const room of found as readonly RoomKey[]) {
      let left: unknown = 1;
      while (left !== 0) {
        const reply = await link.evaluate(sweepScript, keys.room(room), [
          lost,
          epoch,
          JSON.stringify(room),
          keys.inbox(""),
          batch,
        ]);
        if (!Array.isArray(reply)) return { members, done: false };
        const [rest, sessions] = reply;
        left = rest;
        if (!Array.isArray(sessions)) continue;
        members += sessions.length;
        for (const session of sessions) {
          // Whoever came back meanwhile is another node's, and stays.
          await link.evaluate(orphanScript, keys.session(String(session)), [lost, orphanedMs]);
        }
      }
      await link.evaluate(leaveRoomScript, keys.roomsOf(lost, epoch), [room]);
    }
  }
  await link.evaluate(forgetScript, keys.nodes, [`${lost} ${epoch}`]);
  return { members, done: true };
};
