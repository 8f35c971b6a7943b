// SPDX-License-Identifier: MIT
/** What the client makes of a device that keeps no rules, says nothing, or goes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openFiles } from "./client.ts";
import { madeUp } from "./testing/made-up.ts";
import { bareChannel, handTimer, realTimer, reasonOf, sharedOver } from "./testing/shared-over.ts";
import { contentMessage, windowMin } from "./wire.ts";

describe("the client keeps its bounds", () => {
  const file = { size: 100_000, modified: 1, tag: "x" };
  const content = (id: number, length: number) => contentMessage(id, new Uint8Array(length));
  const say = (device: RTCDataChannel, message: object) => device.send(JSON.stringify(message));

  for (const [what, reason, answer] of [
    [
      "content from elsewhere",
      "OVERRUN",
      (device, id) => say(device, { type: "content", id, offset: 5, length: 99_995, ...file }),
    ],
    ["bytes before it is told what they are", "OVERRUN", (device, id) => device.send(content(id, 10))],
    [
      "more than it was told",
      "OVERRUN",
      (device, id) => {
        say(device, { type: "content", id, offset: 0, length: 10, ...file, size: 10 });
        device.send(content(id, 11));
      },
    ],
    [
      "more than the window",
      "OVERRUN",
      (device, id) => {
        say(device, { type: "content", id, offset: 0, length: 100_000, ...file });
        for (let sent = 0; sent < 100_000; sent += 10_000) device.send(content(id, 10_000));
      },
    ],
    [
      "less than it was told",
      "CORRUPT",
      (device, id) => {
        say(device, { type: "content", id, offset: 0, length: 10, ...file, size: 10 });
        device.send(content(id, 9));
        say(device, { type: "end", id, sha256: "0".repeat(64) });
      },
    ],
    [
      "a refusal in words that are new",
      "OUT_OF_PAPER",
      (device, id) => say(device, { type: "error", id, reason: "OUT_OF_PAPER" }),
    ],
  ] as readonly (readonly [string, string, (device: RTCDataChannel, id: number) => void])[]) {
    test(`${what} ends the read`, async (t) => {
      const { channel, device } = await bareChannel(t);
      device.addEventListener("message", ({ data }) => {
        const { type, id } = JSON.parse(data);
        if (type === "read") answer(device, id);
      });
      const files = openFiles(channel, realTimer);
      // Who takes nothing must not be sent more than the window.
      const take = what === "more than the window" ? () => new Promise<void>(() => {}) : () => {};
      const reading = files.read("file", { window: windowMin }, take);
      assert.equal(await reasonOf(reading), reason);
    });
  }

  test("a device that says nothing is not waited for, nor one that falls silent", async (t) => {
    const { channel, device } = await bareChannel(t);
    const timer = handTimer();
    const files = openFiles(channel, timer);
    const [stat, read] = [files.stat("file"), files.read("file", {}, () => {})].map(reasonOf);
    timer.pass(30_000);
    assert.equal(await stat, "SILENT");
    timer.pass(30_000);
    assert.equal(await read, "SILENT");
    assert.equal(timer.count(), 0, "nothing waits on");
    const left = files.stat("file");
    device.close();
    assert.equal(await reasonOf(left), "BROKEN");
    assert.equal(await reasonOf(files.stat("file")), "BROKEN");
  });
});

test("a client that hangs up in the middle of a read waits until the device has stopped", async (t) => {
  const source = madeUp(50_000_000);
  const { files, device } = await sharedOver(t, source);
  const asked: string[] = [];
  device.addEventListener("message", ({ data }) => asked.push(JSON.parse(data).type));
  await new Promise<void>((resolve) => {
    void reasonOf(files.read("file", {}, () => resolve()));
  });
  files.close();
  await files.closed;
  assert.equal(asked.at(-1), "stop");
  assert.equal(source.openFiles(), 0, "the device had closed the file before the channel was");
});

test("a client does not wait for ever for a device that does not stop", async (t) => {
  const { channel } = await bareChannel(t);
  const timer = handTimer();
  const files = openFiles(channel, timer);
  const reading = reasonOf(files.read("file", {}, () => {}));
  files.close();
  assert.equal(await reading, "BROKEN");
  assert.equal(channel.readyState, "open");
  timer.pass(1_000);
  await files.closed;
  assert.notEqual(channel.readyState, "open");
  assert.equal(timer.count(), 0);
});
