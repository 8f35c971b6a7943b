// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { selfSigned } from "@signalbox/server";
import { command, openLine, serving } from "./testing/process.ts";

test("the port that was taken is printed, and serves", async (t) => {
  const { url, errors } = await serving(t);
  assert.notEqual(new URL(url).port, "0");
  assert.equal(await (await fetch(`${url}/healthz`)).text(), "ok\n");
  assert.equal(errors(), "");
});

test("flitter_webrtc runs the server with the seed's options", async (t) => {
  const alias = command(t, ["flitter_webrtc", "--host", "127.0.0.1", "--port=0", "--verbose"]);
  assert.match(await alias.line(), /^Signalbox listening on http:\/\/127\.0\.0\.1:\d+ \(data in memory\)$/);
  const refused = command(t, ["flitter_webrtc", "--self-signed"]);
  assert.deepEqual(await refused.ended, { status: 2, signal: null });
  assert.equal(refused.errors(), "flitter_webrtc: there is no option --self-signed\n");
});

test("a wrong option is one line on standard error and status 2", async (t) => {
  const wrong = command(t, ["serve", "--prot", "1"]);
  assert.deepEqual(await wrong.ended, { status: 2, signal: null });
  assert.equal(wrong.errors(), "signalbox serve: there is no option --prot; did you mean --port?\n");
  const unknown = command(t, ["srve"]);
  assert.deepEqual(await unknown.ended, { status: 2, signal: null });
  assert.equal(unknown.errors(), 'signalbox: there is no command "srve"; did you mean serve?\n');
});

test("a taken port is one line and status 1", async (t) => {
  const { url } = await serving(t);
  const { port } = new URL(url);
  const second = command(t, ["serve", "--host", "127.0.0.1", "--port", port]);
  assert.deepEqual(await second.ended, { status: 1, signal: null });
  assert.match(second.errors(), new RegExp(`^signalbox serve: port ${port} is already taken;[^\n]*\n$`));
});

test("a certificate that cannot be read is one line and status 1", async (t) => {
  const wrong = command(t, ["serve", "--port", "0", "--certificate", "/nonexistent/c.pem"]);
  assert.deepEqual(await wrong.ended, { status: 1, signal: null });
  assert.equal(
    wrong.errors(),
    "signalbox serve: cannot read the certificate /nonexistent/c.pem: there is no such file\n",
  );
});

