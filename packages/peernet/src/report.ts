// SPDX-License-Identifier: MIT
import { Code, ConnectError } from "@connectrpc/connect";
import { refusal } from "@signalbox/core";
import { StoreAway } from "@signalbox/core/registry";
import { refusalError } from "./errors.ts";
import type { Methods } from "./method.ts";

/** What is no refusal is a bug, or a disk that is full: the operator is told what, the asker only that. */
const told = (error: unknown, failed: (error: unknown) => void): ConnectError => {
  if (error instanceof ConnectError) return error;
  // Whoever lost the store knows that, and says so.
  if (error instanceof StoreAway) return refusalError(refusal("cluster-away", undefined, 1_000));
  failed(error);
  return new ConnectError("Something went wrong here.", Code.Internal);
};

/** The methods, with each failure reported. */
export const reporting = (methods: Methods, failed: (error: unknown) => void): Methods => {
  const streams: ReadonlySet<string> = new Set(["watchKnocks", "watchKnock"]);
  const wrapped = Object.entries(methods).map(([name, method]) => {
    // What a method takes and gives stays as it was: only its failures pass here.
    const run = method as (...args: readonly unknown[]) => Promise<unknown> & AsyncIterable<unknown>;
    const unary = async (...args: readonly unknown[]): Promise<unknown> => {
      try {
        return await run(...args);
      } catch (error) {
        throw told(error, failed);
      }
    };
    const stream = async function* (...args: readonly unknown[]): AsyncGenerator<unknown> {
      try {
        yield* run(...args);
      } catch (error) {
        throw told(error, failed);
      }
    };
    return [name, streams.has(name) ? stream : unary] as const;
  });
  return Object.fromEntries(wrapped) as unknown as Methods;
};
