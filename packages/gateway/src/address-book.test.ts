// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { withLimits } from "@signalbox/core";
import { handClock } from "@signalbox/core/testing";
import { addressBook } from "./address-book.ts";

test("of idle addresses the one that was idle longest is forgotten first, held ones never", () => {
  const book = addressBook(withLimits({ addressesTracked: 3, handshakeBurstPerAddress: 1 }), handClock().now);
  const held = book.of("192.0.2.1");
  book.hold(held, "lines");
  const second = book.of("192.0.2.2");
  book.hold(second, "lines");
  const third = book.of("192.0.2.3");
  book.release(second, "lines");
  book.of("192.0.2.4");
  assert.equal(book.size, 3);
  assert.equal(book.of("192.0.2.1"), held);
  assert.equal(book.of("192.0.2.2"), second);
  assert.notEqual(book.of("192.0.2.3"), third);
  assert.equal(book.size, 3);
});

test("a burst is admitted at once, then one handshake each time the rate allows it", () => {
  const clock = handClock();
  const book = addressBook(
    withLimits({ handshakeBurstPerAddress: 2, handshakesPerSecondPerAddress: 10 }),
    clock.now,
  );
  const record = book.of("192.0.2.1");
  assert.equal(book.handshakeWaitMs(record), 0);
  assert.equal(book.handshakeWaitMs(record), 0);
  assert.equal(book.handshakeWaitMs(record), 100);
  clock.advance(100);
  assert.equal(book.handshakeWaitMs(record), 0);
});

test("those who retry while refused do not keep the others out", () => {
  const clock = handClock();
  const book = addressBook(
    withLimits({ handshakeBurstPerAddress: 1, handshakesPerSecondPerAddress: 1 }),
    clock.now,
  );
  const record = book.of("192.0.2.1");
  assert.equal(book.handshakeWaitMs(record), 0);
  for (let count = 0; count < 1_000; count += 1) assert.notEqual(book.handshakeWaitMs(record), 0);
  clock.advance(1_000);
  assert.equal(book.handshakeWaitMs(record), 0);
});

test("two addresses of one IPv6 network share a record", () => {
  const book = addressBook(withLimits({}), handClock().now);
  assert.equal(book.of("2001:db8::1"), book.of("2001:db8::2"));
  assert.notEqual(book.of("2001:db8::1"), book.of("2001:db8:0:1::1"));
});