test("the version is the package's", async (t) => {
  const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  assert.equal(await command(t, ["--version"]).line(), version);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} tells peers to come back, and ends with status 0`, async (t) => {
    const { child, url, ended, errors } = await serving(t);
    const socket = await openLine(t, url);
    const closed = once(socket, "close");
    child.kill(signal);
    assert.equal((await closed)[0].code, 1001);
    assert.deepEqual(await ended, { status: 0, signal: null });
    assert.match(errors(), /"msg":"draining"/);
  });
}

/** A line that never answers the close: it keeps a drain waiting. */
const deafLine = async (url: string) => {
  const socket = connectTcp(Number(new URL(url).port), "127.0.0.1");
  socket.write(
    "GET /websocket/?finger=deaf HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  await once(socket, "data");
  return socket;
};

test("a peer that does not close is cut after drainMs, and the status is 0", async (t) => {
  const { child, url, ended } = await serving(t, ["--limit", "drainMs=200"]);
  const socket = await deafLine(url);
  t.after(() => socket.destroy());
  child.kill("SIGTERM");
  assert.deepEqual(await ended, { status: 0, signal: null });
});

test("the same signal twice within a moment is one signal", async (t) => {
  const { child, url, ended, logged } = await serving(t, ["--limit", "drainMs=300"]);
  const socket = await deafLine(url);
  t.after(() => socket.destroy());
  child.kill("SIGTERM");
  await logged('"msg":"draining"');
  child.kill("SIGTERM");
  assert.deepEqual(await ended, { status: 0, signal: null });
});

test("a second signal later ends the server at once", { timeout: 20_000 }, async (t) => {
  const { child, url, ended } = await serving(t, ["--limit", "drainMs=600000"]);
  const socket = await deafLine(url);
  t.after(() => socket.destroy());
  child.kill("SIGTERM");
  const again = setInterval(() => child.kill("SIGTERM"), 100);
  t.after(() => clearInterval(again));
  assert.deepEqual(await ended, { status: 143, signal: null });
});

/** A self-signed pair, made by the server's own source of them. */
const pair = () => selfSigned(Date.now(), { dns: ["localhost"], ip: ["127.0.0.1"] });

const shown = async (url: string): Promise<string> => {
  const socket = connectTls({
    port: Number(new URL(url).port),
    host: "127.0.0.1",
    rejectUnauthorized: false,
  });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
};

test("SIGHUP reads the certificate again; where it is wrong the old one stays and one line says so", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
  t.after(() => rm(folder, { recursive: true }));
  const certificate = join(folder, "c.pem");
  const key = join(folder, "k.pem");
  const write = async ({ certificate: c, key: k }: { certificate: string; key: string }) => {
    await writeFile(certificate, c);
    await writeFile(key, k);
  };
  await write(await pair());
  const { child, url, logged, errors } = await serving(t, ["--certificate", certificate, "--key", key]);
  const first = await shown(url);
  await write(await pair());
  child.kill("SIGHUP");
  await logged("the certificate was read again");
  const second = await shown(url);
  assert.notEqual(second, first);
  await writeFile(certificate, (await pair()).certificate);
  child.kill("SIGHUP");
  await logged("the certificate stays as it was");
  assert.match(errors(), /"level":"warn".*does not belong to the certificate/);
  assert.equal(await shown(url), second);
});

test("SIGHUP without a certificate is a line in the log and nothing else", async (t) => {
  const { child, url, logged } = await serving(t);
  child.kill("SIGHUP");
  await logged("the certificate stays as it was");
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});

test("with a certificate of its own the start says what the browser will say", async (t) => {
  const started = command(t, ["serve", "--host", "127.0.0.1", "--port", "0", "--self-signed"]);
  assert.match(await started.line(), /^Signalbox listening on https:/);
  assert.match(await started.line(), /a browser will warn once/);
});

test("a bug ends the process with status 1 and a line in the log", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
  t.after(() => rm(folder, { recursive: true }));
  const bug = join(folder, "bug.mjs");
  await writeFile(bug, 'process.on("SIGUSR2", () => { throw new Error("a bug of the test"); });');
  const { child, ended, errors } = await serving(t, [], { NODE_OPTIONS: `--import ${bug}` });
  child.kill("SIGUSR2");
  assert.deepEqual(await ended, { status: 1, signal: null });
  assert.match(errors(), /"level":"fatal".*a bug of the test/);
});

const asRoot = process.getuid?.() === 0;

test("privileges drop after the port is bound", {
  skip: asRoot ? false : "only root can become somebody else",
}, async (t) => {
  const { child, url } = await serving(t, ["--user", "nobody"]);
  const status = await readFile(`/proc/${child.pid}/status`, "utf8");
  const uid = execFileSync("id", ["-u", "nobody"], { encoding: "utf8" }).trim();
  const gid = execFileSync("id", ["-g", "nobody"], { encoding: "utf8" }).trim();
  assert.match(status, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, "m"));
  assert.match(status, new RegExp(`^Gid:\\t${gid}\\t${gid}\\t${gid}\\t${gid}$`, "m"));
  assert.match(status, new RegExp(`^Groups:\\t${gid} $`, "m"));
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});

test("the data folder belongs to whom the server becomes, who can go on with it alone", {
  skip: asRoot ? false : "only root can become somebody else",
}, async (t) => {
  const parent = await mkdtemp(join(tmpdir(), "signalbox-"));
  t.after(() => rm(parent, { recursive: true }));
  await chmod(parent, 0o755);
  const folder = join(parent, "data");
  const { child, url, ended } = await serving(t, ["--user", "nobody", "--data", folder]);
  const body = JSON.stringify({ uniqueId: "hall" });
  const authorization = "Bearer a-token-of-at-least-128-random-bits";
  const made = await fetch(`${url}/v1/rooms`, { method: "POST", headers: { authorization }, body });
  assert.equal(made.status, 201);
  const uid = Number(execFileSync("id", ["-u", "nobody"], { encoding: "utf8" }));
  for (const name of [".", ...(await readdir(folder))])
    assert.equal((await stat(join(folder, name))).uid, uid, name);
  assert.equal((await stat(join(folder, "signalbox.db"))).mode & 0o077, 0, "nobody else reads it");
  child.kill("SIGTERM");
  assert.deepEqual(await ended, { status: 0, signal: null });
  const again = await serving(t, ["--user", "nobody", "--data", folder]);
  assert.equal((await fetch(`${again.url}/v1/rooms/hall`)).status, 200);
});

test("a data folder that others use too stays whose it is, and links in it are not followed", {
  skip: asRoot ? false : "only root can become somebody else",
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
  t.after(() => rm(folder, { recursive: true }));
  await chmod(folder, 0o755);
  await writeFile(join(folder, "elsewhere"), "");
  await symlink(join(folder, "elsewhere"), join(folder, "lan-key.pem"));
  await serving(t, ["--user", "nobody", "--data", folder]);
  assert.deepEqual([(await stat(folder)).uid, (await stat(join(folder, "elsewhere"))).uid], [0, 0]);
});

test("an unknown user or group is one line and status 1", {
  skip: asRoot ? false : "only root may ask for one",
}, async (t) => {
  for (const [args, expected] of [
    [["--user", "no-such-user"], 'signalbox serve: there is no user "no-such-user"\n'],
    [["--group", "no-such-group"], 'signalbox serve: there is no group "no-such-group"\n'],
  ] as const) {
    const wrong = command(t, ["serve", "--host", "127.0.0.1", "--port", "0", ...args]);
    assert.deepEqual(await wrong.ended, { status: 1, signal: null });
    assert.equal(wrong.errors(), expected);
  }
});

test("a key that the new user may not read is kept, and SIGHUP says so", {
  skip: asRoot ? false : "only root can become somebody else",
}, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
  t.after(() => rm(folder, { recursive: true }));
  const { certificate, key } = await pair();
  const file = join(folder, "both.pem");
  await writeFile(file, key + certificate, { mode: 0o600 });
  await chmod(folder, 0o755);
  const { child, url, logged } = await serving(t, ["--certificate", file, "--user", "nobody"]);
  child.kill("SIGHUP");
  await logged("this user may not read it");
  assert.ok(await shown(url));
});
