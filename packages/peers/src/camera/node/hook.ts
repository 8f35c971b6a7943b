// SPDX-License-Identifier: MIT
/** A command of the owner's that runs when something happens: one at a time, not too often, never for ever. */
import { spawn } from "node:child_process";
import { once } from "node:events";

export interface HookOptions {
  /** For the shell. */
  readonly command: string;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly ground: { now(): number; after(ms: number, run: () => void): () => void };
  /** The least time between two starts. Milliseconds. */
  readonly everyMs: number;
  /** While one runs, so many more wait for their turn. Default: none, they are left out. */
  readonly waitingMax?: number;
  /** After this it is ended. Milliseconds. */
  readonly longestMs: number;
  /** One sentence. */
  readonly onProblem: (sentence: string) => void;
  /** Ends the one that runs. */
  readonly signal: AbortSignal;
}

/** False where it was left out: one runs still and no more can wait, or one ran a moment ago. */
export type Hook = (variables: { readonly [name: string]: string }) => boolean;

export const hook = (options: HookOptions): Hook => {
  const { command, environment, ground, everyMs, waitingMax = 0, longestMs, onProblem, signal } = options;
  const waiting: { readonly [name: string]: string }[] = [];
  let runs = false;
  let startedAt = Number.NEGATIVE_INFINITY;

  const run = async (variables: { readonly [name: string]: string }): Promise<void> => {
    // A group of its own, so that what the shell starts ends with it.
    const child = spawn(command, {
      shell: true,
      detached: true,
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...environment, ...variables },
    });
    const end = () => {
      if (child.pid === undefined) return;
      try {
        process.kill(-child.pid, "SIGTERM");
      } catch {
        // It is gone already.
      }
    };
    const cancel = ground.after(longestMs, () => {
      onProblem(`the command took longer than ${longestMs / 1_000} s and was ended`);
      end();
    });
    signal.addEventListener("abort", end);
    try {
      const [status] = await once(child, "exit");
      if (status !== 0 && status !== null) onProblem(`the command ended with status ${status}`);
    } finally {
      cancel();
      signal.removeEventListener("abort", end);
    }
  };

  const start = (variables: { readonly [name: string]: string }): void => {
    runs = true;
    startedAt = ground.now();
    run(variables)
      .catch((error: unknown) => onProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        runs = false;
        const next = waiting.shift();
        if (next !== undefined && !signal.aborted) start(next);
      });
  };

  return (variables) => {
    if (signal.aborted || ground.now() - startedAt < everyMs) return false;
    if (!runs) start(variables);
    else if (waiting.length < waitingMax) waiting.push(variables);
    else return false;
    return true;
  };
};
