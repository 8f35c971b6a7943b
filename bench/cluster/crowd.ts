// SPDX-License-Identifier: MIT
/** A process that claims places for peers without lines: a crowd larger than this machine has sockets. Tells when all are in. */
import { randomBytes } from "node:crypto";
import { parseRedisUrl, redisBackplane } from "@signalbox/backplane/redis";
import { realClock } from "@signalbox/backplane/testing";
import {
  defaultRealm,
  isRefusal,
  type NodeId,
  type PeerId,
  type RoomName,
  roomKey,
  type SessionId,
} from "@signalbox/core";
import { answering } from "../child.ts";

export interface CrowdJob {
  readonly redis: string;
  readonly room: string;
  readonly peers: number;
  readonly leaseMs: number;
}

/** Claims under way at once. */
const lanes = 64;

answering(async ({ redis, room, peers, leaseMs }: CrowdJob) => {
  const place = parseRedisUrl(redis);
  if (place === undefined) throw new Error(`${redis} is no address of a Redis`);
  const fresh = () => randomBytes(12).toString("base64url");
  const node = fresh() as NodeId;
  const failed = (error: unknown): never => {
    throw error;
  };
  const backplane = await redisBackplane({
    place,
    node,
    clock: realClock,
    freshEpoch: fresh,
    leaseMs,
    busBytes: 1_000_000,
    changed: () => {},
    failed,
  });
  // A node that does not hear its own inbox takes itself for cut off.
  backplane.bus.receive(() => {});
  await backplane.start(async () => true);
  let begun = 0;
  const comeIn = async () => {
    while (begun < peers) {
      begun += 1;
      const claimed = await backplane.directory.claim(
        {
          room: roomKey(defaultRealm, room as RoomName),
          peer: `crowd-${begun}` as PeerId,
          session: fresh() as SessionId,
          node,
          protocol: "unrupt",
          traits: { takes: "trickle", gives: "after-answer", media: ["audio", "video"], messages: false },
          services: [],
          claim: "shared",
          announced: false,
          listens: false,
        },
        Number.POSITIVE_INFINITY,
      );
      if (isRefusal(claimed)) throw new Error(claimed.code);
    }
  };
  await Promise.all(Array.from({ length: lanes }, comeIn));
  return peers;
});
