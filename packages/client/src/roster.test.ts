// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createRoster } from "./roster.ts";
import { member } from "./testing/scripted-server.ts";
import type { Peer } from "./wire.ts";

const watched = () => {
  const log: string[] = [];
  const roster = createRoster({
    joined: (peer) => log.push(`+${peer.session}`),
    left: (peer, reason) => log.push(`-${peer.session} ${reason}`),
    changed: (peer) => log.push(`~${peer.session}`),
  });
  return { log, roster };
};

const stay = (id: string, session: string, order: number): Peer => ({ ...member(id, order), session });

test("several stays of one id are one peer: the oldest, then the next", () => {
  const { log, roster } = watched();
  roster.join(stay("bob", "s2", 2));
  roster.join(stay("bob", "s1", 1));
  assert.equal(roster.peers.get("bob")?.session, "s1");
  assert.equal(roster.holders("bob"), 2);
  roster.leave("s1", "lost");
  assert.equal(roster.peers.get("bob")?.session, "s2");
  roster.leave("s2", "left");
  assert.equal(roster.peers.size, 0);
  assert.deepEqual(log, ["+s2", "+s1", "-s1 lost", "-s2 left"]);
});

test("a change is told when there is one", () => {
  const { log, roster } = watched();
  roster.join(stay("bob", "s1", 1));
  roster.change(stay("bob", "s1", 1));
  roster.change({ ...stay("bob", "s1", 1), displayName: "Bob" });
  roster.change(stay("eve", "unknown", 3));
  assert.deepEqual(log, ["+s1", "~s1"]);
  assert.equal(roster.peers.get("bob")?.displayName, "Bob");
});

test("however news and pages interleave, the roster is what the server has, and the news tell how it came about", () => {
  const session = fc.integer({ min: 0, max: 9 });
  const news = fc.array(
    fc.record({ at: session, change: fc.constantFrom("join", "leave", "page", "snapshot") }),
  );
  fc.assert(
    fc.property(news, (steps) => {
      /** The server's truth, and what a listener makes of the news. */
      const truth = new Map<string, Peer>();
      const mirror = new Set<string>();
      const roster = createRoster({
        joined: (peer) => {
          assert.ok(!mirror.has(peer.session), "told once");
          mirror.add(peer.session);
        },
        left: (peer) => {
          assert.ok(mirror.delete(peer.session), "who goes had come");
        },
        changed() {},
      });
      let order = 0;
      /** Pages of a snapshot that was taken at its beginning. */
      let pages: Peer[] | undefined;
      for (const { at, change } of steps) {
        const key = `s${at}`;
        if (change === "join" && !truth.has(key)) {
          order += 1;
          const peer = stay(`p${at % 3}`, key, order);
          truth.set(key, peer);
          roster.join(peer);
        } else if (change === "leave" && truth.delete(key)) roster.leave(key, "left");
        else if (change === "snapshot" && pages === undefined) {
          pages = [...truth.values()];
          roster.begin(pages.splice(0, 1));
        } else if (change === "page" && pages !== undefined) {
          // A page may still list who left since: the roster knows better.
          roster.add(pages.splice(0, 2));
          if (pages.length === 0) {
            roster.complete();
            pages = undefined;
          }
        }
      }
      if (pages !== undefined) {
        roster.add(pages);
        roster.complete();
      }
      assert.deepEqual([...mirror].sort(), [...truth.keys()].sort());
      assert.deepEqual(
        [...roster.peers.keys()].sort(),
        [...new Set([...truth.values()].map(({ id }) => id))].sort(),
      );
    }),
  );
});
