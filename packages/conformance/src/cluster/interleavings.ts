// SPDX-License-Identifier: MIT
/** Peers on nodes of one Redis, what they must agree on, and any sequence of what they may do. */
import assert from "node:assert/strict";
import { defaultRealm, isRefusal, type RoomName, roomKey, withLimits } from "@signalbox/core";
import { native } from "@signalbox/dialects/native";
import fc from "fast-check";
import { type RedisNode, redisCluster, until } from "./on-redis.ts";
import { type Witness, witness } from "./witness.ts";

/** Peers that lose their line are not awaited long. */
export const dialect = native({ limits: withLimits({ graceMs: 50 }) });
/** The room where nothing else is said. */
export const room = roomKey(defaultRealm, "r" as RoomName);

export const nodesOf = async (cluster: ReturnType<typeof redisCluster>, count: number) => {
  const nodes: RedisNode[] = [];
  for (let number = 0; number < count; number += 1) nodes.push(await cluster.node(`n${number}`));
  return nodes;
};

const present = (one: Witness) => one.joined && one.line.closing === undefined && one.line.line.settled;

/** Everybody that is in knows exactly the others that are in, and so does the directory. */
export const agree = async (
  all: readonly Witness[],
  { backplane }: RedisNode,
  where = room,
): Promise<boolean> => {
  const here = all.filter(present);
  const names = here.map(({ session }) => session).sort();
  const roster = await backplane.directory.roster(where, 0, 1_000);
  if (isRefusal(roster)) return false;
  const listed = roster.entries.map(({ session }) => session as string).sort();
  return (
    listed.join() === names.join() &&
    here.every(
      (one) => [...one.known.keys()].sort().join() === names.filter((name) => name !== one.session).join(),
    )
  );
};

export const assertFaithful = (all: readonly Witness[]): void => {
  assert.deepEqual(
    all.flatMap(({ complaints }) => complaints),
    [],
  );
  for (const one of all) {
    for (const numbers of one.received.values()) {
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].sort((a, b) => a - b),
        "doubled or out of order",
      );
    }
  }
};

export const comer = async (node: RedisNode, name: string, where = "r"): Promise<Witness> => {
  const one = witness(node.hub, dialect, name);
  one.join(where);
  await until(() => one.joined || one.refused);
  return one;
};

type Action =
  | { readonly do: "come"; readonly peer: number; readonly node: number }
  | { readonly do: "leave" | "end" | "drop"; readonly peer: number }
  | { readonly do: "signal"; readonly peer: number; readonly to: number };

const peer = fc.nat(5);
const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("come" as const), peer, node: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("leave", "end", "drop"), peer }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("signal" as const), peer, to: peer }) },
);

/** After any sequence of joins, leaves, breaks and signals all have the same roster, and nothing came before its sender. */
export const anyInterleaving = (url: string, numRuns: number): Promise<void> =>
  fc.assert(
    fc.asyncProperty(
      fc.array(action, { maxLength: 80, size: "max" }),
      // In a Redis Cluster each of them is on another master.
      fc.constantFrom("r", "garden", "stair"),
      async (actions, where) => {
        const cluster = redisCluster(url);
        const nodes = await nodesOf(cluster, 3);
        const current = new Map<number, Witness>();
        const all: Witness[] = [];
        for (const one of actions) {
          const actor = current.get(one.peer);
          const gone = actor === undefined || actor.line.closing !== undefined || actor.refused;
          if (one.do === "come") {
            const node = nodes[one.node];
            if (!gone || node === undefined) continue;
            const fresh = witness(node.hub, dialect, `p${one.peer}`);
            current.set(one.peer, fresh);
            all.push(fresh);
            fresh.join(where);
          } else if (!gone) {
            if (one.do === "signal") actor.signal(`p${one.to}`);
            else {
              current.delete(one.peer);
              if (one.do === "leave") actor.leave();
              else if (one.do === "end") actor.end();
              else actor.line.drop();
            }
          }
        }
        const [first] = nodes;
        if (first === undefined) assert.fail();
        await until(() => agree(all, first, roomKey(defaultRealm, where as RoomName)));
        assertFaithful(all);
        await cluster.stop();
      },
    ),
    { numRuns },
  );
