// SPDX-License-Identifier: MIT
/** file/1 over a real data channel: what a client asks, what it gets, and what it cannot do. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pageOf } from "./source.ts";
import { hashOf, madeUp, madeUpBytes } from "./testing/made-up.ts";
import { handTimer, nextText, reasonOf, sharedOver } from "./testing/shared-over.ts";
import { bytesIn, type Entry, messageBytesMax, requestsMax, windowMax, windowMin } from "./wire.ts";

/** All bytes of a read, in one piece. */
const collector = () => {
  const pieces: Uint8Array[] = [];
  return { take: (bytes: Uint8Array) => void pieces.push(bytes.slice()), all: () => Buffer.concat(pieces) };
};

describe("a client", () => {
  test("is told what it speaks to, what is there, and what a file is", async (t) => {
    const { files } = await sharedOver(t, madeUp(1_000));
    const described = await files.describe();
    assert.deepEqual(
      { ...described, id: 0 },
      { type: "description", id: 0, protocol: "file/1", label: "Made up", requestsMax, windowMax },
    );
    const pages: (readonly Entry[])[] = [];
    for await (const page of files.list("")) pages.push(page);
    assert.deepEqual(pages, [[{ name: "file", kind: "file", size: 1_000, modified: 1 }]]);
    const found = await files.stat("file");
    assert.ok(found !== "folder");
    assert.deepEqual([found.size, found.modified, found.tag], [1_000, 1, "e1"]);
  });

  test("reads a file, a range, an end and nothing, each with its SHA-256", async (t) => {
    const { files } = await sharedOver(t, madeUp(300_000));
    for (const [offset, length, expected] of [
      [0, undefined, 300_000],
      [100_000, 7, 7],
      [299_999, undefined, 1],
      [200_000, 1_000_000, 100_000],
      [300_000, undefined, 0],
      [5, 0, 0],
    ] as const) {
      const { take, all } = collector();
      const { sha256 } = await files.read(
        "file",
        length === undefined ? { offset } : { offset, length },
        take,
      );
      assert.equal(all().length, expected);
      assert.ok(all().equals(madeUpBytes(offset, expected)), `${expected} bytes from ${offset} on`);
      assert.equal(sha256, hashOf(all()));
    }
  });

  test("asks for the SHA-256 of a whole file, which the device reads once", async (t) => {
    let reads = 0;
    const source = madeUp(3_000_000, (offset, length) => {
      reads += 1;
      return madeUpBytes(offset, length);
    });
    const { files } = await sharedOver(t, source);
    const whole = hashOf(madeUpBytes(0, 3_000_000));
    assert.equal(await files.digest("file"), whole);
    const before = reads;
    assert.equal(await files.digest("file", "e1"), whole);
    assert.equal(reads, before);
    source.change(10);
    assert.equal(await files.digest("file"), hashOf(madeUpBytes(0, 10)));
    assert.equal(await reasonOf(files.digest("file", "e1")), "CHANGED");
  });

  test("reads several files at once over one channel, and none gets the bytes of another", async (t) => {
    const { files } = await sharedOver(t, madeUp(2_000_000));
    const all = await Promise.all(
      [0, 500_000, 1_000_000].map(async (offset) => {
        const got = collector();
        const { sha256 } = await files.read("file", { offset }, got.take);
        return [sha256, hashOf(got.all())];
      }),
    );
    for (const [said, came] of all) assert.equal(came, said);
  });

  test("is refused with a reason", async (t) => {
    const source = madeUp(10);
    const { files } = await sharedOver(t, source);
    const read = (path: string, options = {}) => reasonOf(files.read(path, options, () => {}));
    assert.equal(await read("nothing"), "NOT_FOUND");
    assert.equal(await read("../file"), "BAD_PATH");
    assert.equal(await read("file", { offset: 11 }), "OUT_OF_RANGE");
    assert.equal(await read("file", { tag: "other" }), "CHANGED");
    assert.equal(await read("file", { offset: -1 }), "BAD_ARGUMENT");
    assert.equal(await read("file", { window: 100 }), "BAD_ARGUMENT");
    assert.equal(await reasonOf(files.stat("/file")), "BAD_PATH");
    assert.equal(source.openFiles(), 0);
  });

  test("that stops gets no more, and the device closes the file", async (t) => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const source = madeUp(50_000_000);
    const open = source.open;
    const watched = {
      ...source,
      async open(path: readonly string[]) {
        const file = await open(path);
        if ("no" in file) return file;
        return { ...file, close: () => file.close().then(resolve) };
      },
    };
    const { files } = await sharedOver(t, watched);
    const enough = new AbortController();
    const reading = files.read("file", { signal: enough.signal }, () => enough.abort(new Error("enough")));
    await assert.rejects(reading, { message: "enough" });
    await closed;
    assert.equal(source.openFiles(), 0);
    assert.equal(await reasonOf(files.stat("nothing")), "NOT_FOUND", "the channel goes on");
  });

  test("that goes while it reads leaves no file open", async (t) => {
    const source = madeUp(50_000_000);
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const open = source.open;
    const watched = {
      ...source,
      async open(path: readonly string[]) {
        const file = await open(path);
        return "no" in file ? file : { ...file, close: () => file.close().then(resolve) };
      },
    };
    const { files } = await sharedOver(t, watched);
    const reading = files.read("file", {}, () => files.close());
    assert.equal(await reasonOf(reading), "BROKEN");
    await closed;
  });
});

