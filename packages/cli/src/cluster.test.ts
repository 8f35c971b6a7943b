// SPDX-License-Identifier: MIT
/** Starts and ends of servers whose Redis is gone, or says nothing. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { type RedisProcess, startRedis } from "@signalbox/backplane/testing";
import { command, serving } from "./testing/process.ts";

const redisFor = async (t: TestContext): Promise<RedisProcess> => {
  const redis = await startRedis();
  t.after(() => redis.stop());
  return redis;
};

/** A server with a peer that another node could take over. */
const withPeer = async (t: TestContext, redis: RedisProcess, drainMs: number) => {
  const server = await serving(t, ["--limit", `drainMs=${drainMs}`], { SIGNALBOX_REDIS: redis.url });
  const socket = new WebSocket(server.url.replace(/^http/, "ws"), ["signalbox.v1"]);
  t.after(() => socket.close());
  await once(socket, "open");
  const joined = new Promise<void>((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      if (JSON.parse(String(data)).type === "joined") resolve();
    });
  });
  socket.send(JSON.stringify({ type: "join", seq: 1, room: "hall", id: "ann" }));
  await joined;
  return server;
};

/** What the log says of the end, beside that it came. */
const remarks = (errors: string) =>
  errors
    .trim()
    .split("\n")
    .map((line): { readonly msg: string; readonly sessions?: number } => JSON.parse(line))
    .filter(({ msg }) => /without Redis|sessions ended/.test(msg));
const endedAlone =
  "ended without Redis: the lease of this node runs out by itself, and other nodes could take nothing over";

test("SIGTERM where Redis is gone ends the server with status 0, and it says what became of its sessions", {
  timeout: 20_000,
}, async (t) => {
  const redis = await redisFor(t);
  const { child, ended, errors, logged } = await withPeer(t, redis, 500);
  await redis.kill();
  await logged("Redis is away");
  child.kill("SIGTERM");
  assert.deepEqual(await ended, { status: 0, signal: null });
  assert.deepEqual(
    remarks(errors()).map(({ msg, sessions }) => [msg, sessions]),
    [[endedAlone, 1]],
  );
});

test("SIGTERM where Redis says nothing ends the server with status 0 all the same", {
  timeout: 20_000,
}, async (t) => {
  const redis = await redisFor(t);
  const { child, ended, errors } = await withPeer(t, redis, 500);
  process.kill(redis.pid, "SIGSTOP");
  child.kill("SIGTERM");
  assert.deepEqual(await ended, { status: 0, signal: null });
  assert.deepEqual(
    remarks(errors()).map(({ msg, sessions }) => [msg, sessions]),
    [[endedAlone, 1]],
  );
});

test("sessions that no other node asked for while the server drained are counted in one line", async (t) => {
  const { child, ended, errors } = await withPeer(t, await redisFor(t), 200);
  child.kill("SIGTERM");
  assert.deepEqual(await ended, { status: 0, signal: null });
  assert.deepEqual(
    remarks(errors()).map(({ msg, sessions }) => [msg, sessions]),
    [["sessions ended that no other node asked for in time", 1]],
  );
});

test("a second signal ends it at once, also where Redis says nothing", { timeout: 20_000 }, async (t) => {
  const redis = await redisFor(t);
  const { child, ended, logged } = await withPeer(t, redis, 600_000);
  process.kill(redis.pid, "SIGSTOP");
  child.kill("SIGTERM");
  await logged('"msg":"draining"');
  const again = setInterval(() => child.kill("SIGTERM"), 100);
  t.after(() => clearInterval(again));
  assert.deepEqual(await ended, { status: 143, signal: null });
});

test("a Redis that says nothing at the start is one line and status 1", { timeout: 20_000 }, async (t) => {
  const redis = await redisFor(t);
  process.kill(redis.pid, "SIGSTOP");
  const { ended, errors } = command(t, ["serve", "--port", "0"], { SIGNALBOX_REDIS: redis.url });
  assert.deepEqual(await ended, { status: 1, signal: null });
  assert.equal(
    errors(),
    `signalbox serve: Redis at 127.0.0.1:${redis.port} cannot be reached: it does not answer\n`,
  );
});
