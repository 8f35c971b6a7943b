// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { latestOf, ownersOf, redirectionOf, slotCount, slotOf, viewOf } from "./slot-map.ts";

const asked = { host: "seed.example", port: 7000 };
const info = "cluster_state:ok\r\ncluster_current_epoch:12\r\n";

describe("what a server of a Redis Cluster tells", () => {
  test("is read: who has which slots, who follows whom, and how late that is", () => {
    const view = viewOf(
      info,
      [
        [0, 99, ["10.0.0.1", 7001, "id", ["hostname", "one.example"]], ["10.0.0.2", 7002, "id", []]],
        [100, 16_383, ["fd00::3", 7003, "id"]],
      ],
      asked,
    );
    assert.deepEqual(view, {
      serves: true,
      epoch: 12,
      ranges: [
        {
          first: 0,
          last: 99,
          master: { host: "10.0.0.1", port: 7001 },
          replicas: [{ host: "10.0.0.2", port: 7002 }],
        },
        { first: 100, last: 16_383, master: { host: "fd00::3", port: 7003 }, replicas: [] },
      ],
    });
    const owners = ownersOf(view);
    assert.equal(owners.length, slotCount);
    assert.deepEqual(
      [owners[0], owners[99], owners[100], owners.at(-1)],
      ["10.0.0.1:7001", "10.0.0.1:7001", "[fd00::3]:7003", "[fd00::3]:7003"],
    );
  });

  test("a server that does not know its own name is where it was asked", () => {
    for (const name of [null, "", "?"]) {
      const { ranges } = viewOf(info, [[0, 16_383, [name, 7005, "id"]]], asked);
      assert.deepEqual(ranges[0]?.master, { host: "seed.example", port: 7005 });
    }
    assert.deepEqual(redirectionOf("MOVED 3999 :6381", asked)?.to, { host: "seed.example", port: 6381 });
  });

  test("slots that nobody has are nobody's, and what is no list is nothing", () => {
    assert.equal(ownersOf(viewOf(info, [[5, 6, ["h", 1, "id"]]], asked))[4], "");
    for (const odd of [null, "x", [1], [[0, 1]], [[0, 1, "h"]]])
      assert.deepEqual(viewOf("", odd, asked), { serves: false, epoch: 0, ranges: [] });
  });

  test("of several views the latest of those that serve is believed, and of equals the one that is preferred", () => {
    const view = (epoch: number, serves = true) => ({ epoch, serves, ranges: [] });
    const views = [
      { from: "a", view: view(3) },
      { from: "b", view: view(4) },
      { from: "c", view: view(5, false) },
      { from: "d", view: view(4) },
    ];
    assert.equal(latestOf(views, undefined), views[1]?.view);
    assert.equal(latestOf(views, "d"), views[3]?.view);
    assert.equal(latestOf(views, "a"), views[1]?.view);
    assert.equal(latestOf([{ from: "c", view: view(5, false) }], "c"), undefined);
  });

  test("an answer that sends elsewhere is understood, for good or for once, and no other is", () => {
    assert.deepEqual(redirectionOf("MOVED 3999 127.0.0.1:6381", asked), {
      kind: "moved",
      to: { host: "127.0.0.1", port: 6381 },
    });
    assert.deepEqual(redirectionOf("ASK 3999 fd00::3:6381", asked), {
      kind: "ask",
      to: { host: "fd00::3", port: 6381 },
    });
    for (const other of ["TRYAGAIN Multiple keys", "ERR MOVED 1 h:1", "MOVED x h:1", "CLUSTERDOWN"])
      assert.equal(redirectionOf(other, asked), undefined);
  });
});

test("a key's slot is that of what stands in its first braces", () => {
  // From the specification of Redis Cluster.
  assert.equal(slotOf("123456789"), 0x31c3);
  assert.equal(slotOf("{user1000}.following"), slotOf("{user1000}.followers"));
  assert.equal(slotOf("foo{{bar}}zap"), slotOf("{bar"));
  assert.notEqual(slotOf("foo{}{bar}"), slotOf("bar"));
});
