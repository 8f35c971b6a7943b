// SPDX-License-Identifier: MIT
/** Promises that are settled from outside, and that give up when a signal aborts. */

export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export const deferred = <T>(): Deferred<T> => {
  // Set before the constructor returns.
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
};

/** The promise, or a rejection with the signal's reason as soon as it aborts. */
export const unlessAborted = <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
  if (signal === undefined) return promise;
  const either = deferred<T>();
  const abort = () => either.reject(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener("abort", abort);
  promise.then(either.resolve, either.reject).finally(() => signal.removeEventListener("abort", abort));
  return either.promise;
};
