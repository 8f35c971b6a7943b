// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { greeting } from "./greeting.ts";

const server = { url: "http://localhost:8080", port: 8080 };
const person = { terminal: true, columns: 80, lanAddress: "192.0.2.7" };

test("a program reads one line", () => {
  assert.deepEqual(greeting({ server, config: {}, terminal: false, columns: 80 }), [
    "Signalbox listening on http://localhost:8080 (data in memory)",
  ]);
});

test("the first line says where the data is kept", () => {
  const [first] = greeting({ server, config: { data: "/var/lib/box" }, terminal: false, columns: 80 });
  assert.equal(first, "Signalbox listening on http://localhost:8080 (data in /var/lib/box)");
});

test("of a Redis the first line shows no address: it may hold a password", () => {
  const config = { data: "/var/lib/box", redis: "redis://:secret@redis.example" };
  const [first] = greeting({ server, config, terminal: false, columns: 80 });
  assert.equal(first, "Signalbox listening on http://localhost:8080 (data in Redis)");
});

test("a person also reads the address for other devices, and can point a camera at it", () => {
  const [first, second, ...code] = greeting({ server, config: {}, ...person });
  assert.equal(first, "Signalbox listening on http://localhost:8080 (data in memory)");
  assert.equal(second, "Open http://localhost:8080/ here, or http://192.0.2.7:8080/ on another device.");
  assert.ok(code.length > 10);
  assert.ok(code.slice(1).every((line) => /^[█▀▄ ]+$/.test(line)));
});

test("the public address is the one to open where there is one", () => {
  const [, second] = greeting({ server, config: { publicUrl: "https://box.example/below" }, ...person });
  assert.equal(second, "Open http://localhost:8080/ here, or https://box.example/below/ on another device.");
});

test("a server that only this machine reaches offers nothing else", () => {
  const lines = greeting({
    server: { url: "http://127.0.0.1:8080", port: 8080 },
    config: { host: "127.0.0.1" },
    ...person,
  });
  assert.deepEqual(lines, [
    "Signalbox listening on http://127.0.0.1:8080 (data in memory)",
    "Open http://127.0.0.1:8080/ on this machine.",
  ]);
});

test("a terminal too narrow for the code gets none", () => {
  assert.equal(greeting({ server, config: {}, ...person, columns: 20 }).length, 2);
});

test("a certificate of the server's own is warned about", () => {
  const lines = greeting({ server, config: { tls: "self-signed" }, terminal: false, columns: 80 });
  assert.equal(lines.length, 2);
  assert.match(lines[1] ?? "", /a browser will warn once/);
});
