// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { bufferHigh, filesMax, takenUnasked } from "./bounds.ts";
import { createReceiving, type Received } from "./receiving.ts";
import { createSending, type Sent, type Source } from "./sending.ts";
import { type FileFrame, parseFileFrame } from "./wire.ts";

const sha = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Both ends over a channel that drains only when asked to, and keeps the highest level it saw. */
const pair = () => {
  const sent = new Map<string, Sent>();
  const received = new Map<string, Received>();
  const watchers = new Set<() => void>();
  const told = (): void => {
    for (const watch of [...watchers]) watch();
  };
  let buffered = 0;
  let highest = 0;
  let open = true;
  const queue: (string | ArrayBuffer)[] = [];
  let draining: Promise<void> | undefined;
  const drain = (): Promise<void> => {
    draining ??= new Promise<void>((resolve) => {
      setImmediate(() => {
        draining = undefined;
        for (const frame of queue.splice(0)) {
          if (typeof frame !== "string") {
            buffered -= frame.byteLength;
            receiving.chunk(frame);
            continue;
          }
          const parsed = parseFileFrame(frame);
          if (parsed !== undefined) receiving.frame(parsed);
        }
        resolve();
      });
    });
    return draining;
  };
  const sending = createSending(
    {
      send(frame) {
        if (typeof frame !== "string") buffered += frame.byteLength;
        highest = Math.max(highest, buffered);
        queue.push(frame);
        void drain();
      },
      buffered: () => buffered,
      drained: drain,
      isOpen: () => open,
      chunkBytes: () => 16_384,
    },
    (file) => {
      sent.set(file.id, file);
      told();
    },
  );
  const receiving = createReceiving(
    (frame) => setImmediate(() => sending.take(frame)),
    (file) => {
      received.set(file.id, file);
      told();
    },
  );
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
    });
  return {
    sending,
    receiving,
    sent,
    received,
    until,
    highest: () => highest,
    close: () => {
      open = false;
      sending.close();
      receiving.close();
    },
  };
};

const source = (name: string, bytes: Uint8Array): Source =>
  Object.assign(new Blob([Buffer.from(bytes)]), { name });

test("several files arrive whole, one after the other, and each as it was", async () => {
  const { sending, sent, received, until } = pair();
  const contents = [randomBytes(3_000_000), Buffer.alloc(0), randomBytes(70_001)];
  for (const [index, bytes] of contents.entries()) sending.offer(source(`file-${index}`, bytes));
  await until(() => [...sent.values()].filter(({ is }) => is === "whole").length === 3);
  for (const [index, file] of [...received.values()].entries()) {
    assert.ok(file.blob !== undefined);
    assert.equal(
      sha(new Uint8Array(await file.blob.arrayBuffer())),
      sha(contents[index] ?? new Uint8Array()),
    );
  }
});

test("what waits in the channel stays below its bound however large the file is", async () => {
  const { sending, sent, until, highest } = pair();
  sending.offer(source("large", randomBytes(12_000_000)));
  await until(() => sent.get("f1")?.is === "whole");
  assert.ok(highest() > bufferHigh / 2, "the bound was never approached, so this shows nothing");
  assert.ok(highest() <= bufferHigh + 16_384);
});

test("a file above the bound waits for the person, who may take it or not", async () => {
  const { sending, receiving, sent, received, until } = pair();
  const large = (name: string): Source => ({
    ...source(name, new Uint8Array()),
    name,
    type: "",
    size: takenUnasked + 1,
    slice: () => new Blob(),
  });
  sending.offer(large("refused"));
  sending.offer(large("stopped by its sender"));
  await until(() => received.size === 2);
  assert.deepEqual(
    [...received.values()].map(({ is }) => is),
    ["asking", "asking"],
  );
  receiving.stop("f1");
  sending.stop("f2");
  await until(() => sent.get("f1")?.is === "refused" && received.get("f2")?.is === "stopped");
});

test("a file stopped by its receiver stops at its sender, and the next one comes whole", async () => {
  const { sending, receiving, sent, received, until } = pair();
  sending.offer(source("first", randomBytes(9_000_000)));
  const second = randomBytes(100_000);
  sending.offer(source("second", second));
  await until(() => (received.get("f1")?.moved ?? 0) > 0);
  receiving.stop("f1");
  await until(() => sent.get("f1")?.is === "stopped" && sent.get("f2")?.is === "whole");
  const blob = received.get("f2")?.blob;
  assert.ok(blob !== undefined);
  assert.equal(sha(new Uint8Array(await blob.arrayBuffer())), sha(second));
});

