// SPDX-License-Identifier: MIT
/** A node that stood still while its connections were served: it hears what became of its peers before it knows that it was away. */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { startRedis } from "@signalbox/backplane/testing";
import { defaultRealm, type PeerId, type RoomName, roomKey, type SessionId } from "@signalbox/core";
import { handClock } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import { redisCluster, until } from "./on-redis.ts";
import { traveller } from "./traveller.ts";
import { witness } from "./witness.ts";

const redis = await startRedis();
after(() => redis.stop());

const dialect = native();
const room = roomKey(defaultRealm, "r" as RoomName);
const leaseMs = 400;

/** Ann and bob on a node that stands still, cat on another one, until bob and ann were told to be lost there. */
const stoodStill = async () => {
  const cluster = redisCluster(redis.url, leaseMs);
  const clock = handClock();
  const [frozen, other] = [await cluster.node("frozen", { clock }), await cluster.node("other")];
  const ann = await traveller(frozen, "ann");
  const bob = witness(frozen.hub, dialect, "bob");
  const cat = witness(other.hub, dialect, "cat");
  bob.join("r");
  await until(() => bob.joined);
  cat.join("r");
  await until(() => cat.known.size === 2 && bob.known.size === 2);
  await until(() => cat.known.size === 0);
  return { cluster, clock, frozen, other, ann, bob, cat };
};

describe("a node that stood still", () => {
  test("and finds one of its ids taken tells its other peers that this one left", async () => {
    const { cluster, clock, other, ann, bob, cat } = await stoodStill();
    const heir = witness(other.hub, dialect, "ann");
    heir.join("r");
    await until(() => heir.joined);
    clock.advance(leaseMs / 4);
    await until(() => ann.closing !== undefined);
    assert.equal(ann.last("closing")?.code, "id-taken");
    await until(() => heir.known.size === 2 && bob.known.size === 2);
    assert.deepEqual([...bob.known.values()].sort(), ["ann", "cat"]);
    assert.deepEqual([...cat.known.values()].sort(), ["ann", "bob"]);
    assert.deepEqual([bob.complaints, cat.complaints, heir.complaints], [[], [], []]);
    await cluster.stop();
  });

  test("and looked at the room before it found one of its ids taken tells its other peers that this one left", async () => {
    const { cluster, clock, frozen, other, ann, bob, cat } = await stoodStill();
    const { directory } = frozen.parts;
    const { reclaim } = directory;
    let claimAnn = () => {};
    const mayClaim = new Promise<void>((resolve) => {
      claimAnn = resolve;
    });
    Object.assign(directory, {
      reclaim: async (...wanted: Parameters<typeof reclaim>) => {
        if (wanted[0].peer === "ann") await mayClaim;
        return reclaim(...wanted);
      },
    });
    const heir = witness(other.hub, dialect, "ann");
    heir.join("r");
    await until(() => heir.joined);
    // It enters anew and claims bob, who is told of the heir: there is a hole before that, so the roster is fetched.
    for (let turns = 0; turns < 10; turns += 1) {
      clock.advance(leaseMs / 4);
      await until(() => frozen.backplane.directory.find(room, "bob" as PeerId).then(() => true));
    }
    await until(() => heir.known.size === 2 && bob.known.size === 3);
    claimAnn();
    await until(() => ann.closing !== undefined && bob.known.size === 2);
    assert.deepEqual([...bob.known.values()].sort(), ["ann", "cat"]);
    assert.deepEqual([bob.complaints, cat.complaints, heir.complaints], [[], [], []]);
    await cluster.stop();
  });

  test("and hands a session over in the moment it claims it again tells everybody that it is there", async () => {
    const { cluster, clock, frozen, other, ann, bob, cat } = await stoodStill();
    const third = await cluster.node("third");
    const dan = witness(third.hub, dialect, "dan");
    dan.join("r");
    await until(() => dan.known.size === 1 && cat.known.size === 1);
    const { directory } = frozen.parts;
    const { reclaim } = directory;
    let claimed = false;
    let hear = () => {};
    const heard = new Promise<void>((resolve) => {
      hear = resolve;
    });
    Object.assign(directory, {
      reclaim: async (...wanted: Parameters<typeof reclaim>) => {
        const answer = await reclaim(...wanted);
        if (wanted[0].peer !== "ann") return answer;
        claimed = true;
        await heard;
        return answer;
      },
    });
    clock.advance(leaseMs / 4);
    await until(() => claimed);
    ann.lose();
    ann.resume(other);
    await ann.resumed();
    hear();
    await until(() => [bob, cat, dan].every(({ known }) => known.size === 3) && ann.known.size === 3);
    assert.deepEqual([bob.complaints, cat.complaints, dan.complaints, ann.complaints], [[], [], [], []]);
    await cluster.stop();
  });

  test("enters anew once, however many of its writes came too late", async () => {
    const { cluster, frozen, bob, cat, ann } = await stoodStill();
    const { directory, state } = frozen.backplane;
    const before = state.losses.lapsed;
    await Promise.all(["a", "b", "c"].map((id) => directory.release(room, id as PeerId, id as SessionId)));
    await until(() => cat.known.size === 2 && bob.known.size === 2 && ann.known.size === 2);
    assert.equal(frozen.backplane.state.losses.lapsed, before + 1);
    await cluster.stop();
  });

  test("tells its other peers when one that others took for lost goes on elsewhere", async () => {
    const { cluster, clock, other, bob, cat, ann } = await stoodStill();
    ann.lose();
    ann.resume(other);
    await ann.resumed();
    await until(() => cat.known.size === 1);
    clock.advance(leaseMs / 4);
    await until(() => cat.known.size === 2 && bob.known.size === 2);
    assert.deepEqual([...bob.known.values()].sort(), ["ann", "cat"]);
    assert.deepEqual([bob.complaints, cat.complaints, ann.complaints], [[], [], []]);
    await cluster.stop();
  });
});
