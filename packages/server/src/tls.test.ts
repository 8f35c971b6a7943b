// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { get } from "node:https";
import { connect as connectTcp, type Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { readCredentials } from "./certificate.ts";
import { startServer } from "./compose.ts";
import { selfSigned } from "./self-signed.ts";
import { folderOf, startBench } from "./testing/bench.ts";

const names = { dns: ["localhost", "box.example"], ip: ["127.0.0.1", "::1"] };
const fresh = () => selfSigned(Date.now(), names);

const files = async (t: TestContext) => {
  const { certificate, key } = await fresh();
  const folder = await folderOf(t, {
    "c.pem": certificate,
    "k.pem": key,
    "both.pem": `${key}${certificate}`,
  });
  return {
    folder,
    certificate: join(folder, "c.pem"),
    key: join(folder, "k.pem"),
    both: join(folder, "both.pem"),
  };
};

/** Its end, in whichever way: a socket that was reset tells of an error before it closes. */
const gone = (socket: Socket): Promise<void> => {
  socket.on("error", () => {});
  return new Promise((resolve) => socket.on("close", () => resolve()));
};

/** What the server at this port shows of itself. */
const shown = async (port: number): Promise<string> => {
  const socket: TLSSocket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
};

const fingerprint = (pem: string): string => new X509Certificate(pem).fingerprint256;

test("a certificate of its own names every name and address, and a client that is given it believes it", async (t) => {
  const { certificate, key } = await selfSigned(Date.now(), names);
  const parsed = new X509Certificate(certificate);
  assert.equal(parsed.checkHost("box.example"), "box.example");
  assert.equal(parsed.checkIP("127.0.0.1"), "127.0.0.1");
  assert.ok(parsed.checkIP("::1"));
  assert.equal(parsed.checkPrivateKey(createPrivateKey(key)), true);
  const folder = await folderOf(t, { "c.pem": certificate, "k.pem": key });
  const { server } = await startBench(t, {
    tls: { certificate: join(folder, "c.pem"), key: join(folder, "k.pem") },
  });
  const request = get({ host: "127.0.0.1", port: server.port, path: "/healthz", ca: certificate });
  const [response] = await once(request, "response");
  response.resume();
  assert.equal(response.statusCode, 200);
});

test("with a certificate of its own the server speaks https and wss", async (t) => {
  const bench = await startBench(t, { tls: "self-signed" });
  assert.match(bench.server.url, /^https:/);
  const native = await bench.native("hall", "nat");
  assert.equal(JSON.parse(await native.next()).type, "welcome");
});

test("the key may stand in the certificate file", async (t) => {
  const { both } = await files(t);
  const bench = await startBench(t, { tls: { certificate: both } });
  assert.match(bench.server.url, /^https:/);
});

test("each way in which certificate and key can be wrong is one sentence", async (t) => {
  const { folder, certificate, key } = await files(t);
  const other = join(folder, "other.pem");
  await writeFile(other, (await fresh()).key);
  const garbage = join(folder, "garbage.pem");
  await writeFile(garbage, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  const table = [
    [
      { certificate: join(folder, "none.pem") },
      /^cannot read the certificate .*none\.pem: there is no such file$/,
    ],
    [{ certificate: folder }, /: it is a directory$/],
    [
      { certificate, key: join(folder, "none.pem") },
      /^cannot read the key .*none\.pem: there is no such file$/,
    ],
    [{ certificate: key, key }, /^there is no PEM certificate in /],
    [{ certificate }, /^there is no PEM private key in .*; name its file with --key$/],
    [{ certificate, key: other }, /^the key in .*other\.pem does not belong to the certificate in .*c\.pem$/],
    [{ certificate: garbage, key }, /^the certificate in .*garbage\.pem cannot be read$/],
  ] as const;
  for (const [given, expected] of table) {
    await assert.rejects(
      readCredentials(given),
      (error: Error) => error.name === "StartFailure" && expected.test(error.message),
    );
  }
});

test("a renewed certificate is shown to newcomers, and nobody is dropped", async (t) => {
  const paths = await files(t);
  const bench = await startBench(t, { tls: { certificate: paths.certificate, key: paths.key } });
  const unrupt = await bench.unrupt("stays");
  const before = await shown(bench.server.port);
  const { certificate, key } = await fresh();
  await writeFile(paths.certificate, certificate);
  await writeFile(paths.key, key);
  await bench.server.renewCertificate();
  const after = await shown(bench.server.port);
  assert.notEqual(after, before);
  assert.equal(after, fingerprint(certificate));
  unrupt.socket.send('{"to":"stays"}');
  assert.equal(await unrupt.next(), '{"to":"stays"}');
});

test("where the renewed certificate is wrong the old one stays", async (t) => {
  const paths = await files(t);
  const bench = await startBench(t, { tls: { certificate: paths.certificate, key: paths.key } });
  const before = await shown(bench.server.port);
  await writeFile(paths.certificate, (await fresh()).certificate);
  await assert.rejects(bench.server.renewCertificate(), /does not belong to the certificate/);
  assert.equal(await shown(bench.server.port), before);
});

test("a connection that never begins its TLS handshake is dropped", { timeout: 10_000 }, async (t) => {
  const { server } = await startBench(t, { tls: "self-signed", limits: { handshakeMs: 100 } });
  const socket = connectTcp(server.port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.resume();
  await gone(socket);
});

test("unfinished connections are bounded under TLS too", async (t) => {
  const { server } = await startBench(t, { tls: "self-signed", limits: { connectionsPerAddress: 1 } });
  const first = connectTcp(server.port, "127.0.0.1");
  await once(first, "connect");
  t.after(() => first.destroy());
  const second = connectTcp(server.port, "127.0.0.1");
  second.resume();
  await gone(second);
  first.destroy();
  for (;;) {
    if (await shown(server.port).catch(() => undefined)) break;
  }
});

test("a taken port is one sentence", async (t) => {
  const { server } = await startBench(t);
  await assert.rejects(startServer({ host: "127.0.0.1", port: server.port }), {
    name: "StartFailure",
    message: `port ${server.port} is already taken; choose another one with --port, or 0 for any`,
  });
});
