// SPDX-License-Identifier: MIT
/** Real server processes on one real Redis, each with a line to it that can be cut. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Severable, severable } from "@signalbox/backplane/testing";

export interface ServerNode {
  /** Where its process listens; undefined while there is none. */
  readonly url: string | undefined;
  /** Its process, while there is one. */
  readonly pid: number | undefined;
  readonly proxy: Severable;
  /** All it logged, of all its processes. */
  log(): string;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stands still, and goes on. */
  freeze(): void;
  thaw(): void;
  /** Ends as an operator ends it. */
  end(): Promise<void>;
  stop(): Promise<void>;
}

const main = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url));

export const serverNode = async (
  redisPort: number,
  options: readonly string[] = [],
  port = 0,
): Promise<ServerNode> => {
  const proxy = await severable(redisPort);
  let child: ChildProcess | undefined;
  let url: string | undefined;
  let logged = "";
  const gone = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    if (running === undefined) return;
    child = undefined;
    url = undefined;
    const ended = once(running, "exit");
    running.kill(signal);
    await ended;
  };
  const start = async (): Promise<void> => {
    const args = ["serve", "--host", "127.0.0.1", "--port", String(port), ...options];
    const started = spawn(process.execPath, ["--conditions=@signalbox/source", main, ...args], {
      env: { PATH: process.env.PATH ?? "", SIGNALBOX_REDIS: `redis://127.0.0.1:${proxy.port}` },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const endWithUs = () => started.kill("SIGKILL");
    process.once("exit", endWithUs);
    started.once("exit", () => process.off("exit", endWithUs));
    started.stderr.setEncoding("utf8").on("data", (text: string) => {
      logged += text;
    });
    for await (const line of createInterface({ input: started.stdout })) {
      const found = /listening on (http:\S+)/.exec(line)?.[1];
      if (found === undefined) continue;
      started.stdout.resume();
      child = started;
      url = found;
      return;
    }
    throw new Error(`the server did not start: ${logged}`);
  };
  await start();
  return {
    get url() {
      return url;
    },
    get pid() {
      return child?.pid;
    },
    proxy,
    log: () => logged,
    kill: () => gone("SIGKILL"),
    start,
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
    end: () => gone("SIGTERM"),
    async stop() {
      child?.kill("SIGCONT");
      await gone("SIGKILL");
      await proxy.close();
    },
  };
};
