// SPDX-License-Identifier: MIT
/** `signalbox nodes` on a real Redis with real servers. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, type TestContext, test } from "node:test";
import { startRedis } from "@signalbox/backplane/testing";
import { nodeJson, nodesTable, readNodesRequest } from "./nodes.ts";
import { command, serving } from "./testing/process.ts";

const redis = await startRedis();
const locked = await startRedis(["--requirepass", "open sesame"]);
after(async () => {
  await redis.stop();
  await locked.stop();
});

let serial = 0;
const freshUrl = (): string => {
  serial += 1;
  return `${redis.url}?prefix=n${serial}:`;
};

type Shown = { readonly [name: string]: unknown };

const shown = async (t: TestContext, url: string): Promise<readonly Shown[]> => {
  const asked = command(t, ["nodes", "--json"], { SIGNALBOX_REDIS: url });
  let text = "";
  asked.child.stdout?.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  assert.deepEqual(await asked.ended, { status: 0, signal: null });
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
};

/** Asks until the answer is like this. */
const until = async (t: TestContext, url: string, holds: (rows: readonly Shown[]) => boolean) => {
  for (;;) {
    const rows = await shown(t, url);
    if (holds(rows)) return rows;
  }
};

const joined = async (t: TestContext, url: string, id: string): Promise<void> => {
  const socket = new WebSocket(url.replace(/^http/, "ws"), ["signalbox.v1"]);
  t.after(() => socket.close());
  await once(socket, "open");
  const told = new Promise<void>((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      if (JSON.parse(String(data)).type === "joined") resolve();
    });
  });
  socket.send(JSON.stringify({ type: "join", seq: 1, room: "hall", id }));
  await told;
};

describe("signalbox nodes", () => {
  test("shows each server with its lease and what it holds, through drain and loss", async (t) => {
    const url = freshUrl();
    const options = ["--limit", "leaseMs=1000", "--limit", "drainMs=60000"];
    const one = await serving(t, options, { SIGNALBOX_REDIS: url });
    const two = await serving(t, options, { SIGNALBOX_REDIS: url });
    await joined(t, one.url, "ann");
    await joined(t, one.url, "bob");
    const rows = await until(t, url, ([first]) => first?.sessions === 2);
    assert.deepEqual(
      rows.map(({ state, host, pid, rooms, members, sessions, lines }) => [
        state,
        host,
        pid,
        rooms,
        members,
        sessions,
        lines,
      ]),
      [
        ["open", hostname(), one.child.pid, 1, 2, 2, 2],
        ["open", hostname(), two.child.pid, 0, 0, 0, 0],
      ],
    );
    const [first] = rows;
    assert.ok(Number(first?.leaseLeftMs) > 0 && Number(first?.leaseLeftMs) <= 1_000);
    assert.equal(typeof first?.busMs, "number");
    one.child.kill("SIGTERM");
    await until(t, url, ([row]) => row?.state === "draining" && row.lines === 0 && row.sessions === 2);
    // Nobody is left to sweep what the second one leaves.
    two.child.kill("SIGSTOP");
    one.child.kill("SIGKILL");
    const lost = await until(t, url, (all) => all.every(({ state }) => state === "lost"));
    assert.deepEqual(
      lost.map(({ pid, roomsToSweep }) => [pid, roomsToSweep]),
      [
        [one.child.pid, 1],
        [two.child.pid, 0],
      ],
    );
    two.child.kill("SIGCONT");
    const rest = await until(t, url, ([row, ...more]) => row?.state === "open" && more.length === 0);
    assert.equal(rest[0]?.pid, two.child.pid);
  });

  test("is a table for people, and one sentence where there is nobody", async (t) => {
    const url = freshUrl();
    const nobody = command(t, ["nodes", "--redis", url]);
    assert.deepEqual(await nobody.ended, { status: 0, signal: null });
    assert.equal(nobody.errors(), "signalbox nodes: no server has a lease there\n");
    const server = await serving(t, [], { SIGNALBOX_REDIS: url });
    const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
    t.after(() => rm(folder, { recursive: true }));
    const file = join(folder, "box.yaml");
    await writeFile(file, JSON.stringify({ redis: url }));
    const asked = command(t, ["nodes", "--config", file]);
    assert.equal(
      (await asked.line()).replace(/ +/g, " "),
      "NODE HOST STATE LEASE ROOMS MEMBERS SESSIONS BUS VERSION STARTED EPOCH",
    );
    assert.match(
      await asked.line(),
      new RegExp(
        `^\\S{16} +${hostname()} \\(${server.child.pid}\\) +open +\\d+\\.\\d s left +0 +0 +0 +\\d+ ms +0\\.1\\.0 +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ +\\S{16}$`,
      ),
    );
  });

  const refused = async (
    t: TestContext,
    args: readonly string[],
    environment: { readonly [name: string]: string },
    status: number,
    sentence: string | RegExp,
  ) => {
    const asked = command(t, ["nodes", ...args], environment);
    assert.deepEqual(await asked.ended, { status, signal: null });
    const [, told = ""] = /^signalbox nodes: ([^\n]*)\n$/.exec(asked.errors()) ?? [];
    if (typeof sentence === "string") assert.equal(told, sentence);
    else assert.match(told, sentence);
  };

  test("tells in one line why a Redis cannot be used", async (t) => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    server.close();
    const nobody = `Redis at 127.0.0.1:${port} cannot be reached: the connection was refused`;
    await refused(t, ["--redis", `redis://127.0.0.1:${port}`], {}, 1, nobody);
    const guessed = `redis://:guess@127.0.0.1:${locked.port}`;
    await refused(t, [], { SIGNALBOX_REDIS: guessed }, 1, /: the password was not accepted$/);
  });

  test("tells in one line what makes no sense in its command line, and shows no password", async (t) => {
    const form = /^(--redis|SIGNALBOX_REDIS): must be redis:\/\/\[\[USER\]:PASSWORD@\]HOST/;
    await refused(t, ["--redis", "http://:hush@redis.example"], {}, 2, form);
    for (const [args, environment, sentence] of [
      [[], { SIGNALBOX_REDIS: "redis://:hush@" }, form],
      // What a server would be told is nothing to it.
      [[], { SIGNALBOX_PORT: "no port" }, /^say which Redis: --redis, SIGNALBOX_REDIS, or redis/],
      [["--jsn"], {}, /--jsn/],
      [["hall"], {}, /hall/],
      [["--config", "/nowhere/at/all"], {}, /^cannot read the config file/],
    ] as const) {
      const request = await readNodesRequest(args, environment);
      assert.ok(typeof request === "object" && "problem" in request);
      assert.match(request.problem, sentence);
    }
    assert.equal(await readNodesRequest(["--help"], {}), "help");
  });
});

test("a lease whose node says nothing that this version knows is shown all the same", () => {
  const lease = { node: "n", epoch: "e", leftMs: 900, roomsToSweep: undefined, status: undefined };
  assert.match(nodesTable([lease]), /^n +- +unknown +0\.9 s left +- +- +- +- +- +- +e$/m);
  assert.deepEqual(JSON.parse(nodeJson(lease)), {
    node: "n",
    epoch: "e",
    state: "unknown",
    leaseLeftMs: 900,
  });
  const ended = { ...lease, leftMs: undefined, roomsToSweep: 1 };
  assert.match(nodesTable([ended]), /^n +- +ended +ended +1 to sweep/m);
});
