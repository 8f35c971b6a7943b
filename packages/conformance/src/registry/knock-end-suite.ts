// SPDX-License-Identifier: MIT
/** What knocks that are over cost, and who answers, on any store. */
import assert from "node:assert/strict";
import { describe } from "node:test";
import {
  answerKnock,
  cancelKnock,
  createKnock,
  type KnockRecord,
  type Store,
  sweep,
  takeKnocks,
} from "@signalbox/core/registry";
import type { StoreUnderTest } from "../backplane/store-suite.ts";
import { granted, refusedWith } from "./ground.ts";
import { accepting, all, camera, knockGround, none, offer } from "./knock-ground.ts";

export const knockEndSuite = (engine: string, make: () => Promise<StoreUnderTest>): void => {
  const { clause, knock } = knockGround(make);
  describe(`the end of knocks on the ${engine} store: knocks`, () => {
    clause("that are over are nothing that those who knock or wait have to go through", async (ground) => {
      const ends = [
        (made: KnockRecord) => cancelKnock(ground, made, ground.asker("ann")),
        (made: KnockRecord) => answerKnock(ground, made, ground.asker("owner"), accepting),
        (made: KnockRecord) =>
          answerKnock(ground, made, ground.asker("owner"), {
            candidates: [],
            complete: true,
            rejectReason: "no",
          }),
      ];
      for (const end of ends) granted(await end(granted(await knock(ground))));
      granted(await knock(ground, "ann", 1_000));
      ground.clock.advance(1_000);
      await sweep(ground);
      granted(await knock(ground, "bob"));
      let read = 0;
      const store: Store = {
        ...ground.store,
        async scan(...asked) {
          const page = await ground.store.scan(...asked);
          read += page.records.length;
          return page;
        },
      };
      granted(await createKnock({ ...ground, store }, camera, { offer }, ground.digest("cat")));
      assert.equal(read, 1, "one waits when another knocks");
      granted(await takeKnocks({ ...ground, store }, all, ground.asker("owner"), "", 50, 0, none));
      assert.equal(read, 3, "two wait when they are fetched");
    });

    clause("of the owner, at the own server, are answered by that owner", async (ground) => {
      const made = granted(await knock(ground, "owner"));
      assert.equal(
        granted(await answerKnock(ground, made, ground.asker("owner"), accepting)).state,
        "answered",
      );
      const strange = granted(await knock(ground, "ann"));
      assert.equal(
        refusedWith(await answerKnock(ground, strange, ground.asker("ann"), accepting)),
        "forbidden",
      );
    });
  });
};
