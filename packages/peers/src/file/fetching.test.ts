// SPDX-License-Identifier: MIT
/** Whole files, over connections that break: what arrives is what the device has, or nothing is claimed. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { FileClient } from "./client.ts";
import { FileError } from "./failure.ts";
import { type Fetching, fetchFile } from "./fetching.ts";
import { newHash } from "./node/folder.ts";
import { bufferedHigh } from "./sending.ts";
import type { FileSource } from "./source.ts";
import { hashOf, madeUp, madeUpBytes } from "./testing/made-up.ts";
import { realTimer, sharedOver } from "./testing/shared-over.ts";
import { windowDefault } from "./wire.ts";

const soon = { after: (_ms: number, run: () => void) => realTimer.after(0, run) };

/** Connections to a source, one after the other; the last one can be cut. */
const line = (t: TestContext, source: FileSource) => {
  const made: FileClient[] = [];
  return {
    made,
    cut: () => made.at(-1)?.close(),
    connect: async () => {
      const { files } = await sharedOver(t, source);
      made.push(files);
      return files;
    },
  };
};

/** Fetches into memory, from the given bytes on. */
const fetched = async (
  parts: Pick<Fetching, "connect"> & Partial<Fetching>,
  begun?: { readonly bytes: Uint8Array; readonly tag: string },
) => {
  const pieces: Uint8Array[] = begun === undefined ? [] : [begun.bytes];
  const hash = newHash();
  if (begun !== undefined) hash.update(begun.bytes);
  const end = await fetchFile({
    path: "file",
    hash,
    write: (bytes) => void pieces.push(bytes.slice()),
    timer: soon,
    ...(begun === undefined ? {} : { begun: { bytes: begun.bytes.length, tag: begun.tag } }),
    ...parts,
  });
  return { end, content: Buffer.concat(pieces) };
};

const refused = (reason: string) => (error: unknown) =>
  error instanceof FileError && error.reason === reason ? true : assert.fail(String(error));

describe("a file is fetched", () => {
  for (const size of [0, 1, 65_532, 65_533, 1_500_000]) {
    test(`of ${size} bytes, in one go, with its SHA-256`, async (t) => {
      const { connect, made } = line(t, madeUp(size));
      const begun: number[] = [];
      const { end, content } = await fetched({ connect, begin: (file) => void begun.push(file.size) });
      assert.ok(content.equals(madeUpBytes(0, size)));
      assert.equal(end.sha256, hashOf(madeUpBytes(0, size)));
      assert.deepEqual([begun, made.length], [[size], 1]);
    });
  }

  test("over connections that break, each going on where the last one ended", async (t) => {
    const size = 6_000_000;
    const { connect, cut, made } = line(t, madeUp(size));
    const cuts = [500_000, 2_000_000, 5_900_000];
    let broken = 0;
    const { end, content } = await fetched({
      connect,
      onBroken: () => {
        broken += 1;
      },
      onProgress(bytes) {
        if (cuts[0] !== undefined && bytes >= cuts[0]) {
          cuts.shift();
          cut();
        }
      },
    });
    assert.ok(content.equals(madeUpBytes(0, size)));
    assert.equal(end.sha256, hashOf(content));
    assert.deepEqual([broken, made.length], [3, 4]);
  });

  test("from what is there of it already", async (t) => {
    const { connect } = line(t, madeUp(1_000_000));
    for (const there of [1, 400_000, 1_000_000]) {
      const { content } = await fetched({ connect }, { bytes: madeUpBytes(0, there), tag: "e1" });
      assert.ok(content.equals(madeUpBytes(0, 1_000_000)), `${there} bytes were there`);
    }
  });
});

