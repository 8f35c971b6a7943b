// SPDX-License-Identifier: MIT
/** The content of one read as it comes: what waits to be taken never exceeds the window. */
import type { Timer } from "./channel.ts";
import { failed } from "./failure.ts";
import type { FileEntry, FileReply } from "./wire.ts";

/** A device that sends nothing for so long, while it may, is given up. Milliseconds. */
const silentMs = 60_000;

export interface ReceivingParts {
  readonly asked: { readonly offset: number; readonly length?: number };
  readonly window: number;
  readonly timer: Timer;
  readonly take: (bytes: Uint8Array) => Promise<void> | void;
  readonly begin: (file: FileEntry & { readonly offset: number; readonly length: number }) => void;
  /** Tells the device how many bytes are taken. */
  readonly say: (bytes: number) => void;
  readonly done: (end: { readonly sha256: string }) => void;
  readonly fail: (error: unknown) => void;
}

export interface Receiving {
  reply(reply: FileReply): void;
  content(bytes: Uint8Array): void;
  fail(error: unknown): void;
  stop(): void;
}

export const receiveContent = (parts: ReceivingParts): Receiving => {
  const { asked, window, timer, take, begin, say } = parts;
  const waiting: Uint8Array[] = [];
  let length: number | undefined;
  let received = 0;
  let taken = 0;
  let said = 0;
  let isTaking = false;
  let isOver = false;
  let sha256: string | undefined;
  let cancel = () => {};

  const over = () => {
    isOver = true;
    waiting.length = 0;
    cancel();
  };
  const fail = (error: unknown) => {
    if (isOver) return;
    over();
    parts.fail(error);
  };
  const listen = () => {
    cancel();
    cancel = timer.after(silentMs, () => fail(failed("SILENT")));
  };
  const finish = () => {
    if (isOver || isTaking || sha256 === undefined || waiting.length > 0) return;
    if (length === undefined || taken !== length) return fail(failed("CORRUPT"));
    over();
    parts.done({ sha256 });
  };
  const takeAll = async (): Promise<void> => {
    isTaking = true;
    // Whoever takes slowly is not a silent device.
    cancel();
    for (let bytes = waiting.shift(); bytes !== undefined; bytes = waiting.shift()) {
      await take(bytes);
      if (isOver) return;
      taken += bytes.length;
      if (taken - said >= window / 4) {
        said = taken;
        say(taken);
      }
    }
    isTaking = false;
    listen();
    finish();
  };

  listen();
  return {
    fail,
    stop: over,
    reply(reply) {
      if (isOver) return;
      if (reply.type === "content" && length === undefined) {
        const expected = Math.min(asked.length ?? reply.size, reply.size - asked.offset);
        if (reply.offset !== asked.offset || reply.length !== expected) return fail(failed("OVERRUN"));
        length = reply.length;
        begin(reply);
      } else if (reply.type === "end") {
        sha256 = reply.sha256;
        finish();
      }
    },
    content(bytes) {
      if (isOver) return;
      received += bytes.length;
      if (length === undefined || received > length || received - taken > window)
        return fail(failed("OVERRUN"));
      waiting.push(bytes);
      if (!isTaking) takeAll().catch(fail);
    },
  };
};
