// SPDX-License-Identifier: MIT
/** Shows pictures at an even pace. */
import { blackPicture, type Picture } from "./y4m.ts";

export interface PlayerGround {
  /** Milliseconds; only differences count. */
  now(): number;
  after(ms: number, run: () => void): () => void;
}

export interface PlayerOptions {
  readonly pictures: AsyncIterable<Picture>;
  /** Pictures in a second. */
  readonly rate: number;
  readonly show: (picture: Picture) => void;
  readonly ground: PlayerGround;
  readonly signal?: AbortSignal;
}

/** So late, and the rest is shown later altogether instead of hurrying after it. Milliseconds. */
const lateMs = 1_000;

/** Shows each picture when it is due. Settles when the last one was shown, or the signal came; rejects where reading fails. */
export const play = async ({ pictures, rate, show, ground, signal }: PlayerOptions): Promise<void> => {
  let due: number | undefined;
  for await (const picture of pictures) {
    due ??= ground.now();
    if (ground.now() - due > lateMs) due = ground.now();
    await until(due, ground, signal);
    if (signal?.aborted) return;
    show(picture);
    due += 1_000 / rate;
  }
};

const until = (due: number, ground: PlayerGround, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    const wait = due - ground.now();
    if (wait <= 0 || signal?.aborted) return resolve();
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = ground.after(wait, done);
    signal?.addEventListener("abort", done);
  });

/** Black pictures a second, where there is nothing else to show: enough to keep a stream alive. */
const blackRate = 5;

/** Shows black until it is stopped. */
export const playBlack = (
  show: (picture: Picture) => void,
  ground: PlayerGround,
  width = 320,
  height = 240,
): (() => void) => {
  const picture = blackPicture(width, height);
  let cancel = () => {};
  const next = () => {
    show(picture);
    cancel = ground.after(1_000 / blackRate, next);
  };
  next();
  return () => cancel();
};
