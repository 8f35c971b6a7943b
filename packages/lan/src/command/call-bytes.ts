// SPDX-License-Identifier: MIT
/** The bytes of a call: standard input and output, or files. */
import { createReadStream } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { Writable } from "node:stream";
import type { LanGround } from "../exchange.ts";
import { runPipe } from "../pipe/pipe.ts";
import type { CommandIo } from "./io.ts";

export interface BytesParts {
  readonly io: CommandIo;
  readonly ground: Pick<LanGround, "after">;
  /** The file that is sent. */
  readonly send: string | undefined;
  /** The file that is written. */
  readonly receive: FileHandle | undefined;
}

/** Pipes bytes over the channel until both directions have ended. Rejects with a sentence where they did not. */
export const pipeBytes = async (channel: RTCDataChannel, parts: BytesParts): Promise<void> => {
  const { io, send, receive, ground } = parts;
  const source = send !== undefined ? createReadStream(send) : receive === undefined ? io.stdin : undefined;
  const outcome = await runPipe({
    channel,
    sink: receive === undefined ? kept(io.stdout) : receive.createWriteStream(),
    ...(source === undefined ? {} : { source }),
    untilSent: send !== undefined && receive === undefined,
  });
  switch (outcome.end) {
    case "done":
      return whenClosed(channel, ground);
    case "broken":
      throw new Error("The other side went before its end.");
    case "overrun":
      throw new Error("The other side sends faster than this one can write.");
    case "source":
    case "sink":
      throw outcome.error;
  }
};

/** How long what was said last may take to arrive. Milliseconds. */
const farewellMs = 2_000;

/** A channel that is closed still delivers what was sent before; a connection that is closed does not. */
const whenClosed = (channel: RTCDataChannel, ground: Pick<LanGround, "after">): Promise<void> =>
  new Promise((resolve) => {
    if (channel.readyState === "closed") return resolve();
    const cancel = ground.after(farewellMs, resolve);
    channel.addEventListener("close", () => {
      cancel();
      resolve();
    });
  });

/** Standard output outlives whoever writes to it. */
const kept = (stdout: Writable): Writable =>
  new Writable({
    write: (chunk, _encoding, done) => void stdout.write(chunk, (error) => done(error)),
  });
