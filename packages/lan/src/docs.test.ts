// SPDX-License-Identifier: MIT
/** docs/lan.md and the LAN's bounds in docs/limits.md say what the code says. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Rate } from "./allowance.ts";
import { lanLinesMax } from "./bridge/bridge.ts";
import { outgoingMax, ringMs } from "./bridge/bridge-line.ts";
import { ringMax } from "./bridge/ring.ts";
import { callOptions } from "./command/options.ts";
import {
  announcementBytesMax,
  glance,
  keyObject,
  namesMax,
  openAnnouncement,
  ttlMaxS,
} from "./discovery/announcement.ts";
import { dnsSdReadRate, dnsSdSendRate } from "./discovery/dns-sd.ts";
import { discoveryGroup, discoveryPort } from "./discovery/network.ts";
import { checkRate, keyRate, neighboursMax, neighboursPerAddressMax } from "./discovery/table.ts";
import { lanReasons, sealRate } from "./exchange.ts";
import { keysMax } from "./key.ts";
import { freshRate, sendsMax } from "./machine.ts";
import { ageMaxS, aheadMaxS, inflatedBytesMax } from "./packet.ts";
import { lostMs } from "./peer.ts";
import { trims } from "./trim.ts";

const pageOf = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), "utf8");
const page = pageOf("lan.md");

/** `1,000/s, 2,000 at once` */
const spelled = ({ perSecond, burst }: Rate): string => {
  const pace = perSecond < 1 ? `1 in ${1 / perSecond} s` : `${perSecond.toLocaleString("en")}/s`;
  return `${pace}, ${burst.toLocaleString("en")} at once`;
};

test("every option of calls is in its table", () => {
  for (const name of Object.keys(callOptions)) {
    if (name !== "help") assert.match(page, new RegExp(`\`--${name}[ \`]`), name);
  }
});

test("every fate of a packet is listed, and nothing that is none", () => {
  const [, counted = ""] = /### What is counted\n([\s\S]*?)\n## /.exec(page) ?? [];
  const listed = [...counted.matchAll(/^\|(.*?)\|/gm)].flatMap(([, cell = ""]) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, reason = ""]) => reason),
  );
  assert.deepEqual([...listed].sort(), [...lanReasons].sort());
});

test("what is trimmed is told in the order in which it is", () => {
  const [, told = ""] = /### Too large\n([\s\S]*?)\n### /.exec(page) ?? [];
  const words = trims.map(({ what }) => what.replace(/ candidates$/, ""));
  const places = words.map((what) => told.indexOf(what));
  assert.ok(!places.includes(-1), words[places.indexOf(-1)]);
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  );
});

test("the example of an announcement is one", () => {
  const [hex = ""] = /^5342584c01[0-9a-f\n]+/m.exec(page) ?? [];
  const packet = Buffer.from(hex.replaceAll("\n", ""), "hex");
  assert.equal(packet.length, 277);
  const glanced = glance(packet, 1_700_000_000_000);
  assert.ok(glanced.type === "announcement");
  const opened = openAnnouncement(packet, glanced.key, keyObject(glanced.key));
  assert.ok(typeof opened === "object", `${opened}`);
  assert.deepEqual([opened.name, opened.call], ["Studio", { id: "studio-7", port: 5_111 }]);
});

test("the numbers of the format are the code's", () => {
  for (const [number, place] of [
    [discoveryPort, "Datagrams to UDP port N,"],
    [announcementBytesMax.toLocaleString("en"), "A datagram has at most N bytes"],
    [ttlMaxS, "seconds it may be believed, at most N;"],
    [namesMax.name, "for people: 1 to N UTF-16 units"],
    [namesMax.addresses, "up to N IPv4 addresses"],
    [namesMax.services, "up to N of `{ name"],
    [neighboursMax, "a new key where N are known"],
    [neighboursPerAddressMax, "are known, or N at that address"],
    [Math.floor(ringMs / 1_000), "the offer is broadcast for N s"],
  ] as const) {
    const words = place.replace("N", String(number));
    assert.ok(page.includes(words), words);
  }
  assert.ok(page.includes(discoveryGroup));
});

test("docs/limits.md has the LAN's bounds", () => {
  const limits = pageOf("limits.md");
  const rows = new Map(
    [...limits.matchAll(/^\| ((?:LAN|DNS-SD): .*?) \| (.*?) \|/gm)].map(([, name, value]) => [name, value]),
  );
  assert.deepEqual(Object.fromEntries(rows), {
    "LAN: ids that are bridged": `${lanLinesMax}`,
    "LAN: packets of calls that are tried": spelled(sealRate),
    "LAN: what a packet unfolds to": `${inflatedBytesMax / 1_024} KiB`,
    "LAN: age of a packet": `${ageMaxS} s, or ${aheadMaxS} s ahead`,
    "LAN: new offers to an id": spelled(freshRate),
    "LAN: sends of one description": `${sendsMax}`,
    "LAN: calls of a room to one id at once": `${outgoingMax}`,
    "LAN: members that one call rings": `${ringMax}`,
    "LAN: a connection is silent": `${lostMs / 1_000} s`,
    "LAN: keys that are remembered": `${keysMax}`,
    "LAN: an announcement": `${announcementBytesMax.toLocaleString("en")} bytes, ${ttlMaxS} s`,
    "LAN: who is known, in all and at one address": `${neighboursMax}, ${neighboursPerAddressMax}`,
    "LAN: announcements of one key": spelled(keyRate),
    "LAN: signatures that are checked": spelled(checkRate),
    "DNS-SD: datagrams that are sent, that are read": `${spelled(dnsSdSendRate)}; ${spelled(dnsSdReadRate)}`,
  });
});
