// SPDX-License-Identifier: MIT
/**
 * Bytes both ways over a data channel, with an end, a bound and a receipt: what netcat is to TCP.
 *
 * Binary messages are the bytes. Text messages speak about them, each side for its own direction: `taken N` (so many bytes in
 * all are written), `end` (no more will come), `done` (all of it is written and closed).
 */
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";

/** The channel's protocol (RFC 8832) where both ends keep these rules. */
export const pipeProtocol = "signalbox.pipe.1";
/** Bytes in one message. 16 KiB: every stack takes it. */
export const messageBytes = 16 * 1024;
/** Bytes that may be on their way: sent, and not yet said to be taken. 1 MiB: 10 ms on a fast LAN are less. */
export const windowBytes = 1024 * 1024;
/** Bytes that may wait to be written here. Who keeps no window, such as a page, may send a file's worth at once. 16 MiB. */
const waitingBytesMax = 16 * windowBytes;
/** What is taken is said each time so much more was. */
const sayEveryBytes = windowBytes / 4;

/** What is used of an RTCDataChannel. */
export interface PipeChannel {
  readonly protocol: string;
  readonly readyState: string;
  binaryType: string;
  send(message: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
  addEventListener(type: "message", run: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close" | "open", run: () => void): void;
}

export interface PipeOptions {
  readonly channel: PipeChannel;
  /** What is sent. Absent: nothing. */
  readonly source?: AsyncIterable<Uint8Array>;
  /** Where it goes what comes. It is ended when the other side ends. */
  readonly sink: Writable;
  /** Is it over once all that was sent is written at the other side, whatever may still come from there? */
  readonly untilSent?: boolean;
}

/**
 * `done`: both directions ended, as far as they had to. `broken`: the channel closed before that. `overrun`: the other side
 * sent more than it may. `source` and `sink`: reading or writing here failed.
 */
export type PipeEnd =
  | { readonly end: "done" | "broken" | "overrun" }
  | { readonly end: "source" | "sink"; readonly error: unknown };

/** Runs until both directions have ended. Leaves the channel closed. Never rejects. */
export const runPipe = async (options: PipeOptions): Promise<PipeEnd> => {
  const { channel, source, sink, untilSent = false } = options;
  // Who keeps other rules has no word for an end: whatever comes until the channel closes is content.
  const ours = channel.protocol === pipeProtocol;
  let sentBytes = 0;
  let takenBytes = 0;
  let receivedBytes = 0;
  let writtenBytes = 0;
  let saidBytes = 0;
  let isSent = false;
  let isReceived = false;
  let settle: (end: PipeEnd) => void = () => {};
  let wake = () => {};
  const over = new Promise<PipeEnd>((resolve) => {
    settle = resolve;
  });
  let isOver = false;
  void over.then(() => {
    isOver = true;
    wake();
  });

  const say = (text: string) => {
    if (ours && channel.readyState === "open") channel.send(text);
  };
  const check = () => {
    if (isSent && (isReceived || untilSent)) settle({ end: "done" });
  };
  const receive = (bytes: Uint8Array) => {
    receivedBytes += bytes.length;
    if (receivedBytes - writtenBytes > waitingBytesMax) return settle({ end: "overrun" });
    sink.write(bytes, (error) => {
      if (error) return;
      writtenBytes += bytes.length;
      if (writtenBytes - saidBytes < sayEveryBytes) return;
      saidBytes = writtenBytes;
      say(`taken ${writtenBytes}`);
    });
  };
  const finish = (then: () => void) => {
    if (sink.writableEnded) return;
    sink.end();
    finished(sink).then(then, (error: unknown) => settle({ end: "sink", error }));
  };
  const received = () => {
    isReceived = true;
    say("done");
    check();
  };
  const hear = (text: string) => {
    const [word = "", count = ""] = text.split(" ");
    switch (word) {
      case "taken":
        takenBytes = Math.min(sentBytes, Math.max(takenBytes, Number.parseInt(count, 10) || 0));
        return wake();
      case "end":
        return finish(received);
      case "done":
        isSent = true;
        return check();
    }
  };
  const send = async () => {
    for await (const chunk of source ?? []) {
      for (let from = 0; from < chunk.length; from += messageBytes) {
        const piece = chunk.slice(from, from + messageBytes);
        while (ours && sentBytes - takenBytes > windowBytes - piece.length && !isOver) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        if (isOver || channel.readyState !== "open") return;
        channel.send(piece);
        sentBytes += piece.length;
      }
    }
    say("end");
    if (!ours) isSent = true;
    check();
  };

  channel.binaryType = "arraybuffer";
  sink.on("error", (error) => settle({ end: "sink", error }));
  channel.addEventListener("message", ({ data }) => {
    if (isOver) return;
    if (typeof data === "string") return ours ? hear(data) : receive(Buffer.from(`${data}\n`));
    const bytes = bytesOf(data);
    if (bytes !== undefined) receive(bytes);
  });
  channel.addEventListener("close", () => {
    if (!ours) return finish(() => settle({ end: "done" }));
    // Who said its end and went does not want the rest.
    settle({ end: isReceived ? "done" : "broken" });
  });
  send().catch((error: unknown) => settle({ end: "source", error }));
  const end = await over;
  if (channel.readyState === "open") channel.close();
  return end;
};

const bytesOf = (data: unknown): Uint8Array | undefined => {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : undefined;
};
