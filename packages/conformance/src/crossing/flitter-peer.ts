// SPDX-License-Identifier: MIT
/**
 * A peer that behaves as Flitter's `!websocket` signaling does (flitter-webrtc 1.0): its states, its frames word for
 * word, its leaving as soon as descriptions are exchanged, its retries. Held to recordings of the original by
 * `faithful.test.ts`.
 */
import type { Clock } from "@signalbox/core";
import type { Wire } from "./wire.ts";

/** What Flitter asks of its WebRTC stack. Descriptions are complete: they hold every candidate. */
export interface CompleteEndpoint {
  offer(): Promise<string>;
  answer(offer: string): Promise<string>;
  finish(answer: string): Promise<void>;
  close(): void;
}

export interface FlitterParts<Endpoint extends CompleteEndpoint> {
  readonly room: string;
  readonly id: string;
  /** Whom to call. Without it the peer waits to be called. */
  readonly call?: string;
  readonly dial: () => Promise<Wire>;
  readonly endpoint: () => Promise<Endpoint>;
  readonly clock: Clock;
}

/**
 * `done`: descriptions are exchanged, the server is left, the connection goes on. `given-up`: what the original takes
 * for a fault in the program, after which it does nothing more.
 */
export type FlitterEnd<Endpoint> =
  | { readonly how: "done"; readonly endpoint: Endpoint }
  | { readonly how: "given-up"; readonly why: unknown };

export interface FlitterPeer<Endpoint> {
  readonly ended: Promise<FlitterEnd<Endpoint>>;
  /** Every list of members it was told, oldest first. */
  readonly lists: readonly (readonly string[])[];
  /** Why it went back to the beginning, each time. */
  readonly setbacks: readonly string[];
  /** Settles when it has gone back to the beginning, the given number of times. */
  setBack(times: number): Promise<void>;
  /** Settles with the first list that fits, told before or from now on. */
  listed(fits: (members: readonly string[]) => boolean): Promise<readonly string[]>;
  /** The program ends. */
  stop(): void;
}

/** How long it waits before it connects again. Milliseconds. */
const afterError = 5_000;
const afterNonsense = 1_000;

/** A reason to begin anew. */
class Setback extends Error {
  readonly waitMs: number;
  constructor(why: string, waitMs: number) {
    super(why);
    this.waitMs = waitMs;
  }
}

type State = "make" | "wait" | "wait-answer" | "wait-finished";

interface Told {
  readonly type?: unknown;
  readonly from?: unknown;
  readonly offer?: unknown;
  readonly answer?: unknown;
  readonly error?: unknown;
  readonly members?: unknown;
}

export const flitterPeer = <Endpoint extends CompleteEndpoint>(
  parts: FlitterParts<Endpoint>,
): FlitterPeer<Endpoint> => {
  const { room, id, call, dial, clock } = parts;
  const lists: (readonly string[])[] = [];
  const setbacks: string[] = [];
  const watchers = new Set<() => void>();
  let wire: Wire | undefined;
  let endpoint: Endpoint | undefined;
  let stopped = false;
  let cancelWait = (): void => {};

  /** Settles when the look, taken now and after all that happens, finds something. */
  const when = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const watch = () => {
        const found = look();
        if (found === undefined) return;
        watchers.delete(watch);
        resolve(found);
      };
      watchers.add(watch);
      watch();
    });

  const hold = <T>(key: keyof Told, message: Told, fits: (value: unknown) => value is T): T => {
    const value = message[key];
    if (!fits(value)) throw new Setback(`no ${key}`, afterNonsense);
    return value;
  };

  /** A list nobody waits for is not looked at. */
  const membersOf = (message: Told, needed: boolean): readonly string[] | undefined => {
    const members = message.members;
    if (!isStrings(members)) {
      if (needed) throw new Setback("no members", afterNonsense);
      return undefined;
    }
    lists.push(members);
    for (const watch of [...watchers]) watch();
    return members;
  };

  /** One connection, from the join to the exchange of descriptions. */
  const exchange = async (line: Wire): Promise<Endpoint> => {
    const say = (frame: object) => line.send(JSON.stringify(frame));
    say({ type: "join", id, room });
    const own = await parts.endpoint();
    endpoint = own;
    let state: State = call === undefined ? "wait" : "make";
    let peer: string | undefined;
    for await (const text of line.texts) {
      const message = parse(text);
      const type = hold("type", message, isString);
      const here =
        type === "members" ? membersOf(message, state === "make" || peer !== undefined) : undefined;
      if (type === "error") throw new Setback(hold("error", message, isString), afterError);
      if (here !== undefined && state === "make" && call !== undefined && here.includes(call)) {
        peer = call;
        say({ type: "call", to: peer, offer: await own.offer() });
        state = "wait-answer";
      } else if (here !== undefined && peer !== undefined && !here.includes(peer)) {
        throw new Setback(`${peer} disappeared`, afterError);
      } else if (type === "call" && (state === "make" || state === "wait")) {
        peer = hold("from", message, isString);
        say({ type: "answer", to: peer, answer: await own.answer(hold("offer", message, isString)) });
        state = "wait-finished";
      } else if (type === "answer" && state === "wait-answer" && message.from === peer) {
        await own.finish(hold("answer", message, isString));
        say({ type: "finished", to: peer });
        return own;
      } else if (type === "finished" && state === "wait-finished" && message.from === peer) {
        return own;
      }
    }
    throw new Setback("the server closed the socket", afterError);
  };

  const run = async (): Promise<FlitterEnd<Endpoint>> => {
    for (;;) {
      try {
        wire = await dial().catch((error: unknown) => {
          // Nobody there: that may change. An HTTP status in place of the upgrade: that may not.
          throw isUnreachable(error) ? new Setback("cannot connect", afterError) : error;
        });
        return { how: "done", endpoint: await exchange(wire) };
      } catch (error) {
        endpoint?.close();
        endpoint = undefined;
        if (!(error instanceof Setback) || stopped) return { how: "given-up", why: error };
        setbacks.push(error.message);
        for (const watch of [...watchers]) watch();
        wire?.close();
        await new Promise<void>((resolve) => {
          const cancel = clock.after(error.waitMs, resolve);
          cancelWait = () => {
            cancel();
            resolve();
          };
        });
        if (stopped) return { how: "given-up", why: "stopped" };
      } finally {
        wire?.close();
      }
    }
  };

  return {
    ended: run(),
    lists,
    setbacks,
    setBack: (times) => when(() => (setbacks.length >= times ? true : undefined)).then(() => {}),
    listed: (fits) => when(() => lists.find(fits)),
    stop() {
      stopped = true;
      cancelWait();
      wire?.close();
      endpoint?.close();
    },
  };
};

/** What is JSON but no object the original does not expect: it gives up. */
const parse = (text: string): Told => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Setback("not JSON", afterNonsense);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError("not an object");
  return value as Told;
};

const isUnreachable = (error: unknown): boolean => error instanceof Error && "code" in error;

const isString = (value: unknown): value is string => typeof value === "string";
const isStrings = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every(isString);
