// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { test } from "node:test";
import { handClock } from "@signalbox/core/testing";
import { createRecovery, lostMs } from "./recovery.ts";

const recovering = (given: { readonly possible?: boolean; readonly polite?: boolean } = {}) => {
  const clock = handClock(0);
  const log: string[] = [];
  const line = { reachable: true };
  const recovery = createRecovery(clock, {
    possible: given.possible ?? true,
    reachable: () => line.reachable,
    polite: () => given.polite ?? false,
    restart: () => log.push(`restart at ${clock.now()}`),
    gaveUp: () => log.push(`gave up at ${clock.now()}`),
  });
  return { clock, log, line, recovery };
};

test("a failed path is restarted at once, again with growing waits, and given up after a minute", () => {
  const { clock, log, recovery } = recovering();
  recovery.broken("failed");
  clock.advance(59_999);
  assert.deepEqual(
    log,
    [0, 2_000, 6_000, 14_000, 30_000, 46_000].map((at) => `restart at ${at}`),
  );
  recovery.broken("failed");
  clock.advance(1);
  assert.equal(log.at(-1), "gave up at 60000");
  recovery.stop();
  assert.equal(clock.pending, 0);
});

test("a disconnected path has five seconds to mend itself", () => {
  const { clock, log, recovery } = recovering();
  recovery.broken("disconnected");
  clock.advance(4_999);
  assert.deepEqual(log, []);
  recovery.connected();
  clock.advance(100_000);
  assert.deepEqual(log, []);
  recovery.broken("disconnected");
  clock.advance(5_000);
  assert.equal(log.length, 1);
  recovery.stop();
  assert.equal(clock.pending, 0);
});

test("the polite side lets the other go first", () => {
  const { clock, log, recovery } = recovering({ polite: true });
  recovery.broken("failed");
  clock.advance(999);
  assert.deepEqual(log, []);
  clock.advance(1);
  assert.deepEqual(log, ["restart at 1000"]);
  recovery.stop();
});

test("without the line nothing is offered; with it again, at once", () => {
  const { clock, log, line, recovery } = recovering();
  line.reachable = false;
  recovery.lineBack();
  recovery.broken("failed");
  clock.advance(9_500);
  assert.deepEqual(log, []);
  line.reachable = true;
  recovery.lineBack();
  clock.advance(0);
  assert.deepEqual(log, ["restart at 9500"]);
  recovery.stop();
  assert.equal(clock.pending, 0);
});

test("a connection that came back begins anew with its waits", () => {
  const { clock, log, recovery } = recovering();
  recovery.broken("failed");
  clock.advance(7_000);
  recovery.connected();
  clock.advance(1_000);
  log.length = 0;
  recovery.broken("failed");
  clock.advance(2_000);
  assert.deepEqual(log, ["restart at 8000", "restart at 10000"]);
  recovery.stop();
});

test("a peer whose protocol knows no restart is given up when the path fails, or stays away for half a minute", () => {
  const failing = recovering({ possible: false });
  failing.recovery.broken("disconnected");
  assert.deepEqual(failing.log, []);
  failing.recovery.broken("failed");
  assert.deepEqual(failing.log, ["gave up at 0"]);
  failing.recovery.stop();
  assert.equal(failing.clock.pending, 0);

  const away = recovering({ possible: false });
  away.recovery.broken("disconnected");
  away.clock.advance(lostMs - 1);
  away.recovery.connected();
  away.clock.advance(lostMs);
  assert.deepEqual(away.log, []);
  away.recovery.broken("disconnected");
  away.clock.advance(lostMs);
  assert.deepEqual(away.log, [`gave up at ${3 * lostMs - 1}`]);
  assert.equal(away.clock.pending, 0);
});
