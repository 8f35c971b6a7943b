// SPDX-License-Identifier: MIT
/** The server as its peers meet it: every refusal in their own words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { refusals } from "@signalbox/core";
import { startBench } from "./testing/bench.ts";

test("three dialects share one port, and meet where they are mounted into one room", async (t) => {
  const bench = await startBench(t, {
    mounts: [{ dialect: "unrupt", path: "/websocket/", room: "hall", announced: true }],
  });
  const native = await bench.native("hall", "nat");
  assert.equal(JSON.parse(await native.next()).type, "welcome");
  assert.equal(JSON.parse(await native.next()).type, "joined");
  const flitter = await bench.flitter("hall", "cam");
  assert.deepEqual(JSON.parse(await flitter.next()), { type: "members", members: ["nat", "cam"] });
  assert.equal(JSON.parse(await native.next()).member.protocol, "flitter");
  await bench.unrupt("finger");
  assert.equal(JSON.parse(await native.next()).member.protocol, "unrupt");
});

test("a dialect that is switched off is served no more", async (t) => {
  const bench = await startBench(t, { mounts: [{ dialect: "unrupt", off: true }] });
  await assert.rejects(bench.unrupt("finger"), /404/);
  await bench.flitter("hall", "cam");
});

test("an additional mount leaves the usual one where it is", async (t) => {
  const bench = await startBench(t, { mounts: [{ dialect: "unrupt", path: "/rendezvous/" }] });
  await bench.connect("/rendezvous/?finger=a");
  await bench.unrupt("b");
});

test("the native protocol is chosen by its subprotocol whatever the order of mounts", async (t) => {
  const bench = await startBench(t, { mounts: [{ dialect: "flitter", path: "/" }] });
  const native = await bench.native("hall", "nat");
  assert.equal(JSON.parse(await native.next()).type, "welcome");
});

test("with a secret only those who know it get in, each dialect told in its own words", async (t) => {
  const bench = await startBench(t, { secret: "sesame" });
  const stranger = await bench.native("hall", "nat", { credential: "guess" });
  assert.equal(JSON.parse(await stranger.next()).code, "unauthorized");
  assert.equal((await stranger.closed).code, 4511);
  const friend = await bench.native("hall", "nat", { credential: "sesame" });
  assert.equal(JSON.parse(await friend.next()).type, "welcome");
  const flitter = await bench.flitter("hall", "cam");
  assert.equal(JSON.parse(await flitter.next()).type, "error");
  assert.equal((await flitter.closed).code, 1000);
  const told = await bench.connect("/?secret=sesame");
  told.socket.send('{"type":"join","id":"cam","room":"hall"}');
  assert.equal(JSON.parse(await told.next()).type, "members");
});

test("origins are checked per mount: a status for native, an error frame for Flitter", async (t) => {
  const bench = await startBench(t, { origins: [{ origin: "https://good.example" }] });
  const bad = { origin: "https://evil.example" };
  const good = { origin: "https://good.example" };
  await assert.rejects(bench.connect("/", ["signalbox.v1"], bad), /403/);
  const flitter = await bench.connect("/", [], bad);
  assert.equal(JSON.parse(await flitter.next()).type, "error");
  assert.equal((await flitter.closed).code, 1000);
  await bench.connect("/", ["signalbox.v1"], good);
  await bench.connect("/", [], good);
});

test("an origin rule for one dialect leaves the others open", async (t) => {
  const bench = await startBench(t, { origins: [{ dialect: "native", origin: "https://good.example" }] });
  const bad = { origin: "https://evil.example" };
  await assert.rejects(bench.connect("/", ["signalbox.v1"], bad), /403/);
  await bench.connect("/websocket/?finger=a", [], bad);
});

test("over the bound on connections Flitter is accepted and told, native gets a status", async (t) => {
  const bench = await startBench(t, { limits: { connections: 1 } });
  const first = await bench.flitter("hall", "first");
  await first.next();
  const flitter = await bench.flitter("hall", "second");
  assert.equal(JSON.parse(await flitter.next()).type, "error");
  assert.equal((await flitter.closed).code, 1000);
  await assert.rejects(bench.connect("/", ["signalbox.v1"]), /503/);
  // Nobody else notices.
  first.socket.send('{"type":"x","to":"first"}');
  assert.equal(JSON.parse(await first.next()).from, "first");
});

test("the defaults admit 500 peers that join at once from one address", async (t) => {
  const bench = await startBench(t, { level: "warn" });
  const clients = await Promise.all(Array.from({ length: 500 }, (_, index) => bench.unrupt(`peer-${index}`)));
  await Promise.all(
    clients.map(async (client, index) => {
      client.socket.send(JSON.stringify({ to: `peer-${(index + 1) % 500}`, from: `peer-${index}` }));
      assert.equal(JSON.parse(await client.next()).from, `peer-${(index + 499) % 500}`);
    }),
  );
});

test("a peer that floods is refused in its dialect's words, and nobody else notices", async (t) => {
  const limits = { framesPerSecond: 1, frameBurst: 5 };
  const bench = await startBench(t, { limits });
  const flitter = await bench.flitter("hall", "flood");
  const other = await bench.flitter("hall", "other");
  await other.next();
  for (let count = 0; count < 20; count += 1) flitter.socket.send('{"type":"x"}');
  for (;;) {
    const told = JSON.parse(await flitter.next());
    if (told.type === "error") break;
  }
  assert.equal((await flitter.closed).code, 1000);
  assert.deepEqual(JSON.parse(await other.next()).members, ["other"]);
});

test("a frame above the bound closes the line with 1009 after a word, and its peer is gone from the room", async (t) => {
  const bench = await startBench(t, { limits: { frameBytes: 2_000 } });
  const big = await bench.flitter("hall", "big");
  const other = await bench.flitter("hall", "other");
  assert.equal(JSON.parse(await other.next()).members.length, 2);
  for (const members of [["big"], ["big", "other"]])
    assert.deepEqual(JSON.parse(await big.next()), { type: "members", members });
  big.socket.send(JSON.stringify({ type: "x", to: "other", pad: "x".repeat(2_000) }));
  assert.deepEqual(JSON.parse(await big.next()), { type: "error", error: refusals["too-large"].sentence });
  assert.equal((await big.closed).code, 1009);
  assert.deepEqual(JSON.parse(await other.next()).members, ["other"]);
});

test("a peer that reads too slowly is closed alone, the others flow", async (t) => {
  const bench = await startBench(t, {
    limits: { outboxBytes: 200_000, framesPerSecond: 100_000, frameBurst: 100_000 },
  });
  const slow = await bench.unrupt("slow");
  const quick = await bench.unrupt("quick");
  const sender = await bench.unrupt("sender");
  slow.socket.pause();
  const pad = "x".repeat(50_000);
  const refused = () => /"code":"slow-peer"/.test(bench.log());
  // The kernel takes some megabytes before anything waits in the process.
  for (let count = 0; count < 2_000 && !refused(); count += 1) {
    sender.socket.send(JSON.stringify({ to: "slow", pad }));
    sender.socket.send(JSON.stringify({ to: "quick", count }));
    assert.equal(JSON.parse(await quick.next()).count, count);
  }
  assert.equal(refused(), true);
});

test("ICE servers are handed out at the welcome, TURN credentials fresh for each session", async (t) => {
  const bench = await startBench(
    t,
    {
      ice: {
        servers: [{ urls: ["stun:stun.example"] }],
        turn: { urls: ["turn:turn.example"], secret: "s", ttlSeconds: 600 },
      },
    },
    { wallNow: () => 1_000_000_000 },
  );
  const names = new Set<string>();
  for (const id of ["a", "b"]) {
    const welcome = JSON.parse(await (await bench.native("hall", id)).next());
    assert.equal(welcome.iceTtlMs, 600_000);
    const [stun, turn] = welcome.iceServers;
    assert.deepEqual(stun, { urls: ["stun:stun.example"] });
    assert.match(turn.username, /^1000600:.+/);
    names.add(turn.username);
  }
  assert.equal(names.size, 2);
});
