// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  type Announcement,
  announcementBytesMax,
  clockSkewMs,
  glance,
  keyObject,
  openAnnouncement,
  query,
  sealAnnouncement,
} from "./announcement.ts";
import { createIdentity, identityInFile } from "./identity.ts";

const identity = createIdentity();
const key = identity.publicKey.toString("base64url");
const time = 1_700_000_000_000;
const hello: Announcement = {
  kind: "peer",
  name: "Studio",
  services: [{ name: "camera", protocol: "webrtc", version: "1", attributes: { room: "hall" } }],
  call: { id: "studio-7", port: 5111 },
  addresses: ["192.0.2.7"],
  time,
  ttlS: 45,
};

const opened = (packet: Buffer) => openAnnouncement(packet, key, keyObject(key));

describe("an announcement", () => {
  test("opens to what was sealed, with the key that signed it", () => {
    const packet = sealAnnouncement(hello, identity);
    assert.deepEqual(glance(packet, time), { type: "announcement", key, time });
    assert.deepEqual(opened(packet), { ...hello, key });
  });

  test("with any bit changed is not believed", () => {
    const packet = sealAnnouncement(hello, identity);
    fc.assert(
      fc.property(fc.nat(packet.length * 8 - 1), (bit) => {
        const bent = Buffer.from(packet);
        bent[bit >> 3] = (bent[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const glanced = glance(bent, time);
        if (glanced.type !== "announcement") return;
        assert.equal(openAnnouncement(bent, glanced.key, keyObject(glanced.key)), "forged");
      }),
      { numRuns: 500 },
    );
  });

  test("of any bytes is passed over without an error", () => {
    const like = fc
      .tuple(fc.constantFrom(1, 2, 3), fc.uint8Array({ maxLength: 1_300 }))
      .map(([type, rest]) => Buffer.concat([Buffer.from("SBXL\u0001", "latin1"), Buffer.from([type]), rest]));
    fc.assert(
      fc.property(
        fc.oneof(
          like,
          fc.uint8Array({ maxLength: 1_300 }).map((bytes) => Buffer.from(bytes)),
        ),
        (packet) => {
          const glanced = glance(packet, time);
          if (glanced.type === "announcement") openAnnouncement(packet, glanced.key, keyObject(glanced.key));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test("counts only near its time", () => {
    const packet = sealAnnouncement(hello, identity);
    for (const now of [time - clockSkewMs, time + clockSkewMs])
      assert.equal(glance(packet, now).type, "announcement");
    for (const now of [time - clockSkewMs - 1, time + clockSkewMs + 1]) {
      assert.deepEqual(glance(packet, now), { type: "ignored", why: "untimely" });
    }
  });

  for (const [what, part] of [
    ["a name with a line break", { name: "a\nb" }],
    ["a name that turns the terminal's text around", { name: "\u202eevil" }],
    ["no name", { name: "" }],
    ["a long name", { name: "x".repeat(65) }],
    ["an address that is none", { addresses: ["everywhere"] }],
    ["a time to live of an hour", { ttlS: 3_600 }],
    ["seventeen services", { services: Array.from({ length: 17 }, () => ({ name: "a", protocol: "b" })) }],
    ["an address of a page that runs", { url: "javascript:alert(1)" }],
    ["a port beyond the last", { call: { id: "a", port: 70_000 } }],
  ] as const) {
    test(`with ${what} is not sealed`, () => {
      assert.throws(() => sealAnnouncement({ ...hello, ...part }, identity), TypeError);
    });
  }

  test("larger than one datagram is not sealed", () => {
    const services = Array.from({ length: 16 }, () => ({
      name: "x".repeat(64),
      protocol: "y".repeat(64),
      version: "z".repeat(64),
    }));
    assert.throws(() => sealAnnouncement({ ...hello, services }, identity), RangeError);
  });

  test("of a server may leave its own address to the listener, or name it", () => {
    for (const url of [
      "http://*:8080",
      "https://box.local:8443/below",
      "http://192.0.2.1:8080",
      "http://*",
    ]) {
      const packet = sealAnnouncement({ ...hello, kind: "server", url }, identity);
      const said = opened(packet);
      assert.equal(typeof said === "string" ? said : said.url, url);
    }
  });
});

describe("a query", () => {
  test("is as large as the largest answer, so that asking costs as much as answering", () => {
    assert.equal(query.length, announcementBytesMax);
    assert.deepEqual(glance(query, time), { type: "query" });
    assert.deepEqual(glance(query.subarray(0, 100), time), { type: "ignored", why: "foreign" });
  });
});

describe("an identity", () => {
  test("kept in a file stays the same, and is nobody else's to read", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "signalbox-identity-"));
    context.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "deeper", "key.pem");
    const [first, second] = await Promise.all([identityInFile(path), identityInFile(path)]);
    const third = await identityInFile(path);
    assert.ok(first.publicKey.equals(second.publicKey) && first.publicKey.equals(third.publicKey));
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.notDeepEqual(createIdentity().publicKey, first.publicKey);
  });

  test("in a file that holds something else is refused", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "signalbox-identity-"));
    context.after(() => rm(folder, { recursive: true }));
    const path = join(folder, "key.pem");
    await writeFile(path, "not a key");
    await assert.rejects(identityInFile(path));
  });
});
