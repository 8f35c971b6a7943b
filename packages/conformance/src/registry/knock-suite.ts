// SPDX-License-Identifier: MIT
/** What knocks promise, on any store: at least once until acknowledged, answered once, never without an end. */
import assert from "node:assert/strict";
import { describe } from "node:test";
import { type Refusal, refusal } from "@signalbox/core";
import {
  addCandidates,
  answerKnock,
  cancelKnock,
  createKnock,
  createServer,
  deleteServer,
  getKnock,
  type KnockBatch,
  type KnockRecord,
  sweep,
  takeKnocks,
} from "@signalbox/core/registry";
import { settled } from "@signalbox/core/testing";
import type { StoreUnderTest } from "../backplane/store-suite.ts";
import { granted, refusedWith } from "./ground.ts";
import { accepting, all, answer, camera, knockGround, none, offer, sdp } from "./knock-ground.ts";

export const knockSuite = (engine: string, make: () => Promise<StoreUnderTest>): void => {
  const { clause, knock, take } = knockGround(make);

  describe(`knocks on the ${engine} store`, () => {
    clause(
      "are handed out until the cursor comes back, and answered for the one who knocked",
      async (ground) => {
        const made = granted(await knock(ground));
        const first = granted(await take(ground));
        assert.deepEqual(
          first.knocks.map(({ id, state }) => [id, state]),
          [[made.id, "delivered"]],
        );
        assert.deepEqual(
          granted(await take(ground)).knocks.map(({ id }) => id),
          [made.id],
        );
        assert.deepEqual(granted(await take(ground, first.cursor)).knocks, []);
        granted(await answerKnock(ground, made, ground.asker("owner"), accepting));
        const read = granted(await getKnock(ground, made, ground.asker("ann"), 0, 0));
        assert.deepEqual([read.state, read.answer], ["answered", answer]);
        assert.deepEqual(granted(await take(ground)).knocks, []);
      },
    );

    clause("keep the first answer; the same one again is no mistake, another is", async (ground) => {
      const made = granted(await knock(ground));
      const owner = ground.asker("owner");
      const once = granted(await answerKnock(ground, made, owner, accepting));
      assert.deepEqual(granted(await answerKnock(ground, made, owner, accepting)), once);
      const other = { ...accepting, answer: { ...answer, sdp: `${answer.sdp}a=x\r\n` } };
      assert.equal(refusedWith(await answerKnock(ground, made, owner, other)), "already-answered");
      assert.equal(
        refusedWith(
          await answerKnock(ground, made, owner, { candidates: [], complete: false, rejectReason: "busy" }),
        ),
        "already-answered",
      );
    });

    clause("of fifty answers at once let one stand", async (ground) => {
      const made = granted(await knock(ground));
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          answerKnock(ground, made, ground.asker("owner"), {
            ...accepting,
            answer: { ...answer, sdp: `${answer.sdp}a=x:${index}\r\n` },
          }),
        ),
      );
      assert.equal(results.filter((result) => "id" in result).length, 1);
    });

    clause(
      "are rejected with a reason, or taken back, and then nothing more happens to them",
      async (ground) => {
        const rejected = granted(await knock(ground));
        granted(
          await answerKnock(ground, rejected, ground.asker("owner"), {
            candidates: [],
            complete: false,
            rejectReason: "busy",
          }),
        );
        const read = granted(await getKnock(ground, rejected, ground.asker("ann"), 0, 0));
        assert.deepEqual([read.state, read.rejectReason], ["rejected", "busy"]);
        const taken = granted(await knock(ground));
        assert.equal(granted(await cancelKnock(ground, taken, ground.asker("ann"))).state, "cancelled");
        assert.equal(
          refusedWith(await answerKnock(ground, taken, ground.asker("owner"), accepting)),
          "knock-over",
        );
        assert.deepEqual(granted(await take(ground)).knocks, []);
      },
    );

    clause(
      "that nobody answers end expired: told to who asks and to who waits, and later gone",
      async (ground) => {
        const made = granted(await knock(ground, "ann", 10_000));
        const waiting = getKnock(ground, made, ground.asker("ann"), 55_000, made.generation, none);
        await settled();
        ground.clock.advance(10_000);
        assert.equal(granted(await waiting).state, "expired");
        assert.equal(
          refusedWith(await answerKnock(ground, made, ground.asker("owner"), accepting)),
          "knock-over",
        );
        await sweep(ground);
        assert.equal(granted(await getKnock(ground, made, ground.asker("ann"), 0, 0)).state, "expired");
        ground.clock.advance(30_000);
        await sweep(ground);
        assert.equal(refusedWith(await getKnock(ground, made, ground.asker("ann"), 0, 0)), "not-found");
      },
    );

    clause(
      "are answered to a waiting knocker, and come to a waiting server, the moment they are there",
      async (ground) => {
        let batch: KnockBatch | Refusal | undefined;
        const serving = take(ground, "", 55_000).then((found) => {
          batch = found;
        });
        await settled();
        assert.equal(batch, undefined);
        const made = granted(await knock(ground));
        await serving;
        assert.deepEqual(
          granted<KnockBatch>(batch ?? refusal("silent")).knocks.map(({ id }) => id),
          [made.id],
        );
        let read: KnockRecord | Refusal | undefined;
        const current = granted(await getKnock(ground, made, ground.asker("ann"), 0, 0));
        const asking = getKnock(ground, made, ground.asker("ann"), 55_000, current.generation, none).then(
          (found) => {
            read = found;
          },
        );
        await settled();
        assert.equal(read, undefined);
        granted(await answerKnock(ground, made, ground.asker("owner"), accepting));
        await asking;
        assert.equal(granted<KnockRecord>(read ?? refusal("silent")).state, "answered");
      },
    );

    clause(
      "that were answered can be waited on for later candidates, and are gone when their time is over",
      async (ground) => {
        const made = granted(await knock(ground));
        const answered = granted(
          await answerKnock(ground, made, ground.asker("owner"), { ...accepting, complete: false }),
        );
        let read: KnockRecord | Refusal | undefined;
        const wait = (generation: number) =>
          getKnock(ground, made, ground.asker("ann"), 55_000, generation, none).then((found) => {
            read = found;
          });
        const waiting = wait(answered.generation);
        await settled();
        assert.equal(read, undefined, "there is nothing new to say");
        const late = [{ candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0" }];
        const added = granted(await addCandidates(ground, made, ground.asker("owner"), late, false));
        await waiting;
        assert.deepEqual(read, added);
        const lingering = wait(added.generation);
        await settled();
        ground.clock.advance(30_000);
        await lingering;
        assert.equal(refusedWith(read ?? {}), "not-found");
      },
    );

    clause("wait no longer than was asked, than the bound, or than the asker is there", async (ground) => {
      const timed = take(ground, "", 5_000);
      await settled();
      ground.clock.advance(5_000);
      assert.deepEqual(granted(await timed).knocks, []);
      const bounded = take(ground, "", 600_000);
      await settled();
      ground.clock.advance(ground.limits.waitMaxMs);
      assert.deepEqual(granted(await bounded).knocks, []);
      const gone = new AbortController();
      const left = takeKnocks(ground, all, ground.asker("owner"), "", 50, 50_000, gone.signal);
      await settled();
      gone.abort();
      assert.deepEqual(granted(await left).knocks, []);
    });

    clause("belong to their two ends: nobody else reads, answers or takes them", async (ground) => {
      const made = granted(await knock(ground));
      assert.equal(refusedWith(await getKnock(ground, made, {}, 0, 0)), "unauthorized");
      assert.equal(refusedWith(await getKnock(ground, made, ground.asker("bob"), 0, 0)), "not-found");
      assert.equal(refusedWith(await answerKnock(ground, made, ground.asker("ann"), accepting)), "forbidden");
      assert.equal(refusedWith(await takeKnocks(ground, all, ground.asker("bob"), "", 50, 0)), "forbidden");
      assert.equal(refusedWith(await takeKnocks(ground, all, {}, "", 50, 0)), "unauthorized");
      assert.equal(refusedWith(await cancelKnock(ground, made, ground.asker("bob"))), "not-found");
      assert.equal(
        refusedWith(await getKnock(ground, { ...made, service: "sensor" }, ground.asker("ann"), 0, 0)),
        "not-found",
      );
      assert.equal(
        refusedWith(await getKnock(ground, { ...made, id: "no/such" }, ground.asker("ann"), 0, 0)),
        "not-found",
      );
    });

    clause(
      "take later candidates of both sides, and drop those of an old generation and repetitions",
      async (ground) => {
        const made = granted(await knock(ground));
        const one = { candidate: "candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid: "0" };
        granted(
          await addCandidates(
            ground,
            made,
            ground.asker("ann"),
            [one, one, { ...one, candidate: "candidate:2", usernameFragment: "old" }],
            false,
          ),
        );
        assert.equal(
          refusedWith(await addCandidates(ground, made, ground.asker("owner"), [one], false)),
          "not-answered",
        );
        granted(await answerKnock(ground, made, ground.asker("owner"), { ...accepting, complete: false }));
        const late = granted(
          await addCandidates(
            ground,
            made,
            ground.asker("owner"),
            [{ ...one, usernameFragment: "abcd" }],
            true,
          ),
        );
        assert.deepEqual(
          [late.offerCandidates.length, late.answerCandidates.length, late.answerComplete],
          [1, 1, true],
        );
        const again = granted(
          await addCandidates(
            ground,
            made,
            ground.asker("owner"),
            [{ ...one, usernameFragment: "abcd" }],
            true,
          ),
        );
        assert.equal(again.generation, late.generation);
        const flood = Array.from({ length: 65 }, (_, index) => ({ candidate: `candidate:${index}` }));
        assert.equal(
          refusedWith(await addCandidates(ground, made, ground.asker("ann"), flood, false)),
          "too-large",
        );
      },
    );

    clause("find their service by what it must be, where exactly one is", async (ground) => {
      const selector = {
        by: "selector",
        room: "hall",
        protocol: "camera",
        version: "1",
        server: "",
        displayName: "",
      } as const;
      const made = granted(await createKnock(ground, selector, { offer }, ground.digest("ann")));
      assert.deepEqual([made.server, made.service], ["cam", "camera"]);
      granted(
        await createServer(
          ground,
          { id: "cam-2", room: "hall", services: [{ protocol: "camera", version: "1.1" }] },
          undefined,
          ground.digest("two"),
        ),
      );
      assert.equal(
        refusedWith(await createKnock(ground, selector, { offer }, ground.digest("ann"))),
        "ambiguous-selector",
      );
      assert.equal(
        granted(await createKnock(ground, { ...selector, server: "cam-2" }, { offer }, ground.digest("ann")))
          .server,
        "cam-2",
      );
      assert.equal(
        refusedWith(
          await createKnock(ground, { ...selector, version: "3" }, { offer }, ground.digest("ann")),
        ),
        "not-found",
      );
      assert.equal(
        refusedWith(await createKnock(ground, { ...selector, room: "" }, { offer }, ground.digest("ann"))),
        "bad-argument",
      );
    });

    clause(
      "are bounded at a service and for one knocker, and room comes back when one is over",
      async (ground) => {
        const first = granted(await knock(ground, "ann"));
        granted(await knock(ground, "ann"));
        assert.equal(refusedWith(await knock(ground, "ann")), "too-many-knocks");
        granted(await knock(ground, "bob"));
        assert.equal(refusedWith(await knock(ground, "cat")), "too-many-knocks");
        granted(await answerKnock(ground, first, ground.asker("owner"), accepting));
        granted(await knock(ground, "cat"));
      },
      { knocksPerService: 3, knocksPerKnocker: 2 },
    );

    clause("of what is no offer are refused", async (ground) => {
      const bad = async (given: object) =>
        refusedWith(
          await createKnock(ground, camera, { offer: { ...offer, ...given } }, ground.digest("ann")),
        );
      assert.equal(await bad({ type: "answer" }), "bad-argument");
      assert.equal(await bad({ sdp: "hello" }), "bad-argument");
      assert.equal(await bad({ sdp: "v=0\r\n" }), "bad-argument");
      assert.equal(await bad({ sdp: sdp + "a".repeat(70_000) }), "too-large");
    });

    clause(
      "at once by two hundred all arrive, and are all handed out",
      async (ground) => {
        const made = await Promise.all(
          Array.from({ length: 200 }, (_, index) => knock(ground, `peer ${index}`)),
        );
        const records = made.map(granted);
        assert.equal(new Set(records.map(({ id }) => id)).size, 200);
        const batch = granted(await takeKnocks(ground, all, ground.asker("owner"), "", 500, 0));
        assert.equal(batch.knocks.length, 200);
      },
      { knocksPerService: 500 },
    );

    clause(
      "of a server that was removed can still be read by who knocked, until their time is over",
      async (ground) => {
        const made = granted(await knock(ground));
        granted(await deleteServer(ground, "cam", ground.asker("owner"), {}));
        assert.equal(granted(await getKnock(ground, made, ground.asker("ann"), 0, 0)).state, "pending");
        ground.clock.advance(30_000);
        assert.equal(granted(await getKnock(ground, made, ground.asker("ann"), 0, 0)).state, "expired");
      },
    );
  });
};
