// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, describe, test } from "node:test";
import { severable, startRedis } from "@signalbox/backplane/testing";
import type { Client } from "@signalbox/gateway/testing";
import { startServer } from "./compose.ts";
import { type Bench, startBench } from "./testing/bench.ts";

const redis = await startRedis();
const locked = await startRedis(["--requirepass", "open sesame"]);
after(async () => {
  await redis.stop();
  await locked.stop();
});

let serial = 0;
const freshUrl = (port = redis.port): string => {
  serial += 1;
  return `redis://127.0.0.1:${port}?prefix=s${serial}:`;
};

const quiet = { host: "127.0.0.1", port: 0, level: "silent" } as const;

type Told = { readonly [field: string]: unknown };

/** The next frame of this type. */
const told = async (client: Client, type: string): Promise<Told> => {
  for (;;) {
    const frame: Told = JSON.parse(await client.next());
    if (frame.type === type) return frame;
  }
};

const json = async (
  bench: Bench,
  method: string,
  path: string,
  body?: object,
  token?: string,
): Promise<Told> => {
  const answer = await fetch(`http://${bench.host}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: answer.status, ...(await answer.json()) };
};

describe("a Redis that cannot be used is one sentence at the start", () => {
  const rejects = (url: string, message: RegExp | string) =>
    assert.rejects(startServer({ ...quiet, redis: url }), { name: "StartFailure", message });

  test("where nobody listens", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    server.close();
    await rejects(
      `redis://127.0.0.1:${port}`,
      `Redis at 127.0.0.1:${port} cannot be reached: the connection was refused`,
    );
  });

  test("with a wrong password, with none, and where none is wanted", async () => {
    const where = `Redis at 127.0.0.1:${locked.port} cannot be`;
    await rejects(
      `redis://:guess@127.0.0.1:${locked.port}`,
      new RegExp(`^${where}.*: the password was not accepted$`),
    );
    await rejects(
      `redis://127.0.0.1:${locked.port}`,
      new RegExp(`^${where}.*: the password was not accepted$`),
    );
    const server = await startServer({ ...quiet, redis: `redis://:open%20sesame@127.0.0.1:${locked.port}` });
    await server.close();
  });

  test("with a database it has not", () =>
    rejects(`redis://127.0.0.1:${redis.port}/9999`, /: it has no such database$/));

  test("with an address that is none, which is not shown", async () => {
    for (const url of ["http://redis.example", "redis://:hush@", "redis://host/x", "redis://host?prefix={a}"])
      await rejects(url, /^--redis: must be redis:\/\/\[\[USER\]:PASSWORD@\]HOST/);
  });

  test("where it is older than what is needed", async () => {
    // No such Redis can be had any more: this speaks just enough of its protocol.
    const old = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        for (const [, words = ""] of bytes.toString().matchAll(/\*\d+\r\n((?:\$\d+\r\n[^\r]*\r\n)+)/g)) {
          const info = "redis_version:5.0.14\r\nloading:0\r\n";
          socket.write(/\binfo\b/i.test(words) ? `$${info.length}\r\n${info}\r\n` : "+OK\r\n");
        }
      });
    }).listen(0, "127.0.0.1");
    await once(old, "listening");
    const address = old.address();
    const port = typeof address === "object" ? address?.port : 0;
    await rejects(
      `redis://127.0.0.1:${port}`,
      `Redis at 127.0.0.1:${port} is Redis 5.0.14; it takes Redis 6.2 or later`,
    );
    old.close();
  });
});

