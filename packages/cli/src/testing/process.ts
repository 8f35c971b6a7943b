// SPDX-License-Identifier: MIT
/** The command as a real process, and WebSockets to it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";

export interface Command {
  readonly child: ChildProcess;
  /** The next line of standard output. */
  line(): Promise<string>;
  /** All of standard error so far. */
  errors(): string;
  /** The next line of standard error that has this in it. */
  logged(part: string): Promise<void>;
  readonly ended: Promise<{ readonly status: number | null; readonly signal: NodeJS.Signals | null }>;
}

export const command = (
  test: TestContext,
  args: readonly string[],
  environment: { readonly [name: string]: string } = {},
): Command => {
  const main = new URL("../main.ts", import.meta.url).pathname;
  const child = spawn(process.execPath, ["--conditions=@signalbox/source", main, ...args], {
    env: { PATH: process.env.PATH ?? "", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  test.after(() => child.kill("SIGKILL"));
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    async line() {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`it ended: ${errors}`);
      return value;
    },
    errors: () => errors,
    async logged(part) {
      while (!errors.includes(part)) await once(child.stderr, "data");
    },
    ended: once(child, "close").then(([status, signal]) => ({ status, signal })),
  };
};

/** A server that listens, and where. */
export const serving = async (
  test: TestContext,
  args: readonly string[] = [],
  environment: { readonly [name: string]: string } = {},
): Promise<Command & { readonly url: string }> => {
  const started = command(test, ["serve", "--host", "127.0.0.1", "--port", "0", ...args], environment);
  const url = /^Signalbox listening on (https?:\/\/\S+) \(data in .+\)$/.exec(await started.line())?.[1];
  if (url === undefined) throw new Error("it does not say where it listens");
  return { ...started, url };
};

/** An open Unrupt line: the shortest way to hold one. */
export const openLine = async (test: TestContext, url: string): Promise<WebSocket> => {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/websocket/?finger=me`);
  test.after(() => socket.close());
  await once(socket, "open");
  return socket;
};