test("a file that cannot be read any more is broken for both sides, and the next one moves on", async () => {
  const { sending, sent, received, until } = pair();
  const gone: Source = {
    name: "gone",
    size: 5_000_000,
    type: "",
    slice: () => ({ arrayBuffer: () => Promise.reject(new Error("vanished")) }),
  };
  sending.offer(gone);
  sending.offer(source("next", randomBytes(10)));
  await until(() => sent.get("f2")?.is === "whole" && received.get("f1")?.is === "stopped");
  assert.equal(sent.get("f1")?.is, "broken");
});

test("when the channel closes nothing is left waiting", async () => {
  const { sending, sent, received, until, close } = pair();
  sending.offer(source("large", randomBytes(9_000_000)));
  await until(() => (received.get("f1")?.moved ?? 0) > 0);
  close();
  assert.equal(sent.get("f1")?.is, "broken");
  assert.equal(received.get("f1")?.is, "broken");
});

test("a peer that sends more than it announced is stopped, and nothing of it is kept", () => {
  const said: FileFrame[] = [];
  const seen: Received[] = [];
  const receiving = createReceiving(
    (frame) => said.push(frame),
    (file) => seen.push(file),
  );
  receiving.frame({ type: "file", id: "x", name: "x", size: 10, mime: "" });
  receiving.frame({ type: "begin", id: "x" });
  receiving.chunk(new ArrayBuffer(11));
  receiving.frame({ type: "end", id: "x" });
  assert.equal(seen.at(-1)?.is, "broken");
  assert.deepEqual(said.at(-1), { type: "stop", id: "x", by: "receiver" });
});

test("a peer that sends less than it announced has sent nothing", () => {
  const seen: Received[] = [];
  const receiving = createReceiving(
    () => undefined,
    (file) => seen.push(file),
  );
  receiving.frame({ type: "file", id: "x", name: "x", size: 10, mime: "" });
  receiving.frame({ type: "begin", id: "x" });
  receiving.chunk(new ArrayBuffer(9));
  receiving.frame({ type: "end", id: "x" });
  assert.equal(seen.at(-1)?.is, "broken");
  assert.equal(seen.at(-1)?.blob, undefined);
});

test("bytes and frames that nobody asked for change nothing", () => {
  const seen: Received[] = [];
  const receiving = createReceiving(
    () => undefined,
    (file) => seen.push(file),
  );
  receiving.chunk(new ArrayBuffer(5));
  for (const type of ["begin", "end"] as const) receiving.frame({ type, id: "never" });
  receiving.frame({ type: "file", id: "big", name: "big", size: takenUnasked + 1, mime: "" });
  receiving.frame({ type: "begin", id: "big" });
  receiving.chunk(new ArrayBuffer(5));
  assert.deepEqual(
    seen.map(({ is, moved }) => [is, moved]),
    [["asking", 0]],
  );
});

test("a peer may announce so many files and no more", () => {
  const said: FileFrame[] = [];
  const receiving = createReceiving(
    (frame) => said.push(frame),
    () => undefined,
  );
  for (let n = 0; n <= filesMax; n += 1)
    receiving.frame({ type: "file", id: `${n}`, name: "n", size: 1, mime: "" });
  assert.deepEqual(said.at(-1), { type: "refuse", id: `${filesMax}` });
  assert.equal(said.filter(({ type }) => type === "take").length, filesMax);
});

test("frames that are none are passed over, and names lose folders and control characters", () => {
  for (const text of [
    "",
    "null",
    "[]",
    "{}",
    '{"type":"file"}',
    '{"type":"file","id":"a","name":"x","size":-1}',
    '{"type":"have","id":"a","bytes":1.5}',
    '{"type":"take","id":7}',
  ]) {
    assert.equal(parseFileFrame(text), undefined, text);
  }
  const named = (name: string) =>
    parseFileFrame(JSON.stringify({ type: "file", id: "a", name, size: 1, mime: "" }));
  assert.deepEqual(named("../..\\etc/pass\u0000wd\u202e"), {
    type: "file",
    id: "a",
    name: "passwd",
    size: 1,
    mime: "",
  });
  assert.deepEqual(named("/"), { type: "file", id: "a", name: "file", size: 1, mime: "" });
});
