// SPDX-License-Identifier: MIT
/** What was acknowledged is there after SIGKILL; what is over leaves no trace. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { connect, type Peer } from "@signalbox/client";
import { handClock } from "@signalbox/core/testing";
import { answer, ask, camera, clientToken, deviceToken, offer, startBox } from "./bench.ts";

const main = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url));

const dataFolder = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-data-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
};

interface Process {
  readonly child: ChildProcess;
  readonly url: string;
  readonly firstLine: string;
}

const serving = async (t: TestContext, folder: string): Promise<Process> => {
  const child = spawn(
    process.execPath,
    ["--conditions=@signalbox/source", main, "serve", "--host", "127.0.0.1", "--port", "0", "--data", folder],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  t.after(() => child.kill("SIGKILL"));
  const { value } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  const firstLine = value ?? "";
  const url = /listening on (\S+)/.exec(firstLine)?.[1];
  if (url === undefined) throw new Error("it does not say where it listens");
  return { child, url, firstLine };
};

/** What the server said it has. */
interface Acknowledged {
  readonly servers: Set<string>;
  readonly knocks: Set<string>;
  readonly answers: Set<string>;
}

/** A device that registers, is knocked at and answers, again and again, until the server is gone. */
const life = async (server: Process, who: string, told: Acknowledged, acknowledged: () => void) => {
  for (let round = 0; ; round += 1) {
    const id = `${who}-${round}`;
    const made = await ask(
      server,
      "POST",
      "/v1/servers",
      { ...camera, uniqueId: id, ttl: "3600s" },
      deviceToken,
    );
    assert.equal(made.status, 201);
    told.servers.add(id);
    acknowledged();
    const body = { knock: { offer, ttl: "600s" } };
    const knock = await ask(server, "POST", `/v1/servers/${id}/services/camera/knocks`, body, clientToken);
    assert.equal(knock.status, 202);
    const { name } = knock.json.knock;
    told.knocks.add(name);
    acknowledged();
    if (round % 2 === 0) continue;
    const answered = await ask(server, "POST", `/v1/${name}:answer`, { answer }, deviceToken);
    assert.equal(answered.status, 200);
    told.answers.add(name);
    acknowledged();
  }
};

describe("a server that is killed", { timeout: 120_000 }, () => {
  for (let run = 1; run <= 4; run += 1) {
    const moment = randomInt(1, 120);
    test(`at acknowledgement ${moment} still has all of them when it is back`, async (t) => {
      const folder = await dataFolder(t);
      const server = await serving(t, folder);
      assert.match(server.firstLine, new RegExp(`\\(data in ${folder}\\)$`));
      const told: Acknowledged = { servers: new Set(), knocks: new Set(), answers: new Set() };
      let count = 0;
      const acknowledged = () => {
        count += 1;
        if (count === moment) server.child.kill("SIGKILL");
      };
      const lives = ["a", "b", "c", "d"].map((who) => life(server, who, told, acknowledged));
      await Promise.allSettled([...lives, once(server.child, "exit")]);
      assert.ok(count >= moment);

      const back = await serving(t, folder);
      for (const id of told.servers) {
        assert.equal((await ask(back, "GET", `/v1/servers/${id}`)).status, 200, id);
      }
      for (const name of told.knocks) {
        const { status, json } = await ask(back, "GET", `/v1/${name}`, undefined, clientToken);
        assert.equal(status, 200, name);
        assert.deepEqual(json.offer, offer);
        if (told.answers.has(name)) assert.deepEqual(json.answer, answer);
      }
      const open = [...told.knocks].find((name) => !told.answers.has(name));
      if (open === undefined) return;
      const device = open.split("/").slice(0, 2).join("/");
      const { json } = await ask(back, "GET", `/v1/${device}/knocks`, undefined, deviceToken);
      assert.equal(json.knocks[0].name, open, "a pending knock is handed out");
      assert.equal((await ask(back, "POST", `/v1/${open}:answer`, { answer }, deviceToken)).status, 200);
    });
  }

  test("while a request with an id waits made one knock, also when it is sent again", async (t) => {
    const folder = await dataFolder(t);
    const server = await serving(t, folder);
    await ask(server, "POST", "/v1/servers", { ...camera, ttl: "3600s" }, deviceToken);
    const path = "/v1/servers/cam/services/camera/knocks";
    const body = { knock: { offer, ttl: "600s" }, wait: "50s", requestId: "k-1" };
    const lost = ask(server, "POST", path, body, clientToken);
    const handed = await ask(server, "GET", "/v1/servers/cam/knocks?wait=50s", undefined, deviceToken);
    server.child.kill("SIGKILL");
    await assert.rejects(lost);
    const back = await serving(t, folder);
    const [{ name }] = handed.json.knocks;
    const again = ask(back, "POST", path, body, clientToken);
    const { json } = await ask(back, "GET", "/v1/servers/cam/knocks", undefined, deviceToken);
    assert.deepEqual(
      json.knocks.map((one: { readonly name: string }) => one.name),
      [name],
    );
    await ask(back, "POST", `/v1/${name}:answer`, { answer }, deviceToken);
    // It waits as the first one did, for the same knock.
    const told = await again;
    assert.deepEqual([told.status, told.json.knock.name, told.json.knock.answer], [201, name, answer]);
  });

  test("has registered servers in their rooms again, for peers on lines to see", async (t) => {
    const folder = await dataFolder(t);
    const server = await serving(t, folder);
    const device = { ...camera, room: "rooms/hall", ttl: "3600s" };
    const path = "/v1/servers?room.displayName=Hall";
    assert.equal((await ask(server, "POST", path, device, deviceToken)).status, 201);
    server.child.kill("SIGKILL");
    await once(server.child, "exit");
    const back = await serving(t, folder);
    const room = await connect({ url: back.url.replace("http", "ws"), room: "hall", id: "ann", media: [] });
    t.after(room.session.close);
    const cam =
      room.peers.get("cam") ??
      (await new Promise<Peer>((resolve) => {
        room.on("peer-joined", resolve);
      }));
    assert.deepEqual([cam.id, cam.protocol, cam.services[0]?.name], ["cam", "peernet", "camera"]);
  });

  test("and a second one on its folder: one clear line, status 1", async (t) => {
    const folder = await dataFolder(t);
    const server = await serving(t, folder);
    const second = spawn(
      process.execPath,
      ["--conditions=@signalbox/source", main, "serve", "--port", "0", "--data", folder],
      { stdio: ["ignore", "ignore", "pipe"] },
    );
    let errors = "";
    second.stderr.setEncoding("utf8").on("data", (text: string) => {
      errors += text;
    });
    assert.deepEqual(await once(second, "close"), [1, null]);
    assert.equal(errors, `signalbox serve: the data folder ${folder} is in use by another server\n`);
    assert.equal((await ask(server, "GET", "/v1/servers")).status, 200);
  });
});

