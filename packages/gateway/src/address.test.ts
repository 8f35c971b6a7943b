// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { countedAs, peerAddress, plainAddress, trustedProxies } from "./address.ts";

const proxies = (...entries: readonly string[]) => {
  const trusts = trustedProxies(entries);
  assert.ok(trusts);
  return trusts;
};

test("a proxy list holds addresses and CIDR blocks of both families, and nothing else", () => {
  const trusts = proxies("192.0.2.1", "10.0.0.0/8", "2001:db8::/32");
  assert.equal(trusts("192.0.2.1"), true);
  assert.equal(trusts("192.0.2.2"), false);
  assert.equal(trusts("10.255.0.3"), true);
  assert.equal(trusts("2001:db8:1::7"), true);
  assert.equal(trusts("2001:db9::7"), false);
  assert.equal(trusts("nonsense"), false);
  for (const bad of ["proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "2001:db8::/129", ""]) {
    assert.equal(trustedProxies([bad]), undefined, bad);
  }
});

const table = [
  ["without a proxy the header is not read", "198.51.100.9", "203.0.113.1", "198.51.100.9"],
  ["the entry nearest to the proxy counts", "10.0.0.1", "203.0.113.1, 203.0.113.2", "203.0.113.2"],
  ["a chain of trusted proxies is followed", "10.0.0.1", "203.0.113.1, 203.0.113.2, 10.0.0.2", "203.0.113.2"],
  ["a proxy that says nothing is itself the peer", "10.0.0.1", undefined, "10.0.0.1"],
  ["what is no address ends the reading", "10.0.0.1", "203.0.113.1, unknown", "10.0.0.1"],
  ["ports and brackets are taken off", "10.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"],
  ["an IPv4 port is taken off", "10.0.0.1", "203.0.113.1:4711", "203.0.113.1"],
  ["a dual-stack socket's clothing is taken off", "::ffff:10.0.0.1", "::ffff:203.0.113.1", "203.0.113.1"],
] as const;
for (const [name, socket, forwarded, expected] of table) {
  test(`behind proxies: ${name}`, () => {
    assert.equal(peerAddress(socket, forwarded, proxies("10.0.0.0/8")), expected);
  });
}

test("IPv4 is counted by address, IPv6 by network of 64 bits", () => {
  assert.equal(countedAs("203.0.113.1"), "203.0.113.1");
  assert.equal(countedAs("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  assert.equal(countedAs("2001:0DB8:1:2::6"), "2001:db8:1:2::/64");
  assert.equal(countedAs("2001:db8::6"), "2001:db8:0:0::/64");
  assert.equal(countedAs("::1"), "0:0:0:0::/64");
  assert.equal(countedAs("fe80::1%eth0"), "fe80:0:0:0::/64");
  assert.equal(countedAs("::1:2:3:4:5:6:7"), "0:1:2:3::/64");
  assert.equal(countedAs("64:ff9b::192.0.2.1"), "64:ff9b:0:0::/64");
});

test("an IPv4 address in IPv6 clothing is IPv4", () => {
  assert.equal(plainAddress("::ffff:192.0.2.1"), "192.0.2.1");
  assert.equal(plainAddress("2001:db8::1"), "2001:db8::1");
});
