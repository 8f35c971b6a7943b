// SPDX-License-Identifier: MIT
/**
 * Frames to the server: numbered in order, kept until they are answered, written again after a resume, and paced so
 * that the server's rate limit is never met.
 */
import { createAlarm } from "./alarm.ts";
import type { Clock } from "./clock.ts";
import { failure } from "./failure.ts";
import type { Asking, LineLimits, ServerFrame } from "./wire.ts";

/** Frames not answered yet. 512: more than the candidates of 30 calls begun while the line is away. */
const framesMax = 512;
/** The same in bytes: four frames of the greatest size a server takes by default. */
const bytesMax = 1_048_576;
/** Room for `"seq":9007199254740991,`. */
const seqBytes = 23;

export type Answer = Extract<ServerFrame, { readonly of?: number }>;

export interface Ask {
  readonly frame: Asking;
  /** Told once: the frame whose `of` names this one. */
  answered(answer: Answer): void;
  failed(error: unknown): void;
  /** Told of every later receipt, where there is one. */
  later?(answer: Answer): void;
  /** A join: goes before all that waits, as the first frame of a line where it is that. */
  readonly first?: boolean;
}

interface Item extends Ask {
  readonly json: string;
  readonly bytes: number;
  /** Given when it is first written. */
  seq?: number;
  /** On the present line. */
  written?: boolean;
}

export interface Outbox {
  /** Writes it now or as soon as the line takes it. The returned function takes back what was never written. */
  add(ask: Ask): () => void;
  answer(answer: Answer): void;
  /** A session is attached and takes frames; those above `seen` are written again. */
  attach(seen: number): void;
  detach(): void;
  /** A new session, not attached yet: whatever is left fails, and numbers begin at 1. */
  restart(error: unknown): void;
  /** Fails what is not answered: what was written up to a number, or everything. */
  fail(error: unknown, upTo?: number): void;
  limits(limits: LineLimits): void;
}

export const createOutbox = (clock: Clock, write: (text: string) => void): Outbox => {
  /** Numbered ones first, in order; then those never written. */
  let items: Item[] = [];
  /** Answered once, but with more to hear. Bounded: the oldest is forgotten. */
  const following = new Map<number, Ask>();
  let last = 0;
  let bytes = 0;
  let open = false;
  let limits: LineLimits | undefined;
  let tokens = 0;
  let filledAt = clock.now();
  const pause = createAlarm(clock);

  const remove = (gone: (item: Item) => boolean): readonly Item[] => {
    const removed = items.filter(gone);
    items = items.filter((item) => !gone(item));
    for (const item of removed) bytes -= item.bytes;
    return removed;
  };

  /** Takes leave of the server's bucket to send one frame; without it, comes back when there is. */
  const mayWrite = (): boolean => {
    if (limits === undefined) return true;
    const { frameBurst, framesPerSecond } = limits;
    const now = clock.now();
    tokens = Math.min(frameBurst, tokens + ((now - filledAt) * framesPerSecond) / 1000);
    filledAt = now;
    if (tokens >= 1) {
      tokens -= 1;
      return true;
    }
    pause.set(((1 - tokens) * 1000) / framesPerSecond, flush);
    return false;
  };

  const flush = () => {
    while (open && !pause.pending) {
      const item = items.find(({ written }) => !written);
      if (item === undefined || !mayWrite()) return;
      put(item);
    }
  };

  const put = (item: Item) => {
    item.seq ??= ++last;
    item.written = true;
    write(`{"seq":${item.seq},${item.json.slice(1)}`);
  };

  const fail = (error: unknown, upTo?: number) => {
    const fails = ({ seq }: Item) => upTo === undefined || (seq !== undefined && seq <= upTo);
    for (const item of remove(fails)) item.failed(error);
  };

  return {
    add(ask) {
      const json = JSON.stringify(ask.frame);
      const size = new TextEncoder().encode(json).length + seqBytes;
      const item: Item = { ...ask, json, bytes: size };
      if (size > (limits?.frameBytes ?? Number.POSITIVE_INFINITY)) ask.failed(failure("too-large"));
      else if (items.length >= framesMax || bytes + size > bytesMax) ask.failed(failure("queue-full"));
      else {
        bytes += size;
        if (ask.first) {
          // The line is open, though nothing else may be written yet.
          items.splice(items.filter(({ seq }) => seq !== undefined).length, 0, item);
          put(item);
        } else {
          items.push(item);
          flush();
        }
      }
      return () => {
        remove((other) => other === item && other.seq === undefined);
      };
    },
    answer(answer) {
      if (answer.of === undefined) return;
      const [item] = remove(({ seq }) => seq === answer.of);
      const followed = following.get(answer.of);
      item?.answered(answer);
      if (item === undefined) followed?.later?.(answer);
      if (answer.type !== "receipt") return;
      const { fate, of } = answer;
      if (fate !== "sent" && fate !== "queued") following.delete(of);
      else if (item?.later !== undefined) {
        following.set(of, item);
        const [oldest] = following.keys();
        if (following.size > framesMax && oldest !== undefined) following.delete(oldest);
      }
    },
    attach(seen) {
      open = true;
      // The server's bucket belongs to the line: a new one is full.
      tokens = limits?.frameBurst ?? 0;
      filledAt = clock.now();
      for (const item of items) item.written = item.seq !== undefined && item.seq <= seen;
      flush();
    },
    detach() {
      open = false;
      pause.stop();
    },
    restart(error) {
      last = 0;
      following.clear();
      fail(error);
    },
    fail,
    limits(given) {
      limits = given;
    },
  };
};
