// SPDX-License-Identifier: MIT
/** A guest of a shared folder, from its knock to its end. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import type { Guest } from "@signalbox/client/peernet";
import { twoEnds } from "../testing/connected.ts";
import { newHash } from "./node/folder.ts";
import { fileService } from "./service.ts";
import { madeUp } from "./testing/made-up.ts";
import { handTimer } from "./testing/shared-over.ts";
import { fileProtocol } from "./wire.ts";

/** A guest whose connection stands, with these channels of its own. */
const accepted = async (t: TestContext, protocols: readonly string[]) => {
  const timer = handTimer();
  const ends = twoEnds(t);
  const end = new AbortController();
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const guest: Guest = {
    pc: ends.device,
    service: "file",
    knock: "servers/attic/services/file/knocks/1",
    attributes: {},
    signal: end.signal,
    close() {
      end.abort();
      resolve();
    },
  };
  const service = fileService({ source: madeUp(10), label: "Made up", newHash, timer });
  assert.equal(await service.accept(guest), undefined);
  const { promise: taken, resolve: allTaken } = Promise.withResolvers<void>();
  let arrived = 0;
  // After the service's own listener: what it does with a channel is done by then.
  ends.device.addEventListener("datachannel", () => {
    arrived += 1;
    if (arrived === protocols.length) allTaken();
  });
  const channels = protocols.map((protocol) => ends.channel(protocol)[0]);
  const opened = channels.map((channel) => once(channel, "open"));
  const closed = channels.map((channel) => once(channel, "close"));
  await ends.connect();
  return { timer, over, guest, channels, opened, closed, taken };
};

test("a guest that closes its last channel is gone at once", async (t) => {
  const { channels, opened, taken, over, guest, timer } = await accepted(t, [fileProtocol, fileProtocol]);
  await Promise.all([...opened, taken]);
  timer.pass(60_000);
  assert.equal(guest.signal.aborted, false, "it has channels, and may take its time");
  for (const channel of channels) channel.close();
  await over;
});

test("a guest that opens no channel makes room after half a minute", async (t) => {
  const { opened, closed, guest, timer } = await accepted(t, ["chat/1"]);
  await Promise.all([...opened, ...closed]);
  assert.equal(guest.signal.aborted, false);
  timer.pass(30_000);
  assert.equal(guest.signal.aborted, true);
  assert.equal(timer.count(), 0);
});

test("a guest has four channels, and no fifth", async (t) => {
  const { channels, opened, closed } = await accepted(
    t,
    Array.from({ length: 5 }, () => fileProtocol),
  );
  await Promise.all(opened);
  await Promise.race(closed);
  assert.equal(channels.filter(({ readyState }) => readyState === "open").length, 4);
});
