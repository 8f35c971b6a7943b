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
  /** After this it is ended. Milliseconds. */
  readonly longestMs: number;
  /** One sentence. */
  readonly onProblem: (sentence: string) => void;
  /** Ends the one that runs. */
  readonly signal: AbortSignal;
}

/** False where it was left out: one runs still, or ran a moment ago. */
export type Hook = (variables: { readonly [name: string]: string }) => boolean;

export const hook = (options: HookOptions): Hook => {
  const { command, environment, ground, everyMs, longestMs, onProblem, signal } = options;
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

  return (variables) => {
    const now = ground.now();
    if (runs || signal.aborted || now - startedAt < everyMs) return false;
    runs = true;
    startedAt = now;
    run(variables)
      .catch((error: unknown) => onProblem(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        runs = false;
      });
    return true;
  };
};