describe("a file that changes while it is read", () => {
  test("is told to have changed, whether it is another one or became shorter", async (t) => {
    // More than the window: the end is not sent before something is taken.
    const source = madeUp(8_000_000);
    const { files } = await sharedOver(t, source);
    const changing = files.read("file", {}, () => source.change(8_000_000));
    assert.equal(await reasonOf(changing), "CHANGED");
    const shrinking = madeUp(4_000_000, (offset, length) =>
      offset < 1_000_000 ? madeUpBytes(offset, length) : new Uint8Array(),
    );
    const other = await sharedOver(t, shrinking);
    assert.equal(await reasonOf(other.files.read("file", {}, () => {})), "CHANGED");
    assert.equal(await reasonOf(other.files.digest("file")), "CHANGED");
  });

  test("or that the disk cannot read is told to be unreadable", async (t) => {
    const source = madeUp(4_000_000, () => Promise.reject(new Error("EIO")));
    const { files } = await sharedOver(t, source);
    assert.equal(await reasonOf(files.read("file", {}, () => {})), "UNREADABLE");
    assert.equal(await reasonOf(files.digest("file")), "UNREADABLE");
    assert.equal(source.openFiles(), 0);
  });
});

describe("what is no request", () => {
  for (const [what, message, reason] of [
    ["no JSON", "hello", "MALFORMED"],
    ["no object", "[]", "MALFORMED"],
    ["without an id", '{"type":"stat","path":"file"}', "MALFORMED"],
    ["with an id that is none", '{"type":"stat","path":"file","id":0}', "MALFORMED"],
    ["with an id that is too large", '{"type":"stat","path":"file","id":4294967296}', "MALFORMED"],
    ["too large", JSON.stringify({ type: "stat", id: 1, path: "x".repeat(20_000) }), "MALFORMED"],
    ["binary", new Uint8Array([1, 2, 3]), "MALFORMED"],
    ["of an unknown type", '{"type":"delete","id":1,"path":"file"}', "UNKNOWN_TYPE"],
    ["without a path", '{"type":"stat","id":1}', "BAD_ARGUMENT"],
    ["with half a byte", '{"type":"read","id":1,"path":"file","offset":0.5}', "BAD_ARGUMENT"],
    ["with a length below nothing", '{"type":"read","id":1,"path":"file","length":-1}', "BAD_ARGUMENT"],
    ["with an offset beyond numbers", '{"type":"read","id":1,"path":"file","offset":1e300}', "BAD_ARGUMENT"],
  ] as const) {
    test(`${what} is refused as ${reason}, and the channel goes on`, async (t) => {
      const { channel, files } = await sharedOver(t, madeUp(10));
      const told = nextText(channel);
      if (typeof message === "string") channel.send(message);
      else channel.send(message);
      assert.equal((await told).reason, reason);
      assert.equal((await files.describe()).label, "Made up");
    });
  }
});

