// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { Readable, Writable } from "node:stream";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type PipeChannel, pipeProtocol, runPipe, windowBytes } from "./pipe.ts";

interface TestChannel extends PipeChannel {
  readonly sent: (string | Uint8Array)[];
  /** The other end says something. */
  hear(data: string | Uint8Array): void;
}

const channel = (protocol = pipeProtocol): TestChannel => {
  const listeners = new Map<string, ((event: { readonly data: unknown }) => void)[]>();
  const tell = (type: string, data?: unknown) => {
    for (const run of listeners.get(type) ?? []) run({ data });
  };
  let state = "open";
  return {
    protocol,
    binaryType: "",
    get readyState() {
      return state;
    },
    sent: [],
    send(message) {
      assert.equal(state, "open");
      this.sent.push(message);
    },
    close() {
      if (state === "closed") return;
      state = "closed";
      tell("close");
    },
    addEventListener(type: string, run: (event: { readonly data: unknown }) => void) {
      listeners.set(type, [...(listeners.get(type) ?? []), run]);
    },
    hear: (data) =>
      tell(
        "message",
        typeof data === "string"
          ? data
          : data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength),
      ),
  };
};

/** Two channels that hear each other, each message in a turn of its own. */
const joined = (): readonly [TestChannel, TestChannel] => {
  const ends = [channel(), channel()] as const;
  for (const [index, end] of ends.entries()) {
    const other = ends[1 - index];
    const { close } = end;
    end.send = (message) => {
      end.sent.push(message);
      queueMicrotask(() => other?.hear(message));
    };
    end.close = () => {
      if (end.readyState === "closed") return;
      close.call(end);
      queueMicrotask(() => other?.close());
    };
  }
  return ends;
};

const collector = (slow = false) => {
  const chunks: Buffer[] = [];
  const waiting: (() => void)[] = [];
  const sink = new Writable({
    highWaterMark: 1,
    write(chunk, _encoding, done) {
      chunks.push(chunk);
      if (slow) waiting.push(done);
      else done();
    },
  });
  return {
    sink,
    content: () => Buffer.concat(chunks),
    goOn: () => {
      for (const done of waiting.splice(0)) done();
    },
  };
};

const turns = async (count = 50) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

describe("a pipe over a data channel", () => {
  test("carries any bytes both ways and ends on both sides", async () => {
    const bytes = fc.uint8Array({ maxLength: 50_000 });
    await fc.assert(
      fc.asyncProperty(fc.array(bytes), fc.array(bytes), async (left, right) => {
        const [a, b] = joined();
        const [toA, toB] = [collector(), collector()];
        const ends = await Promise.all([
          runPipe({ channel: a, source: Readable.from(left), sink: toA.sink }),
          runPipe({ channel: b, source: Readable.from(right), sink: toB.sink }),
        ]);
        assert.deepEqual(ends, [{ end: "done" }, { end: "done" }]);
        assert.ok(toB.content().equals(Buffer.concat(left)));
        assert.ok(toA.content().equals(Buffer.concat(right)));
      }),
      { numRuns: 30 },
    );
  });

  test("sends no more than a window ahead of what the other side has written", async () => {
    const [a, b] = joined();
    const slow = collector(true);
    const source = Readable.from(Array.from({ length: 40 }, () => Buffer.alloc(100_000, 7)));
    const running = runPipe({ channel: a, source, sink: collector().sink });
    const other = runPipe({ channel: b, sink: slow.sink });
    await turns();
    const sentBytes = () =>
      a.sent.reduce((sum, part) => sum + (typeof part === "string" ? 0 : part.length), 0);
    assert.ok(sentBytes() <= windowBytes && sentBytes() > windowBytes / 2, `${sentBytes()}`);
    while (sentBytes() < 4_000_000) {
      slow.goOn();
      await turns(2);
    }
    const draining = setInterval(slow.goOn, 0);
    assert.deepEqual(await Promise.all([running, other]), [{ end: "done" }, { end: "done" }]);
    clearInterval(draining);
    assert.equal(slow.content().length, 4_000_000);
  });

  test("of which one side only sends is over for it when all is written there", async () => {
    const [a, b] = joined();
    const far = collector();
    const never = new Readable({ read() {} });
    const ends = await Promise.all([
      runPipe({
        channel: a,
        source: Readable.from([Buffer.from("x")]),
        sink: collector().sink,
        untilSent: true,
      }),
      runPipe({ channel: b, source: never, sink: far.sink }),
    ]);
    assert.deepEqual(ends, [{ end: "done" }, { end: "done" }]);
    assert.equal(far.content().toString(), "x");
  });

  test("whose other side goes before its end is broken", async () => {
    const alone = channel();
    const running = runPipe({ channel: alone, source: new Readable({ read() {} }), sink: collector().sink });
    alone.hear(Buffer.from("half a sente"));
    alone.close();
    assert.deepEqual(await running, { end: "broken" });
  });

  test("does not hold what a flood brings without bound", async () => {
    const alone = channel();
    const running = runPipe({ channel: alone, sink: collector(true).sink });
    const part = new Uint8Array(1024 * 1024);
    for (let count = 0; count < 20; count += 1) alone.hear(part);
    assert.deepEqual(await running, { end: "overrun" });
    assert.equal(alone.readyState, "closed");
  });

  test("says where reading or writing failed", async () => {
    const failing = async function* () {
      yield Buffer.from("a");
      throw new Error("the disk is gone");
    };
    const reading = await runPipe({ channel: channel(), source: failing(), sink: collector().sink });
    assert.ok(reading.end === "source" && String(reading.error).includes("the disk is gone"));
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error("the disk is full")) });
    const other = channel();
    const writing = runPipe({ channel: other, sink: full });
    other.hear(Buffer.from("a"));
    const end = await writing;
    assert.ok(end.end === "sink" && String(end.error).includes("the disk is full"));
  });

  test("takes whatever a page sends that keeps no such rules, until it closes the channel", async () => {
    const page = channel("");
    const got = collector();
    const running = runPipe({ channel: page, source: Readable.from([Buffer.from("hello")]), sink: got.sink });
    page.hear("end");
    page.hear(Buffer.from("bytes\n"));
    await turns();
    page.close();
    assert.deepEqual(await running, { end: "done" });
    assert.equal(got.content().toString(), "end\nbytes\n");
    assert.deepEqual(page.sent.map(String), ["hello"]);
  });

  test("believes no count that cannot be", async () => {
    const alone = channel();
    const source = Readable.from([Buffer.alloc(2 * windowBytes)]);
    void runPipe({ channel: alone, source, sink: collector().sink });
    for (const text of ["taken 999999999999", "taken -5", "taken", "taken x", "nonsense", ""])
      alone.hear(text);
    await turns();
    const sentBytes = alone.sent.reduce((sum, part) => sum + part.length, 0);
    assert.ok(sentBytes <= windowBytes, "it was told of bytes taken that it had not sent");
    alone.close();
  });
});