describe("two servers on one Redis", () => {
  const pair = async (t: Parameters<typeof startBench>[0], url = freshUrl()) => {
    // Nobody is waited for long when a server ends.
    const config = { redis: url, limits: { drainMs: 200 } };
    const one = await startBench(t, config);
    const two = await startBench(t, config);
    return [one, two] as const;
  };

  test("native peers meet, call and part across them, with receipts", async (t) => {
    const [one, two] = await pair(t);
    const ann = await one.native("hall", "ann");
    await told(ann, "joined");
    const bob = await two.native("hall", "bob");
    assert.deepEqual(
      ((await told(bob, "joined")).members as readonly Told[]).map(({ id }) => id),
      ["ann"],
    );
    assert.equal(((await told(ann, "peer-joined")).member as Told).id, "bob");
    ann.socket.send(
      JSON.stringify({
        type: "signal",
        seq: 2,
        to: "bob",
        receipt: "delivered",
        signal: { kind: "opaque", data: 1 },
      }),
    );
    const signal = await told(bob, "signal");
    assert.equal(signal.from, "ann");
    assert.equal((await told(ann, "receipt")).fate, "sent");
    bob.socket.send(JSON.stringify({ type: "ack", seen: signal.seq }));
    assert.equal((await told(ann, "receipt")).fate, "delivered");
    bob.socket.send(JSON.stringify({ type: "end" }));
    assert.equal((await told(ann, "peer-left")).reason, "left");
  });

  test("an id is unique across them, for native and Flitter peers alike", async (t) => {
    const [one, two] = await pair(t);
    const ann = await one.native("hall", "ann");
    await told(ann, "joined");
    const second = await two.native("hall", "ann");
    assert.equal((await told(second, "refused")).code, "id-taken");
    const flitter = await two.flitter("hall", "ann");
    assert.deepEqual(JSON.parse(await flitter.next()), { type: "error", error: "User ID already taken" });
    const other = await two.flitter("hall", "cam");
    assert.deepEqual((JSON.parse(await other.next()) as Told).members, ["ann", "cam"]);
    assert.equal(((await told(ann, "peer-joined")).member as Told).id, "cam");
  });

  test("a Flitter call goes from one to the other, verbatim", async (t) => {
    const [one, two] = await pair(t);
    const caller = await one.flitter("hall", "caller");
    await told(caller, "members");
    const callee = await two.flitter("hall", "callee");
    await told(callee, "members");
    await told(caller, "members");
    caller.socket.send('{"type": "call",  "to": "callee", "offer": "v=0"}');
    assert.equal(await callee.next(), '{"type": "call",  "to": "callee", "offer": "v=0","from":"caller"}');
    callee.socket.send('{"type": "finished", "to": "caller"}');
    assert.equal(await caller.next(), '{"type": "finished", "to": "caller","from":"callee"}');
  });

  test("a shared finger is one address across them: both hear, and either answers", async (t) => {
    const [one, two] = await pair(t);
    const tabs = [await one.unrupt("ann"), await two.unrupt("ann")];
    const bob = await two.unrupt("bob");
    // A finger is held once the line is open and its claim stands: told by the first signal that arrives.
    const call = { from: "bob", to: "ann", sdp: "v=0", type: "offer", session: 1 };
    const heard = Promise.all(tabs.map((tab) => tab.next()));
    bob.socket.send(JSON.stringify(call));
    for (const text of await heard) assert.deepEqual(JSON.parse(text), call);
    tabs[0]?.socket.send(JSON.stringify({ from: "ann", to: "bob", sdp: "v=0", type: "answer", session: 1 }));
    assert.equal(JSON.parse(await bob.next()).type, "answer");
  });

  test("what is registered with one is found with the other, and a knock that waits there is answered from here", async (t) => {
    const [one, two] = await pair(t);
    const [device, client] = ["device".repeat(5), "client".repeat(5)];
    const camera = { uniqueId: "cam", room: "rooms/hall", services: [{ protocol: "camera" }] };
    assert.equal((await json(one, "POST", "/v1/servers?room.displayName=Hall", camera, device)).status, 201);
    assert.equal((await json(two, "GET", "/v1/servers/cam")).status, 200);
    // The device waits at one, the knock is made at the other, and whoever made it waits there.
    const knocks = json(one, "GET", "/v1/servers/cam/knocks?wait=30s", undefined, device);
    const sdp = (name: string) => ({
      type: name,
      sdp: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
    });
    const selector = { room: "rooms/hall", protocol: "camera" };
    const asked = { selector, knock: { offer: sdp("offer") }, wait: "30s" };
    const knocking = json(two, "POST", "/v1/knocks", asked, client);
    const [knock] = (await knocks).knocks as readonly Told[];
    const answered = await json(
      one,
      "POST",
      `/v1/${String(knock?.name)}:answer`,
      { answer: sdp("answer") },
      device,
    );
    assert.equal(answered.status, 200, JSON.stringify(answered));
    const told = await knocking;
    assert.equal(told.status, 201, JSON.stringify(told));
  });

  test("what is registered stands as long on both, though their clocks are a day apart", async (t) => {
    const config = { redis: freshUrl(), limits: { drainMs: 200 } };
    const one = await startBench(t, config);
    const two = await startBench(t, config, { wallNow: () => Date.now() + 86_400_000 });
    const three = await startBench(t, config, { wallNow: () => Date.now() - 86_400_000 });
    const token = "device".repeat(5);
    const camera = { uniqueId: "cam", services: [{ protocol: "camera" }] };
    await json(one, "POST", "/v1/servers", camera, token);
    const here = await json(one, "GET", "/v1/servers/cam");
    for (const bench of [two, three]) {
      const there = await json(bench, "GET", "/v1/servers/cam");
      assert.deepEqual([there.status, there.expireTime], [200, here.expireTime]);
    }
    // Each end of a lease is said by the clock of Redis.
    assert.equal((await json(two, "POST", "/v1/servers/cam:renew", {}, token)).status, 200);
    const renewed = await json(one, "GET", "/v1/servers/cam");
    const far = Math.abs(Date.parse(String(renewed.expireTime)) - Date.parse(String(here.expireTime)));
    assert.ok(far < 3_600_000, `${far} ms apart`);
  });

  test("a knock in the hands of a server that ends rings on from the other", async (t) => {
    const config = { redis: freshUrl(), limits: { drainMs: 200, leaseMs: 1_000 } };
    const one = await startBench(t, config);
    const two = await startBench(t, config);
    const services = [{ name: "camera", protocol: "camera" }];
    const cam = await one.native("hall", "cam", { services });
    await told(cam, "joined");
    const offer = {
      type: "offer",
      sdp: "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
    };
    const client = "client".repeat(5);
    const service = "/v1/servers/at--hall--cam/services/camera";
    const made = await json(two, "POST", `${service}/knocks`, { knock: { offer } }, client);
    assert.equal(made.status, 202, JSON.stringify(made));
    assert.equal(((await told(cam, "signal")).signal as Told).kind, "offer");
    await two.server.close();
    // Rung again, by whom it can be answered.
    const frame = await told(cam, "signal");
    const { call } = frame.signal as Told;
    const answer = (seq: number, signal: object) =>
      cam.socket.send(JSON.stringify({ type: "signal", seq, to: frame.from, signal: { call, ...signal } }));
    answer(2, { kind: "answer", sdp: offer.sdp });
    answer(3, { kind: "end-of-candidates" });
    const read = () => json(one, "GET", `/v1/${String((made.knock as Told).name)}`, undefined, client);
    let knock = await read();
    while (knock.state === "STATE_DELIVERED") knock = await read();
    assert.equal(knock.state, "STATE_ANSWERED", JSON.stringify(knock));
  });

  test("while Redis is away each says so, and lets newcomers wait; afterwards they meet", async (t) => {
    const proxy = await severable(redis.port);
    t.after(() => proxy.close());
    const url = freshUrl();
    const one = await startBench(t, { redis: url });
    const two = await startBench(t, { redis: url.replace(`:${redis.port}`, `:${proxy.port}`) });
    const ann = await one.native("hall", "ann");
    await told(ann, "joined");
    const bob = await two.native("hall", "bob");
    await told(bob, "joined");
    const cat = await two.native("hall", "cat");
    await told(cat, "joined");
    const readiness = async (bench: Bench) => (await fetch(`http://${bench.host}/readyz`)).status;
    assert.equal(await readiness(two), 200);
    proxy.cut();
    while ((await readiness(two)) !== 503) assert.equal(await readiness(one), 200);
    assert.match(two.log(), /Redis is away/);
    const late = await two.native("hall", "late");
    const no = await told(late, "refused");
    assert.deepEqual([no.code, no.retryAfterMs], ["cluster-away", 1_000]);
    bob.socket.send(
      JSON.stringify({ type: "signal", seq: 2, to: "cat", signal: { kind: "opaque", data: 1 } }),
    );
    assert.equal((await told(cat, "signal")).from, "bob");
    const rest = await json(two, "GET", "/v1/servers/none");
    assert.equal(rest.status, 503);
    assert.equal(rest.reason, "CLUSTER_AWAY");
    proxy.mend();
    while ((await readiness(two)) !== 200);
    assert.match(two.log(), /Redis is back/);
    late.socket.send(JSON.stringify({ type: "join", seq: 2, room: "hall", id: "late" }));
    await told(late, "joined");
    while (((await told(ann, "peer-joined")).member as Told).id !== "late");
    for (const bench of [one, two]) assert.doesNotMatch(bench.log(), /this is a bug/);
    // One line each way, and none from whoever noticed nothing.
    const remarks = (bench: Bench) =>
      bench
        .log()
        .trim()
        .split("\n")
        .map((line): Told => JSON.parse(line))
        .filter(({ msg }) => /^Redis is/.test(String(msg)));
    assert.deepEqual(remarks(one), []);
    const [went, came, ...more] = remarks(two);
    assert.deepEqual(
      [went?.level, went?.why, came?.level, typeof came?.awayMs, more],
      ["warn", "the connection was closed", "notice", "number", []],
    );
  });

  test("a server that ends leaves nothing behind, and the others are told of those who went nowhere else", async (t) => {
    const [one, two] = await pair(t);
    const ann = await one.native("hall", "ann");
    await told(ann, "joined");
    const bob = await two.native("hall", "bob");
    await told(bob, "joined");
    await told(ann, "peer-joined");
    await two.server.close();
    assert.equal((await told(ann, "peer-left")).reason, "drained");
    const again = await one.native("hall", "bob");
    await told(again, "joined");
    while (!(await (await fetch(`http://${one.host}/metrics`)).text()).includes("signalbox_cluster_nodes 1"));
  });
});
