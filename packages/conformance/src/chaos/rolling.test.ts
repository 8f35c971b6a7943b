// SPDX-License-Identifier: MIT
/** The example of docs/cluster.md: three nodes behind HAProxy, each restarted in turn while everybody goes on calling. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as passing } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort, startRedis } from "@signalbox/backplane/testing";
import { atRest, violations, waiting } from "./history.ts";
import { serverNode } from "./nodes.ts";
import { chaosPeer } from "./peer.ts";

const configuration = fileURLToPath(new URL("../../../../examples/cluster/haproxy.cfg", import.meta.url));

test("a rolling restart behind HAProxy loses no signal and no session", { timeout: 120_000 }, async (t) => {
  const redis = await startRedis();
  const [entrance, ...ports] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const options = ["--quiet", "--trust-proxy", "127.0.0.1", "--limit", "drainMs=5000"];
  const nodes = await Promise.all(ports.map((port) => serverNode(redis.port, options, port)));
  const [one, two, three] = ports.map((port) => `127.0.0.1:${port}`);
  const proxy = spawn("haproxy", ["-db", "-f", configuration], {
    env: {
      PATH: `${process.env.PATH}:/usr/sbin`,
      PUBLIC: `127.0.0.1:${entrance}`,
      NODE_ONE: one,
      NODE_TWO: two,
      NODE_THREE: three,
    },
    stdio: "ignore",
  });
  const url = `http://127.0.0.1:${entrance}`;
  const peers = ["ann", "bob", "cat", "dan", "eve", "fay"].map((id) => chaosPeer(id, () => url));
  let turn = 0;
  const calling = setInterval(() => {
    turn += 1;
    for (const peer of peers) peer.signal(turn);
  }, 20);
  t.after(async () => {
    clearInterval(calling);
    for (const peer of peers) peer.stop();
    for (const node of nodes) await node.stop();
    proxy.kill("SIGKILL");
    if (proxy.exitCode === null && proxy.signalCode === null) await once(proxy, "exit");
    await redis.stop();
  });
  const settle = async () => {
    while (!atRest(peers)) await passing(10);
  };
  const heard = () =>
    peers.flatMap(({ history }) => history.sent).filter(({ fate }) => fate === "sent").length;
  await settle();
  for (const node of nodes) {
    await node.end();
    await settle();
    await node.start();
    const before = heard();
    while (heard() < before + 60) await passing(10);
  }
  clearInterval(calling);
  const histories = peers.map(({ history }) => history);
  while (waiting(histories)) await passing(10);
  assert.deepEqual(violations(histories), []);
  assert.deepEqual(
    histories.map(({ stays }) => stays.map(({ gaps, over }) => [gaps, over])),
    peers.map(() => [[0, false]]),
    "somebody was told of a gap, or had to join anew",
  );
});