test("a lease that ended while no server ran is over when one is back", async (t) => {
  const folder = await dataFolder(t);
  const clock = handClock(1_700_000_000_000);
  const world = { clock, wallNow: clock.now };
  const first = await startBox(t, { data: folder }, world);
  await ask(first, "POST", "/v1/servers", { ...camera, ttl: "60s" }, deviceToken);
  await ask(first, "POST", "/v1/servers", { ...camera, uniqueId: "long", ttl: "3600s" }, deviceToken);
  first.cut();
  await first.close();
  clock.advance(61_000);
  const second = await startBox(t, { data: folder }, world);
  assert.equal((await ask(second, "GET", "/v1/servers/cam")).status, 404);
  const { json } = await ask(second, "GET", "/v1/servers");
  assert.deepEqual(
    json.servers.map((one: { uniqueId: string }) => one.uniqueId),
    ["long"],
  );
  clock.advance(3_600_000);
  assert.equal((await ask(second, "GET", "/v1/servers/long")).status, 404);
});

/** Does any file of the folder hold this text? */
const holds = async (folder: string, text: string): Promise<boolean> => {
  for (const name of await readdir(folder)) {
    if ((await readFile(join(folder, name))).includes(text)) return true;
  }
  return false;
};

test("once a call is over nothing of it is left on the disk, and tokens never are", async (t) => {
  const folder = await dataFolder(t);
  const clock = handClock(1_700_000_000_000);
  const box = await startBox(t, { data: folder }, { clock, wallNow: clock.now });
  await ask(box, "POST", "/v1/servers", { ...camera, ttl: "3600s" }, deviceToken);
  const marks = ["a=ice-ufrag:offr", "a=ice-ufrag:answ", "192.0.2.77"];
  for (let count = 0; count < 20; count += 1) {
    const iceCandidates = [{ candidate: `candidate:1 1 udp 1 192.0.2.77 ${count} typ host` }];
    const { json } = await ask(
      box,
      "POST",
      "/v1/servers/cam/services/camera/knocks",
      { knock: { offer, iceCandidates }, requestId: `r${count}` },
      clientToken,
    );
    if (count % 2 === 0) await ask(box, "POST", `/v1/${json.knock.name}:answer`, { answer }, deviceToken);
    else await ask(box, "DELETE", `/v1/${json.knock.name}`, undefined, clientToken);
  }
  for (const mark of marks) assert.ok(await holds(folder, mark), `${mark} is there while the calls are`);
  for (const token of [deviceToken, clientToken]) assert.ok(!(await holds(folder, token)));
  // They can still be read for half a minute; then the next sweep removes them, and wipes.
  clock.advance(31_000);
  const left = async () => (await Promise.all(marks.map((mark) => holds(folder, mark)))).includes(true);
  while (await left()) clock.advance(5_000);
  assert.equal((await ask(box, "GET", "/v1/servers/cam")).status, 200, "what goes on is there");
});
