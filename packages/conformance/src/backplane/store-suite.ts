// SPDX-License-Identifier: MIT
/** What every store of records promises. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Store, Write } from "@signalbox/core/registry";
import fc from "fast-check";
import type { Skip } from "./directory-suite.ts";

export interface StoreUnderTest {
  readonly store: Store;
  /** The same records as another node has them. */
  readonly other?: Store;
  /** Settles when every watch that was begun hears of changes. */
  readonly settled?: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const put = (key: string, value: string, expects = 0, group = "g", expiresAt?: number): Write => ({
  kind: "knock",
  key,
  expects,
  becomes: { group, value, ...(expiresAt === undefined ? {} : { expiresAt }) },
});

const versionOf = async (store: Store, key: string): Promise<number> =>
  (await store.get("knock", key))?.version ?? 0;

export const storeSuite = (
  engine: string,
  make: () => Promise<StoreUnderTest>,
  skips: readonly Skip[] = [],
): void => {
  const clause = (name: string, run: (store: Store, made: StoreUnderTest) => Promise<void>) => {
    const skip = skips.find((skipped) => skipped.clause === name);
    test(name, { skip: skip === undefined ? false : skip.reason }, async () => {
      const made = await make();
      try {
        await run(made.store, made);
      } finally {
        await made.stop();
      }
    });
  };

  describe(`the ${engine} store`, () => {
    clause("gives back what was written, with a version", async (store) => {
      const [version] = (await store.commit([put("a", "snow \u2603", 0, "g", 5)])) ?? [];
      assert.deepEqual(await store.get("knock", "a"), {
        kind: "knock",
        key: "a",
        group: "g",
        value: "snow \u2603",
        version,
        expiresAt: 5,
      });
      assert.equal(await store.get("room", "a"), undefined);
    });

    clause("writes only on the version a decision was made for", async (store) => {
      await store.commit([put("a", "1")]);
      assert.equal(await store.commit([put("a", "2")]), undefined);
      const first = await versionOf(store, "a");
      const [second = 0] = (await store.commit([put("a", "2", first)])) ?? [];
      assert.ok(second > first);
      assert.equal(await store.commit([put("a", "3", first)]), undefined);
      assert.equal((await store.get("knock", "a"))?.value, "2");
    });

    clause("never uses a version again, not even after the record was gone", async (store) => {
      const seen = new Set<number>();
      for (let round = 0; round < 5; round += 1) {
        await store.commit([put("a", "x")]);
        const version = await versionOf(store, "a");
        assert.ok(!seen.has(version));
        seen.add(version);
        assert.deepEqual(await store.commit([{ kind: "knock", key: "a", expects: version }]), [0]);
        assert.equal(await store.get("knock", "a"), undefined);
      }
    });

    clause("carries out all writes or none", async (store) => {
      await store.commit([put("a", "1")]);
      assert.equal(await store.commit([put("b", "1"), put("a", "2", 999)]), undefined);
      assert.equal(await store.get("knock", "b"), undefined);
      const version = await versionOf(store, "a");
      assert.notEqual(
        await store.commit([put("b", "1"), { kind: "knock", key: "a", expects: version }]),
        undefined,
      );
      assert.equal(await store.get("knock", "a"), undefined);
      assert.equal((await store.get("knock", "b"))?.value, "1");
    });

    clause("of fifty simultaneous writers of one record one gets through", async (store) => {
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, index) => store.commit([put("a", String(index))])),
      );
      assert.equal(results.filter((result) => result !== undefined).length, 1);
    });

    clause("lists a group in the order of keys, a page at a time, and nothing of another", async (store) => {
      await store.commit(["d", "a", "c", "b"].map((key) => put(key, key)));
      await store.commit([put("aa", "other", 0, "h")]);
      const first = await store.scan("knock", "g", "", 3);
      assert.deepEqual(
        first.records.map((record) => record.key),
        ["a", "b", "c"],
      );
      assert.equal(first.more, true);
      const rest = await store.scan("knock", "g", "c", 3);
      assert.deepEqual(
        rest.records.map((record) => record.key),
        ["d"],
      );
      assert.equal(rest.more, false);
      const all = await store.scan("knock", undefined, "", 10);
      assert.deepEqual(
        all.records.map((record) => record.key),
        ["a", "aa", "b", "c", "d"],
      );
      assert.equal(await store.count("knock", "g"), 4);
      assert.equal((await store.scan("room", "g", "", 10)).records.length, 0);
    });

    clause("moves a record to another group with its write", async (store) => {
      await store.commit([put("a", "1")]);
      await store.commit([put("a", "1", await versionOf(store, "a"), "h")]);
      assert.equal(await store.count("knock", "g"), 0);
      assert.equal(await store.count("knock", "h"), 1);
    });

    clause("gives numbers that only grow", async (store) => {
      const numbers = await Promise.all(Array.from({ length: 20 }, () => store.next()));
      await store.commit([put("a", "1")]);
      numbers.push(await store.next());
      assert.deepEqual(
        numbers,
        [...new Set(numbers)].sort((a, b) => a - b),
      );
    });

    clause("names what is past its time, oldest first", async (store) => {
      await store.commit([
        put("late", "x", 0, "g", 30),
        put("early", "x", 0, "g", 10),
        put("never", "x"),
        put("middle", "x", 0, "g", 20),
      ]);
      const keys = async (now: number, limit: number) =>
        (await store.expired(now, limit)).map((record) => record.key);
      assert.deepEqual(await keys(9, 10), []);
      assert.deepEqual(await keys(20, 10), ["early", "middle"]);
      assert.deepEqual(await keys(99, 2), ["early", "middle"]);
    });

    clause(
      "wakes who watches a group when something in it changes, comes or goes, and nobody else",
      async (store, { settled }) => {
        const woken: string[] = [];
        const stop = store.watch("knock", "g", () => woken.push("g"));
        store.watch("knock", "h", () => woken.push("h"));
        await settled?.();
        // Whoever begins to watch may be woken for a start.
        woken.length = 0;
        await store.commit([put("a", "1")]);
        assert.deepEqual(woken, ["g"]);
        await store.commit([put("a", "2", 12_345)]);
        assert.deepEqual(woken, ["g"]);
        await store.commit([{ kind: "knock", key: "a", expects: await versionOf(store, "a") }]);
        assert.deepEqual(woken, ["g", "g"]);
        stop();
        await store.commit([put("b", "1")]);
        assert.deepEqual(woken, ["g", "g"]);
      },
    );

    clause(
      "wakes who watches a group that a write names, though the record is in another",
      async (store, { settled }) => {
        let woken = 0;
        store.watch("knock", "one/a", () => {
          woken += 1;
        });
        await settled?.();
        woken = 0;
        await store.commit([put("a", "1")]);
        assert.equal(woken, 0);
        await store.commit([{ ...put("a", "2", await versionOf(store, "a")), wakes: "one/a" }]);
        assert.equal(woken, 1);
        const gone = {
          kind: "knock",
          key: "a",
          expects: await versionOf(store, "a"),
          wakes: "one/a",
        } as const;
        await store.commit([{ ...gone, expects: gone.expects + 1 }]);
        assert.equal(woken, 1, "a write that did not happen wakes nobody");
        await store.commit([gone]);
        assert.equal(woken, 2);
        assert.equal(await store.count("knock", "one/a"), 0);
      },
    );

    clause("wakes who watches on another node", async (store, { other, settled }) => {
      if (other === undefined) assert.fail("there is no other node");
      let seen = 0;
      const enough = Promise.withResolvers<void>();
      other.watch("knock", "g", () => {
        other.scan("knock", "g", "", 10).then(({ records }) => {
          seen = records.length;
          if (seen === 1) enough.resolve();
        }, enough.reject);
      });
      await settled?.();
      assert.equal(seen, 0);
      await store.commit([put("a", "1")]);
      await enough.promise;
      // What one node wrote, the other writes on.
      assert.notEqual(await other.commit([put("a", "2", await versionOf(other, "a"))]), undefined);
      assert.equal((await store.get("knock", "a"))?.value, "2");
    });

    clause("is a map from keys to records under any sequence of writes", async (store) => {
      const key = fc.constantFrom("a", "b", "c/d", "\u{1F600}");
      const write = fc.record({
        key,
        value: fc.option(fc.string({ unit: "grapheme" })),
        stale: fc.boolean(),
      });
      const model = new Map<string, string>();
      await fc.assert(
        fc.asyncProperty(fc.array(write, { maxLength: 20 }), async (writes) => {
          for (const { key: name, value, stale } of writes) {
            const version = await versionOf(store, name);
            const expects = stale ? version + 1 : version;
            const becomes = value === null ? undefined : { group: "g", value: value.toWellFormed() };
            const done = await store.commit([
              { kind: "knock", key: name, expects, ...(becomes === undefined ? {} : { becomes }) },
            ]);
            assert.equal(done === undefined, stale);
            if (stale) continue;
            if (becomes === undefined) model.delete(name);
            else model.set(name, becomes.value);
          }
          const { records } = await store.scan("knock", "g", "", 100);
          assert.deepEqual(
            new Map(records.map((record) => [record.key, record.value])),
            new Map([...model].sort(([a], [b]) => (a < b ? -1 : 1))),
          );
        }),
        { numRuns: 40 },
      );
    });
  });
};
