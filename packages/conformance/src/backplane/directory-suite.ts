// SPDX-License-Identifier: MIT
/** What every directory promises, whatever engine it runs on. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Claimed,
  type Directory,
  defaultRealm,
  type Entry,
  isRefusal,
  type NodeId,
  type PeerId,
  type Refusal,
  type RoomName,
  refusal,
  roomKey,
  type SessionId,
} from "@signalbox/core";

/** A clause an engine does not keep, and why. */
export interface Skip {
  readonly clause: string;
  readonly reason: string;
}

export interface DirectoryUnderTest {
  readonly directory: Directory;
  readonly stop: () => Promise<void>;
}

let serial = 0;
const freshRoom = () => {
  serial += 1;
  return roomKey(defaultRealm, `room ${serial}` as RoomName);
};

const wanted = (
  room: ReturnType<typeof freshRoom>,
  peer: string,
  more: Partial<Entry> = {},
): Omit<Entry, "order"> => ({
  room,
  peer: peer as PeerId,
  session: `session of ${peer}` as SessionId,
  node: "n1" as NodeId,
  protocol: "native",
  traits: { takes: "trickle", gives: "trickle", media: ["audio"], messages: true },
  services: [],
  claim: "exclusive",
  announced: true,
  listens: true,
  ...more,
});

/** What was answered, where it is no refusal. */
const given = <Answer extends object>(answer: Answer | Refusal): Answer => {
  if (isRefusal(answer)) assert.fail(`refused: ${answer.code}`);
  return answer;
};

const claimed = (result: Awaited<ReturnType<Directory["claim"]>>): Claimed => {
  if (isRefusal(result)) assert.fail(`refused: ${result.code}`);
  return result;
};

