// SPDX-License-Identifier: MIT
// What is published for Node 20 works there, from its dist: the protocol libraries decode, and two peers of the SDK meet
// through a server. Run by the machine's own Node, without the source condition.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { connect } from "@signalbox/client";
import { parseRoomName } from "@signalbox/core";
import { handshakeAt } from "@signalbox/core/testing";
import { flitter } from "@signalbox/dialects/flitter";
import { native } from "@signalbox/dialects/native";
import { unrupt } from "@signalbox/dialects/unrupt";
import "@signalbox/client/peernet";
import "@signalbox/lan";
import "@signalbox/peers/file";
import "@signalbox/peers/file/node";
import { WebSocket } from "ws";

for (const built of ["@signalbox/core", "@signalbox/client"]) {
  assert.match(import.meta.resolve(built), /\/dist\/index\.js$/, "the smoke test is about dist");
}

assert.equal(parseRoomName("cafe"), "cafe");
for (const dialect of [flitter(), native(), unrupt()]) {
  const codec = dialect.open(handshakeAt("/websocket/?finger=ann&room=cafe&id=ann"), () => "minted");
  const decoded = codec.decode({ kind: "text", text: "not one of its frames" });
  assert.ok(decoded, `${dialect.name} decodes`);
}

const shim = new URL("../packages/cli/bin/signalbox.mjs", import.meta.url).pathname;
const server = spawn(process.execPath, [shim, "serve", "--host", "127.0.0.1", "--port", "0", "--quiet"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const ended = once(server, "exit");
try {
  let url;
  for await (const line of createInterface({ input: server.stdout })) {
    url = /listening on (http:\S+)/.exec(line)?.[1];
    if (url !== undefined) break;
  }
  assert.ok(url, "the server says where it listens");
  const ann = await connect({ url, room: "cafe", id: "ann", WebSocket });
  const bob = await connect({ url, room: "cafe", id: "bob", WebSocket });
  const heard = new Promise((resolve) => bob.on("message", resolve));
  await ann.send({ say: "hello" }, { to: "bob" });
  const { from, body } = await heard;
  assert.deepEqual({ from: from.id, body }, { from: "ann", body: { say: "hello" } });
  ann.session.close();
  bob.session.close();
} finally {
  server.kill("SIGTERM");
}
assert.deepEqual(await ended, [0, null], "the server ends with status 0");
console.log(`Node ${process.versions.node}: the SDK and the protocol libraries work from dist.`);
