// SPDX-License-Identifier: MIT
/** `signalbox lan …` from the start of its process to the end. */
import { constants } from "node:os";
import { lanCommand } from "@signalbox/lan/command";

export const lan = async (args: readonly string[]): Promise<never> => {
  const abort = new AbortController();
  let by: "SIGINT" | "SIGTERM" | undefined;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // A signal to a whole process group comes twice where the parent passes it on.
      by ??= signal;
      abort.abort();
    });
  }
  const { stdin, stdout, stderr, env } = process;
  const status = await lanCommand(args, { stdin, stdout, stderr, environment: env, signal: abort.signal });
  // WebRTC keeps the process alive, and crashes where it ends by itself.
  process.exit(by === undefined ? status : 128 + constants.signals[by]);
};
