// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { handClock } from "@signalbox/core/testing";
import { onHangUp } from "./hang-up.ts";
import { wrtcConnection } from "./testing/stacks.ts";

/** A connection whose transport's end the stack keeps to itself: no run of a real one leaves its event out reliably. */
const connectionWith = (context: TestContext) => {
  const connection = wrtcConnection();
  context.after(() => connection.close());
  const transport = { state: "connected" };
  const told = new Proxy(connection, {
    get(target, name) {
      if (name === "getSenders") return () => [{ transport }];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { connection: told, transport };
};

const watching = (context: TestContext) => {
  const clock = handClock(0);
  const { connection, transport } = connectionWith(context);
  let ends = 0;
  const stop = onHangUp(
    connection,
    () => {
      ends += 1;
    },
    clock.after,
  );
  return { clock, connection, transport, stop, ends: () => ends };
};

test("a closed transport is seen within a second, once, though nothing is told of it", (context) => {
  const { clock, transport, ends } = watching(context);
  clock.advance(10_000);
  assert.equal(ends(), 0);
  transport.state = "closed";
  clock.advance(1_000);
  assert.equal(ends(), 1);
  clock.advance(10_000);
  assert.equal(ends(), 1);
  assert.equal(clock.pending, 0);
});

test("a change of the connection is looked into at once", async (context) => {
  const { connection, transport, ends, clock } = watching(context);
  transport.state = "closed";
  connection.dispatchEvent(new Event("connectionstatechange"));
  // wrtc dispatches in the next tick.
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(ends(), 1);
  assert.equal(clock.pending, 0);
});

test("a transport that is closed already counts, and one that stays open can be forgotten", (context) => {
  const { clock, transport, stop, ends } = watching(context);
  stop();
  transport.state = "closed";
  clock.advance(10_000);
  assert.equal(ends(), 0);
  assert.equal(clock.pending, 0);
  const late = connectionWith(context);
  late.transport.state = "closed";
  let seen = false;
  onHangUp(
    late.connection,
    () => {
      seen = true;
    },
    clock.after,
  );
  assert.ok(seen);
});
