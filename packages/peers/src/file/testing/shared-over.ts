// SPDX-License-Identifier: MIT
/** A source shared over a real data channel. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { twoEnds } from "../../testing/connected.ts";
import type { Timer } from "../channel.ts";
import { type FileClient, openFiles } from "../client.ts";
import { createDigests } from "../digesting.ts";
import { FileError } from "../failure.ts";
import { newHash } from "../node/folder.ts";
import { shareOn } from "../sharing.ts";
import type { FileSource } from "../source.ts";
import { fileProtocol } from "../wire.ts";

export const realTimer: Timer = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

export interface SharedOver {
  readonly files: FileClient;
  /** The client's end, for what a client would never say. */
  readonly channel: RTCDataChannel;
  /** The device's end. */
  readonly device: RTCDataChannel;
}

const opened = (channel: RTCDataChannel): Promise<void> =>
  channel.readyState === "open"
    ? Promise.resolve()
    : new Promise((resolve) => channel.addEventListener("open", () => resolve(), { once: true }));

/** A channel at whose ends nobody is yet. */
export const bareChannel = async (
  test: Pick<TestContext, "after">,
): Promise<{ readonly channel: RTCDataChannel; readonly device: RTCDataChannel }> => {
  const ends = twoEnds(test);
  const [channel, theirs] = ends.channel(fileProtocol);
  await ends.connect();
  const device = await theirs;
  await opened(channel);
  return { channel, device };
};

export const sharedOver = async (
  test: Pick<TestContext, "after">,
  source: FileSource,
  timer: Timer = realTimer,
): Promise<SharedOver> => {
  const { channel, device } = await bareChannel(test);
  shareOn(device, { source, label: "Made up", newHash, digests: createDigests(newHash), timer });
  return { files: openFiles(channel, timer), channel, device };
};

/** The next text message that comes. */
export const nextText = (channel: RTCDataChannel): Promise<{ readonly [name: string]: unknown }> =>
  new Promise((resolve) => {
    const take = ({ data }: MessageEvent) => {
      if (typeof data !== "string") return;
      channel.removeEventListener("message", take);
      resolve(JSON.parse(data));
    };
    channel.addEventListener("message", take);
  });

/** A timer that a test turns. */
export const handTimer = () => {
  const waiting = new Map<number, { readonly at: number; readonly run: () => void }>();
  let now = 0;
  let count = 0;
  return {
    after(ms: number, run: () => void) {
      count += 1;
      const key = count;
      waiting.set(key, { at: now + ms, run });
      return () => void waiting.delete(key);
    },
    pass(ms: number) {
      now += ms;
      for (const [key, { at, run }] of [...waiting]) {
        if (at > now || !waiting.delete(key)) continue;
        run();
      }
    },
    /** Those that wait. */
    count: () => waiting.size,
  };
};

/** Why something asked of a device did not happen. */
export const reasonOf = async (asked: Promise<unknown>): Promise<string> =>
  asked.then(
    () => "no error",
    (error: unknown) => {
      assert.ok(error instanceof FileError, String(error));
      return error.reason;
    },
  );
