// SPDX-License-Identifier: MIT
import { Readable, Writable } from "node:stream";
import type { TestContext } from "node:test";
import type { Status } from "../command/io.ts";
import { lanCommand } from "../command/lan.ts";
import type { LanGround } from "../exchange.ts";
import { systemGround } from "../system-ground.ts";

export interface StartedCommand {
  readonly status: Promise<Status>;
  abort(): void;
  out(): Buffer;
  said(): string;
  /** Settles when standard error has this. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Settles when standard output has this. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
}

export interface CommandParts {
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly ground?: LanGround;
  readonly environment?: { readonly [name: string]: string };
}

/** What was written, and promises of what will be. */
const collector = () => {
  let content = Buffer.alloc(0);
  const waiting = new Set<() => void>();
  return {
    content: () => content,
    sink: new Writable({
      write(chunk, _encoding, done) {
        content = Buffer.concat([content, chunk]);
        done();
        for (const look of waiting) look();
      },
    }),
    has: (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve) => {
        const look = () => {
          const found = pattern.exec(content.toString());
          if (found === null) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
};

/** A command that runs in this process. Ended with the test at the latest. */
export const startedCommand = (
  context: TestContext,
  args: readonly string[],
  parts: CommandParts = {},
): StartedCommand => {
  const { stdin = Readable.from([]), ground = systemGround, environment = {} } = parts;
  const abort = new AbortController();
  const [stdout, stderr] = [collector(), collector()];
  const status = lanCommand(
    args,
    { stdin, stdout: stdout.sink, stderr: stderr.sink, environment, signal: abort.signal },
    { ground },
  );
  context.after(() => {
    abort.abort();
    return status;
  });
  return {
    status,
    abort: () => abort.abort(),
    out: stdout.content,
    said: () => stderr.content().toString(),
    says: stderr.has,
    prints: stdout.has,
  };
};

/** A ground on which so long a time is over when the test says so, and everything else as usual. */
export const groundWithout = (ms: number): { readonly ground: LanGround; readonly over: () => void } => {
  let run = () => {};
  return {
    over: () => run(),
    ground: {
      ...systemGround,
      after(afterMs, then) {
        if (afterMs !== ms) return systemGround.after(afterMs, then);
        run = then;
        return () => {
          run = () => {};
        };
      },
    },
  };
};
