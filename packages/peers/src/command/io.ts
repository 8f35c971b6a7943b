// SPDX-License-Identifier: MIT
import type { Writable } from "node:stream";

/** What a command reads, writes and obeys: the process's own, or a test's. */
export interface CommandIo {
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly environment: { readonly [name: string]: string | undefined };
  /** Aborted when somebody presses Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Statuses of the commands: as planned, failed, or a command line that makes no sense. */
export const status = { done: 0, failed: 1, misused: 2 } as const;
export type Status = (typeof status)[keyof typeof status];

/** A command below `signalbox`: what follows its name, and how it ended. */
export type Command = (args: readonly string[], io: CommandIo) => Promise<Status>;
