// SPDX-License-Identifier: MIT
/** Knocks that wait from one address. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { memoryStore } from "@signalbox/backplane/memory";
import type { Store } from "@signalbox/core/registry";
import { handClock } from "@signalbox/core/testing";
import { testGround } from "../registry/ground.ts";
import { startApi } from "./api.ts";
import { answer, ask, camera, deviceToken, offer, startBox } from "./bench.ts";

const boxOf = async (t: TestContext, trustProxy: readonly string[] = []) => {
  const clock = handClock(1_700_000_000_000);
  const config = { limits: { knocksPerAddress: 2, knocksPerKnocker: 9 }, trustProxy };
  const box = await startBox(t, config, { clock, wallNow: clock.now });
  await ask(box, "POST", "/v1/servers", { ...camera, ttl: "3600s" }, deviceToken);
  const knock = (from?: string, sdp = offer.sdp) =>
    ask(
      box,
      "POST",
      "/v1/servers/cam/services/camera/knocks",
      { knock: { offer: { ...offer, sdp } } },
      undefined,
      from === undefined ? {} : { "x-forwarded-for": from },
    );
  const settle = (name: string) => ask(box, "POST", `/v1/${name}:answer`, { answer }, deviceToken);
  return { clock, knock, settle };
};

describe("knocks of one address", () => {
  test("are so many at once, whatever tokens they come with", async (t) => {
    const { knock } = await boxOf(t);
    assert.deepEqual([(await knock()).status, (await knock()).status], [202, 202]);
    const { status, json, headers } = await knock();
    assert.deepEqual([status, json.reason, headers.get("retry-after")], [429, "TOO_MANY_KNOCKS", "1"]);
  });

  test("may be made again once one of them was answered, or expired", async (t) => {
    const { clock, knock, settle } = await boxOf(t);
    const first = (await knock()).json.knock.name;
    await knock();
    assert.equal((await knock()).status, 429);
    await settle(first);
    clock.advance(1_000);
    assert.equal((await knock()).status, 202);
    assert.equal((await knock()).status, 429);
    clock.advance(30_000);
    assert.deepEqual([(await knock()).status, (await knock()).status], [202, 202]);
  });

  test("that are answered fast can be any number", async (t) => {
    const { knock, settle } = await boxOf(t);
    for (let count = 0; count < 20; count += 1) {
      const { status, json } = await knock();
      assert.equal(status, 202);
      await settle(json.knock.name);
    }
  });

  test("that come together while room is being made all get it", async (t) => {
    const store = memoryStore();
    // As with a store on the network, the loop goes round while it is asked.
    const slow: Store = {
      ...store,
      async get(kind, key) {
        for (let turn = 0; kind === "knock" && turn < 50; turn += 1)
          await new Promise((resolve) => setImmediate(resolve));
        return store.get(kind, key);
      },
    };
    const ground = testGround(slow, { knocksPerAddress: 2 });
    const api = await startApi(t, ground, { address: "192.0.2.1" });
    await ask(api.rest, "POST", "/v1/servers", camera, deviceToken);
    const knock = () => ask(api.rest, "POST", "/v1/servers/cam/services/camera/knocks", { knock: { offer } });
    for (let round = 0; round < 3; round += 1) {
      const made = await Promise.all([knock(), knock()]);
      assert.deepEqual(
        made.map(({ status }) => status),
        [202, 202],
        `round ${round}`,
      );
      for (const { json } of made)
        await ask(api.rest, "POST", `/v1/${json.knock.name}:answer`, { answer }, deviceToken);
    }
  });

  test("are counted by IPv6 network, and behind a proxy by what that says", async (t) => {
    const { knock } = await boxOf(t, ["127.0.0.1"]);
    const from = ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2"];
    const six = ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:1::1"];
    for (const addresses of [from, six]) {
      const statuses: number[] = [];
      for (const address of addresses) statuses.push((await knock(address)).status);
      assert.deepEqual(statuses, [202, 202, 429, 202]);
    }
  });

  test("that were refused for another reason are not counted", async (t) => {
    const { knock } = await boxOf(t);
    await knock();
    for (let count = 0; count < 3; count += 1) assert.equal((await knock(undefined, "v=1")).status, 400);
    assert.equal((await knock()).status, 202);
  });
});
