// SPDX-License-Identifier: MIT
import {
  type Claimed,
  type Directory,
  type Entry,
  isRefusal,
  type NodeId,
  type Refusal,
  type Released,
  type Revision,
  type RoomKey,
  refusal,
} from "@signalbox/core";
import type { Keys } from "./keys.ts";
import type { Lease } from "./lease.ts";
import type { Link, Reply } from "./link.ts";
import {
  audienceScript,
  changeScript,
  claimScript,
  findScript,
  reclaimScript,
  releaseScript,
  rosterScript,
} from "./room-scripts.ts";

export interface DirectoryParts {
  readonly keys: Keys;
  readonly link: Link;
  readonly lease: Lease;
}

/** When a retry may find the cluster whole again. Milliseconds. */
const retryAfterMs = 1_000;

const away = (): Refusal => refusal("cluster-away", undefined, retryAfterMs);

const flagsOf = ({ announced, listens, claim }: Omit<Entry, "order">): string =>
  `${announced ? "a" : ""}${listens ? "l" : ""}${claim === "exclusive" ? "x" : "s"}`;

/** A member as it is kept: its order, where it is and how it is held stand before it. */
const textOf = (entry: Omit<Entry, "order">): string => {
  const { room, peer, session, protocol, traits, services, displayName } = entry;
  return JSON.stringify({ room, peer, session, protocol, traits, services, displayName });
};

type Kept = Omit<Entry, "order" | "node" | "claim" | "announced" | "listens">;

const entryOf = (held: Reply | undefined): Entry => {
  const text = String(held);
  const end = text.indexOf("\n");
  const [order = "0", node = "", , flags = ""] = text.slice(0, end).split(" ");
  // Written by `textOf`.
  const kept: Kept = JSON.parse(text.slice(end + 1));
  return {
    ...kept,
    order: Number(order),
    node: node as NodeId,
    claim: flags.includes("x") ? "exclusive" : "shared",
    announced: flags.includes("a"),
    listens: flags.includes("l"),
  };
};

const listOf = (reply: Reply | undefined): readonly Reply[] => (Array.isArray(reply) ? reply : []);
const nodesOf = (reply: Reply | undefined): readonly NodeId[] => listOf(reply).map((node) => node as NodeId);

const standing = ([status, revision, held, audience, siblings]: readonly Reply[]): Claimed => ({
  stood: status !== "new",
  entry: entryOf(held),
  revision: Number(revision),
  audience: nodesOf(audience),
  siblings: nodesOf(siblings),
});

const stood = ([status]: readonly Reply[]): boolean =>
  status === "new" || status === "stands" || status === "changed";

/** Who is where, in Redis. What it is asked while Redis is away it refuses, or answers with a refusal. */
export const redisDirectory = ({ keys, link, lease }: DirectoryParts): Directory => {
  const claim = async (
    entry: Omit<Entry, "order">,
    most: number,
    mostHolders: number,
    how: "claim" | "reclaim",
    above: Revision,
  ): Promise<{ readonly status: string; readonly claimed: Claimed } | Refusal> => {
    const bound = (given: number) => (Number.isFinite(given) ? given : -1);
    const noting = lease.enterRoom(entry.room);
    // One server carries out the two in their order; of two servers the other one may be quicker.
    const noted = link.several ? await noting : "noted";
    if (noted !== "noted") {
      lease.leaveRoom(entry.room);
      if (noted === "late") lease.lapsed(lease.epoch);
      return away();
    }
    let asked = lease.epoch;
    const ask = async (): Promise<readonly Reply[]> => {
      const { epoch } = lease;
      asked = epoch;
      const answer = listOf(
        await link.evaluate(how === "claim" ? claimScript : reclaimScript, keys.room(entry.room), [
          lease.deadline,
          entry.peer,
          entry.session,
          entry.node,
          epoch,
          flagsOf(entry),
          textOf(entry),
          bound(most),
          bound(mostHolders),
          how,
          above,
        ]),
      );
      if (epoch === lease.epoch || !stood(answer)) return answer;
      // Meanwhile the node entered anew, which another server told it earlier: what stands under the last lease would be swept.
      const again = await ask();
      return again[0] === "stands" ? answer : again;
    };
    const reply = await ask();
    const status = String(reply[0]);
    // A room is counted once for each member this node has in it.
    const came = status === "new" || (status === "stands" && reply[5] === "elsewhere");
    if (how === "reclaim" || !came) lease.leaveRoom(entry.room);
    switch (status) {
      case "new":
      case "stands":
      case "changed":
        return { status, claimed: standing(reply) };
      case "taken":
        return refusal("id-taken");
      case "crowded":
        return refusal("id-taken", `At most ${mostHolders} may share it.`);
      case "full":
        return refusal("room-full", `At most ${most}.`);
      case "replaced":
        return refusal("replaced");
      case "lapsed":
        lease.lapsed(asked);
        return away();
      default:
        return away();
    }
  };
  /** What a member's own node does to it: nothing, where another lease holds it by now. */
  const released = (reply: Reply | undefined, asked: string): Released | undefined => {
    const parts = listOf(reply);
    if (parts[0] === "lapsed") lease.lapsed(asked);
    return parts[0] === "done" ? standing(parts) : undefined;
  };

  return {
    async claim(entry, most, mostHolders = Number.POSITIVE_INFINITY) {
      if (!lease.open) return away();
      const done = await claim(entry, most, mostHolders, "claim", 0);
      return isRefusal(done) ? done : done.claimed;
    },
    async reclaim(entry, above) {
      if (!lease.returning) return away();
      const any = Number.POSITIVE_INFINITY;
      const done = await claim(entry, any, any, "reclaim", above);
      return isRefusal(done) ? done : { ...done.claimed, changed: done.status !== "stands" };
    },
    async release(room, peer, session) {
      const { epoch } = lease;
      const reply = await link.evaluate(releaseScript, keys.room(room), [
        lease.deadline,
        peer,
        session,
        epoch,
      ]);
      const done = released(reply, epoch);
      lease.leaveRoom(room);
      return done;
    },
    async change(entry) {
      const { room, peer, session } = entry;
      if (!lease.open) return away();
      const { epoch } = lease;
      const reply = await link.evaluate(changeScript, keys.room(room), [
        lease.deadline,
        peer,
        session,
        epoch,
        textOf(entry),
      ]);
      return reply === undefined ? away() : released(reply, epoch);
    },
    async find(room, peer) {
      const reply = await link.evaluate(findScript, keys.room(room), [peer]);
      return reply === undefined ? away() : listOf(reply).map(entryOf);
    },
    async roster(room: RoomKey, after, limit) {
      const reply = await link.evaluate(rosterScript, keys.room(room), [after, limit]);
      if (reply === undefined) return away();
      const [revision, found] = listOf(reply);
      const all = listOf(found).map(entryOf);
      const entries = all.slice(0, limit);
      const last = entries.at(-1);
      return {
        entries,
        revision: Number(revision),
        ...(all.length > limit && last !== undefined ? { next: last.order } : {}),
      };
    },
    async audience(room) {
      const reply = await link.evaluate(audienceScript, keys.room(room), []);
      return reply === undefined ? away() : nodesOf(reply);
    },
  };
};
