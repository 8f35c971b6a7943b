// SPDX-License-Identifier: MIT
/** Commands of the reference peers, run in this process. */
import { Readable, Writable } from "node:stream";
import type { TestContext } from "node:test";
import { peerCommands, type Status } from "@signalbox/peers/command";

export interface RunningCommand {
  readonly status: Promise<Status>;
  abort(): void;
  out(): string;
  said(): string;
  /** Settles when standard error has this; rejects where the command ends without. */
  says(pattern: RegExp): Promise<RegExpExecArray>;
  /** Settles when standard output has this; rejects where the command ends without. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
}

const collector = () => {
  let content = "";
  const waiting = new Set<() => void>();
  return {
    content: () => content,
    sink: new Writable({
      write(chunk: Buffer, _encoding, done) {
        content += chunk.toString();
        done();
        for (const look of [...waiting]) look();
      },
    }),
    has: (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve) => {
        const look = () => {
          const found = pattern.exec(content);
          if (found === null) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
};

/** `signalbox NAME ARGS…`, ended with the test at the latest. */
export const runCommand = (
  test: Pick<TestContext, "after">,
  [name = "", ...args]: readonly string[],
  {
    stdin = Readable.from([]),
    environment = {},
  }: {
    readonly stdin?: AsyncIterable<Uint8Array>;
    readonly environment?: { readonly [name: string]: string };
  } = {},
): RunningCommand => {
  const command = peerCommands[name];
  if (command === undefined) throw new Error(`there is no command ${name}`);
  const abort = new AbortController();
  const [stdout, stderr] = [collector(), collector()];
  const status = command(args, {
    stdin,
    stdout: stdout.sink,
    stderr: stderr.sink,
    environment,
    signal: abort.signal,
  });
  test.after(() => {
    abort.abort();
    return status;
  });
  const orEnd = (found: Promise<RegExpExecArray>): Promise<RegExpExecArray> =>
    Promise.race([
      found,
      status.then((ended) => Promise.reject(new Error(`it ended with ${ended}: ${stderr.content()}`))),
    ]);
  return {
    status,
    abort: () => abort.abort(),
    out: stdout.content,
    said: stderr.content,
    says: (pattern) => orEnd(stderr.has(pattern)),
    prints: (pattern) => orEnd(stdout.has(pattern)),
  };
};
