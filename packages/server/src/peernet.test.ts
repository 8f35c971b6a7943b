// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { startServer } from "./compose.ts";
import { folderOf, startBench } from "./testing/bench.ts";

const quiet = { host: "127.0.0.1", port: 0, level: "silent" } as const;

test("over TLS both versions of HTTP are had by ALPN, and wss beside them", async (t) => {
  const bench = await startBench(t, { tls: "self-signed" });
  const session = connectHttp2(bench.server.url.replace("localhost", "127.0.0.1"), {
    rejectUnauthorized: false,
  });
  t.after(() => session.destroy());
  const request = session.request({ ":path": "/v1/rooms" });
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  assert.deepEqual(JSON.parse(body), { nextPageToken: "" });
  const offered = async (protocols: readonly string[]) => {
    const socket = connectTls({
      port: bench.server.port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      ALPNProtocols: [...protocols],
    });
    await new Promise<void>((resolve) => socket.once("secureConnect", () => resolve()));
    const { alpnProtocol } = socket;
    socket.destroy();
    return alpnProtocol;
  };
  assert.equal(await offered(["http/1.1"]), "http/1.1");
  assert.equal(await offered(["h2", "http/1.1"]), "h2");
  const native = await bench.native("hall", "nat");
  assert.equal(JSON.parse(await native.next()).type, "welcome");
});

test("types that cannot be read, or are none, are one sentence", async (t) => {
  const folder = await folderOf(t, { "types.binpb": 'syntax = "proto3";' });
  await assert.rejects(startServer({ ...quiet, types: join(folder, "none.binpb") }), {
    name: "StartFailure",
    message: `cannot read the types ${join(folder, "none.binpb")}: there is no such file`,
  });
  const types = join(folder, "types.binpb");
  await assert.rejects(startServer({ ...quiet, types }), {
    name: "StartFailure",
    message: `the types in ${types} are not a descriptor set, as buf build writes it`,
  });
});

test("a data folder that cannot be one is one sentence", async (t) => {
  const folder = await folderOf(t, { file: "" });
  await assert.rejects(startServer({ ...quiet, data: join(folder, "file") }), {
    name: "StartFailure",
    message: /^the data folder .*file cannot be used: /,
  });
});

test("a folder is free again once its server has ended, or could not begin", async (t) => {
  const data = await folderOf(t, {});
  const { server } = await startBench(t, { data });
  const taken = server.port;
  await assert.rejects(startServer({ ...quiet, data }), /is in use by another server$/);
  await server.close();
  const other = await startBench(t, {});
  assert.notEqual(other.server.port, taken);
  await assert.rejects(startServer({ ...quiet, port: other.server.port, data }), /already taken/);
  await startBench(t, { data });
});

test("registered servers are in their rooms also where a secret is asked for, and nothing of that is logged", async (t) => {
  const secret = "a-secret-of-the-operator";
  const bench = await startBench(t, { secret });
  const post = (path: string, token: string, body: object) =>
    fetch(`http://${bench.host}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "x-signalbox-secret": secret },
      body: JSON.stringify(body),
    });
  const device = { uniqueId: "cam", room: "rooms/hall", services: [{ protocol: "camera" }] };
  const made = await post("/v1/servers?room.displayName=Hall", "device-token-of-at-least-128-bits", device);
  assert.equal(made.status, 201);
  const native = await bench.native("hall", "nat", { credential: secret });
  assert.equal(JSON.parse(await native.next()).type, "welcome");
  const { members } = JSON.parse(await native.next());
  assert.deepEqual(
    members.map(({ id, protocol }: { id: string; protocol: string }) => [id, protocol]),
    [["cam", "peernet"]],
  );
  assert.doesNotMatch(bench.log(), /127\.0\.0\.1|a-secret|device-token/);
});
