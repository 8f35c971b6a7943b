// SPDX-License-Identifier: MIT
/** A command that may hold WebRTC connections, from the start of its process to the end. */
import { constants } from "node:os";
import type { Writable } from "node:stream";

/** What `@signalbox/lan` and `@signalbox/peers` need of their process. */
export interface CommandIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly signal: AbortSignal;
}

export const runCommand = async (
  command: (args: readonly string[], io: CommandIo) => Promise<number>,
  args: readonly string[],
): Promise<never> => {
  const abort = new AbortController();
  let by: "SIGINT" | "SIGTERM" | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // A signal to a whole process group comes twice where the parent passes it on.
      by ??= signal;
      abort.abort();
    });
  }
  process.on("disconnect", () => abort.abort());
  const { stdin, stdout, stderr, env } = process;
  const status = await command(args, { stdin, stdout, stderr, environment: env, signal: abort.signal });
  // WebRTC keeps the process alive, and crashes where it ends by itself.
  process.exit(by === undefined ? status : 128 + constants.signals[by]);
};
