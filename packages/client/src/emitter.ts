// SPDX-License-Identifier: MIT
/** Typed events. */

type Named = { readonly [name: string]: readonly unknown[] };

/** A listener, wrapped, so that one function attached twice is told twice and leaves once. */
interface Attached {
  tell(...args: readonly unknown[]): unknown;
}

export interface Emits<Events extends Named> {
  /**
   * Calls `listener` for each such event, until the returned function is called or `signal` aborts. What a listener
   * throws is reported as uncaught; the other listeners and the protocol go on.
   */
  on<Name extends keyof Events & string>(
    name: Name,
    listener: (...args: Events[Name]) => unknown,
    options?: { readonly signal?: AbortSignal },
  ): () => void;
}

export interface Emitter<Events extends Named> extends Emits<Events> {
  emit<Name extends keyof Events & string>(name: Name, ...args: Events[Name]): void;
}

/** Events kept for a listener that is still to come, per name; beyond it the oldest is dropped. */
const heldMax = 64;

/** `held`: names whose events wait for their first listener, for those that come while it is being attached. */
export const emitter = <Events extends Named>(
  held: readonly (keyof Events & string)[] = [],
): Emitter<Events> => {
  const listeners = new Map<string, Set<Attached>>();
  const waiting = new Map<string, (readonly unknown[])[]>(held.map((name) => [name, []]));
  const tell = (own: Attached, args: readonly unknown[]) => {
    try {
      own.tell(...args);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  };
  return {
    on(name, listener, options) {
      const signal = options?.signal;
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      const own: Attached = { tell: listener };
      const off = () => {
        set.delete(own);
        signal?.removeEventListener("abort", off);
      };
      if (signal?.aborted) return off;
      signal?.addEventListener("abort", off);
      set.add(own);
      const missed = waiting.get(name);
      waiting.delete(name);
      for (const args of missed ?? []) tell(own, args);
      return off;
    },
    emit(name, ...args) {
      const missed = waiting.get(name);
      if (missed !== undefined) {
        missed.push(args);
        if (missed.length > heldMax) missed.shift();
      }
      for (const own of [...(listeners.get(name) ?? [])]) tell(own, args);
    },
  };
};