describe("the device keeps its bounds", () => {
  test("beyond so many requests at once it is busy", async (t) => {
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const source = madeUp(10, async (offset, length) => {
      await go;
      return madeUpBytes(offset, length);
    });
    const { files } = await sharedOver(t, source);
    const reading = Array.from({ length: requestsMax }, () => files.read("file", {}, () => {}));
    assert.equal(await reasonOf(files.stat("file")), "BUSY");
    resolve();
    await Promise.all(reading);
    assert.equal(source.openFiles(), 0);
    assert.notEqual(await files.stat("file"), "folder");
  });

  test("an id that is still in use is refused", async (t) => {
    const { promise: go, resolve } = Promise.withResolvers<void>();
    const source = madeUp(10, async (offset, length) => {
      await go;
      return madeUpBytes(offset, length);
    });
    const { channel } = await sharedOver(t, source);
    channel.send(JSON.stringify({ type: "digest", id: 7, path: "file" }));
    channel.send(JSON.stringify({ type: "stat", id: 7, path: "file" }));
    assert.deepEqual(await nextText(channel), {
      type: "error",
      reason: "BAD_ARGUMENT",
      detail: "a field has no value that makes sense",
    });
    resolve();
    assert.equal((await nextText(channel)).type, "digest");
  });

  test("it never sends more than the window before the client has taken it, nor a message of more than 64 KiB", async (t) => {
    const { channel } = await sharedOver(t, madeUp(10_000_000));
    let received = 0;
    let taken = 0;
    let largest = 0;
    const { promise: ended, resolve } = Promise.withResolvers<string>();
    const { promise: full, resolve: isFull } = Promise.withResolvers<void>();
    channel.addEventListener("message", ({ data }) => {
      if (typeof data === "string") {
        const { type } = JSON.parse(data);
        if (type !== "content") resolve(type);
        return;
      }
      const size = bytesIn(data)?.length ?? 0;
      received += size - 4;
      largest = Math.max(largest, size);
      assert.ok(received - taken <= 200_000, `${received - taken} bytes are on their way`);
      // As long as nothing is taken, this is all that comes.
      if (received > 200_000 - messageBytesMax) isFull();
      if (taken > 0) have();
    });
    const have = () => {
      taken = received;
      channel.send(JSON.stringify({ type: "have", id: 1, bytes: taken }));
    };
    channel.send(JSON.stringify({ type: "read", id: 1, path: "file", window: 200_000 }));
    await full;
    have();
    assert.equal(await ended, "end");
    assert.equal(received, 10_000_000);
    assert.ok(largest <= messageBytesMax);
  });

  test("a client that says it took more than was sent gets no larger window", async (t) => {
    const { channel } = await sharedOver(t, madeUp(1_000_000));
    let received = 0;
    const { promise: full, resolve } = Promise.withResolvers<void>();
    channel.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") received += (bytesIn(data)?.length ?? 0) - 4;
      if (received > 0) resolve();
    });
    channel.send(JSON.stringify({ type: "read", id: 1, path: "file", window: windowMin }));
    await full;
    channel.send(JSON.stringify({ type: "have", id: 1, bytes: 1_000_000_000 }));
    channel.send(JSON.stringify({ type: "describe", id: 2 }));
    assert.equal((await nextText(channel)).type, "description");
    assert.ok(received <= 3 * windowMin, `${received} bytes came`);
  });

  test("a client that takes nothing for a minute is given up", async (t) => {
    const timer = handTimer();
    const source = madeUp(1_000_000);
    const { channel } = await sharedOver(t, source, timer);
    channel.send(JSON.stringify({ type: "read", id: 1, path: "file", window: windowMin }));
    await new Promise((resolve) =>
      channel.addEventListener("message", ({ data }) => typeof data !== "string" && resolve(undefined)),
    );
    const told = nextText(channel);
    timer.pass(60_000);
    assert.deepEqual(await told, {
      type: "error",
      id: 1,
      reason: "STALLED",
      detail: "the client took nothing for a minute",
    });
    assert.equal(source.openFiles(), 0);
  });

  test("a folder with the longest names there are is listed in messages of at most 64 KiB", async (t) => {
    const names = Array.from({ length: 1_200 }, (_, at) => `${at + 1_000}${"ä".repeat(125)}`);
    const source = {
      ...madeUp(0),
      async list(_path: readonly string[], after: string | undefined, most: number) {
        const { items, more } = pageOf(names, (name) => name, after, most);
        return { entries: items.map((name) => ({ name, kind: "file", size: 1 }) as const), more };
      },
    };
    const { files, channel } = await sharedOver(t, source);
    let largest = 0;
    channel.addEventListener("message", ({ data }) => {
      largest = Math.max(largest, Buffer.byteLength(data));
    });
    const listed: string[] = [];
    for await (const page of files.list("")) listed.push(...page.map(({ name }) => name));
    assert.deepEqual(listed, names);
    assert.ok(largest <= messageBytesMax, `${largest} bytes`);
  });
});