export const directorySuite = (
  engine: string,
  make: () => Promise<DirectoryUnderTest>,
  skips: readonly Skip[] = [],
): void => {
  const clause = (name: string, run: (directory: Directory) => Promise<void>) => {
    const skip = skips.find((one) => one.clause === name);
    test(name, { skip: skip === undefined ? false : skip.reason }, async () => {
      const { directory, stop } = await make();
      try {
        await run(directory);
      } finally {
        await stop();
      }
    });
  };

  describe(`the ${engine} directory`, () => {
    clause("an exclusive id has one holder", async (directory) => {
      const room = freshRoom();
      claimed(await directory.claim(wanted(room, "ann"), 10));
      const second = await directory.claim(wanted(room, "ann", { session: "other" as SessionId }), 10);
      assert.equal(isRefusal(second) && second.code, "id-taken");
      const shared = await directory.claim(
        wanted(room, "ann", { session: "third" as SessionId, claim: "shared" }),
        10,
      );
      assert.equal(isRefusal(shared) && shared.code, "id-taken");
      const entries = given(await directory.find(room, "ann" as PeerId));
      assert.deepEqual(
        entries.map((entry) => entry.session),
        ["session of ann"],
      );
    });

    clause("of fifty simultaneous claims of one id exactly one stands", async (directory) => {
      const room = freshRoom();
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          directory.claim(wanted(room, "ann", { session: `s${index}` as SessionId }), 100),
        ),
      );
      assert.equal(results.filter((result) => !isRefusal(result)).length, 1);
    });

    clause(
      "of two hundred simultaneous joins of one room all land, each with a revision of its own",
      async (directory) => {
        const room = freshRoom();
        const results = await Promise.all(
          Array.from({ length: 200 }, (_, index) => directory.claim(wanted(room, `peer ${index}`), 500)),
        );
        const revisions = results.map((result) => claimed(result).revision);
        assert.equal(new Set(revisions).size, 200);
        const page = given(await directory.roster(room, 0, 500));
        assert.equal(page.entries.length, 200);
        assert.equal(page.revision, Math.max(...revisions));
      },
    );

    clause("a shared id has many holders, and the first claim fixes that it is shared", async (directory) => {
      const room = freshRoom();
      claimed(await directory.claim(wanted(room, "ann", { claim: "shared", session: "a" as SessionId }), 10));
      const second = claimed(
        await directory.claim(
          wanted(room, "ann", { claim: "shared", session: "b" as SessionId, node: "n2" as NodeId }),
          10,
        ),
      );
      assert.deepEqual(second.siblings, ["n1"]);
      const exclusive = await directory.claim(wanted(room, "ann", { session: "c" as SessionId }), 10);
      assert.equal(isRefusal(exclusive) && exclusive.code, "id-taken");
      const entries = given(await directory.find(room, "ann" as PeerId));
      assert.deepEqual(entries.map((entry) => entry.session).sort(), ["a", "b"]);
    });

    clause("a shared id has only so many holders, and room again when one goes", async (directory) => {
      const room = freshRoom();
      const share = (session: string) =>
        directory.claim(wanted(room, "ann", { claim: "shared", session: session as SessionId }), 10, 2);
      claimed(await share("a"));
      claimed(await share("b"));
      const third = await share("c");
      assert.equal(isRefusal(third) && third.code, "id-taken");
      claimed(await share("a"));
      await directory.release(room, "ann" as PeerId, "a" as SessionId);
      claimed(await share("c"));
    });

    clause("a claim repeated by the same session changes nothing", async (directory) => {
      const room = freshRoom();
      const first = claimed(await directory.claim(wanted(room, "ann"), 1));
      const again = claimed(await directory.claim(wanted(room, "ann"), 1));
      assert.equal(again.revision, first.revision);
      assert.deepEqual(again.entry, first.entry);
    });

    clause("the same id in another room is another id", async (directory) => {
      claimed(await directory.claim(wanted(freshRoom(), "ann"), 10));
      claimed(await directory.claim(wanted(freshRoom(), "ann", { session: "other" as SessionId }), 10));
    });

    clause("a full room refuses, and has room again when somebody leaves", async (directory) => {
      const room = freshRoom();
      claimed(await directory.claim(wanted(room, "ann"), 2));
      claimed(await directory.claim(wanted(room, "bob"), 2));
      const third = await directory.claim(wanted(room, "cat"), 2);
      assert.equal(isRefusal(third) && third.code, "room-full");
      await directory.release(room, "ann" as PeerId, "session of ann" as SessionId);
      claimed(await directory.claim(wanted(room, "cat"), 2));
    });

    clause("only the session that holds an id can release it", async (directory) => {
      const room = freshRoom();
      claimed(await directory.claim(wanted(room, "ann"), 10));
      assert.equal(await directory.release(room, "ann" as PeerId, "stranger" as SessionId), undefined);
      assert.equal(given(await directory.find(room, "ann" as PeerId)).length, 1);
      assert.notEqual(
        await directory.release(room, "ann" as PeerId, "session of ann" as SessionId),
        undefined,
      );
      assert.equal(await directory.release(room, "ann" as PeerId, "session of ann" as SessionId), undefined);
      assert.deepEqual(given(await directory.find(room, "ann" as PeerId)), []);
    });

    clause(
      "the revision grows by one with each announced join, change and leave, and with nothing else",
      async (directory) => {
        const room = freshRoom();
        const first = claimed(await directory.claim(wanted(room, "ann"), 10));
        const hidden = claimed(await directory.claim(wanted(room, "hid", { announced: false }), 10));
        assert.equal(hidden.revision, first.revision);
        const changed = given(
          (await directory.change({ ...first.entry, displayName: "Ann" })) ?? refusal("not-found"),
        );
        assert.equal(changed.revision, first.revision + 1);
        assert.equal(changed.entry.order, first.entry.order);
        assert.equal(
          (await directory.release(room, "hid" as PeerId, "session of hid" as SessionId))?.revision,
          first.revision + 1,
        );
        assert.equal(
          (await directory.release(room, "ann" as PeerId, "session of ann" as SessionId))?.revision,
          first.revision + 2,
        );
      },
    );

    clause("a room that was empty goes on counting where it stopped, or above", async (directory) => {
      const room = freshRoom();
      claimed(await directory.claim(wanted(room, "ann"), 10));
      const gone = await directory.release(room, "ann" as PeerId, "session of ann" as SessionId);
      const back = claimed(await directory.claim(wanted(room, "ann", { session: "later" as SessionId }), 10));
      assert.ok(back.revision > (gone?.revision ?? 0));
    });

    clause("the roster lists announced peers in join order, a page at a time", async (directory) => {
      const room = freshRoom();
      for (const peer of ["dan", "ann", "cat", "bob"]) claimed(await directory.claim(wanted(room, peer), 10));
      claimed(await directory.claim(wanted(room, "hid", { announced: false }), 10));
      const first = given(await directory.roster(room, 0, 3));
      assert.deepEqual(
        first.entries.map((entry) => entry.peer),
        ["dan", "ann", "cat"],
      );
      const second = given(await directory.roster(room, first.next ?? Number.NaN, 3));
      assert.deepEqual(
        second.entries.map((entry) => entry.peer),
        ["bob"],
      );
      assert.equal(second.next, undefined);
      const whole = given(await directory.roster(room, 0, 4));
      assert.equal(whole.next, undefined);
    });

    clause("a change keeps the place in the order and what was claimed", async (directory) => {
      const room = freshRoom();
      const ann = claimed(await directory.claim(wanted(room, "ann"), 10)).entry;
      claimed(await directory.claim(wanted(room, "bob"), 10));
      await directory.change({
        ...ann,
        claim: "shared",
        announced: false,
        services: [{ name: "cam", protocol: "camera" }],
      });
      const { entries } = given(await directory.roster(room, 0, 10));
      assert.deepEqual(
        entries.map((entry) => entry.peer),
        ["ann", "bob"],
      );
      assert.equal(entries[0]?.claim, "exclusive");
      assert.deepEqual(entries[0]?.services, [{ name: "cam", protocol: "camera" }]);
      assert.equal(await directory.change({ ...ann, session: "stranger" as SessionId }), undefined);
    });

    clause("the audience of news is every other node with a member that listens", async (directory) => {
      const room = freshRoom();
      claimed(await directory.claim(wanted(room, "ann"), 10));
      claimed(await directory.claim(wanted(room, "deaf", { node: "n2" as NodeId, listens: false }), 10));
      const third = claimed(await directory.claim(wanted(room, "cat", { node: "n3" as NodeId }), 10));
      assert.deepEqual(third.audience, ["n1"]);
      const left = await directory.release(room, "ann" as PeerId, "session of ann" as SessionId);
      assert.deepEqual(left?.audience, ["n3"]);
      assert.deepEqual(given(await directory.audience(room)), ["n3"]);
    });

    clause(
      "releasing one holder of a shared id leaves the others and names their nodes",
      async (directory) => {
        const room = freshRoom();
        claimed(
          await directory.claim(wanted(room, "ann", { claim: "shared", session: "a" as SessionId }), 10),
        );
        claimed(
          await directory.claim(
            wanted(room, "ann", { claim: "shared", session: "b" as SessionId, node: "n2" as NodeId }),
            10,
          ),
        );
        const released = await directory.release(room, "ann" as PeerId, "a" as SessionId);
        assert.deepEqual(released?.siblings, ["n2"]);
        assert.deepEqual(
          given(await directory.find(room, "ann" as PeerId)).map((entry) => entry.session),
          ["b"],
        );
      },
    );
  });
};