describe("a file is not spliced", () => {
  test("from two contents: one that changed since it was begun is refused", async (t) => {
    const source = madeUp(1_000_000);
    source.change(1_000_000);
    const { connect } = line(t, source);
    await assert.rejects(
      fetched({ connect }, { bytes: madeUpBytes(0, 1_000), tag: "e1" }),
      refused("CHANGED"),
    );
  });

  test("where it changes between two connections", async (t) => {
    const source = madeUp(5_000_000);
    const { connect, cut } = line(t, source);
    const fetching = fetched({
      connect,
      onProgress(bytes) {
        if (bytes < 2_000_000) return;
        source.change(5_000_000);
        cut();
      },
    });
    await assert.rejects(fetching, refused("CHANGED"));
  });

  test("from first bytes that are not the device's: the SHA-256 tells", async (t) => {
    const { connect } = line(t, madeUp(1_000_000));
    const wrong = madeUpBytes(0, 1_000);
    wrong[500] = (wrong[500] ?? 0) ^ 1;
    await assert.rejects(fetched({ connect }, { bytes: wrong, tag: "e1" }), refused("CORRUPT"));
  });

  test("nor from a disk that gives other bytes the second time", async (t) => {
    let reads = 0;
    const source = madeUp(4_000_000, (offset, length) => {
      reads += 1;
      const bytes = madeUpBytes(offset, length);
      if (reads > 4) bytes.fill(7);
      return bytes;
    });
    const { connect, cut } = line(t, source);
    let isCut = false;
    const fetching = fetched({
      connect,
      onProgress(bytes) {
        if (isCut || bytes < 500_000) return;
        isCut = true;
        cut();
      },
    });
    await assert.rejects(fetching, refused("CORRUPT"));
  });
});

describe("fetching ends", () => {
  test("where no attempt brings anything any more, with the last reason", async (t) => {
    const { connect, cut, made } = line(t, madeUp(1_000_000));
    const cutting = async () => {
      const files = await connect();
      cut();
      return files;
    };
    await assert.rejects(fetched({ connect: cutting }), refused("BROKEN"));
    assert.equal(made.length, 6);
  });

  test("at once where there is no such file, or it cannot be written", async (t) => {
    const { connect, made } = line(t, madeUp(1_000_000));
    await assert.rejects(fetched({ connect, path: "other" }), refused("NOT_FOUND"));
    const full = new Error("ENOSPC");
    const write = () => Promise.reject(full);
    await assert.rejects(fetched({ connect, write }), full);
    assert.equal(made.length, 2);
  });

  test("when it is told to", async (t) => {
    const { connect } = line(t, madeUp(10_000_000));
    const enough = new AbortController();
    const onProgress = () => enough.abort(new Error("enough"));
    await assert.rejects(fetched({ connect, signal: enough.signal, onProgress }), { message: "enough" });
  });
});

test("a file of more than 1 GiB passes through bounded memory on both sides, with a client that takes slowly", async (t) => {
  const size = 1_100 * 1024 * 1024;
  // Nothing is made up anew for each block: what is measured is what lies around.
  const block = madeUpBytes(0, 256 * 1024);
  let read = 0;
  const source = madeUp(size, (_offset, length) => {
    read += length;
    return length === block.length ? block : block.subarray(0, length);
  });
  const { files, device } = await sharedOver(t, source);
  const highest = { between: 0, buffered: 0 };
  let taken = 0;
  let turns = 0;
  const hash = newHash();
  const { sha256 } = await files.read("file", {}, async (bytes) => {
    highest.between = Math.max(highest.between, read - taken);
    highest.buffered = Math.max(highest.buffered, device.bufferedAmount);
    hash.update(bytes);
    taken += bytes.length;
    turns += 1;
    // A disk that is slower than the line, every so often.
    if (turns % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
  });
  assert.equal(taken, size);
  assert.equal(sha256, hash.digest());
  // Read from the disk and not yet taken: the window, and the block that is being cut.
  assert.ok(highest.between <= windowDefault + block.length, `${highest.between} bytes between the disks`);
  assert.ok(highest.buffered <= bufferedHigh + 65_536, `${highest.buffered} bytes in the channel`);
});
