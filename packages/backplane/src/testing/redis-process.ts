// SPDX-License-Identifier: MIT
/** A real redis-server on a loopback port, in a folder of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

export interface RedisProcess {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Ends it at once. */
  kill(): Promise<void>;
  /** Ends it as an operator does who wants to keep everything: it writes all it holds to disk. */
  shutDown(): Promise<void>;
  /** Takes away what it wrote to disk. */
  forget(): Promise<void>;
  /** Starts it again on the same port and in the same folder: with what it wrote to disk, if anything. */
  restart(): Promise<void>;
  /** What `redis-cli` answers to this command, as text. */
  command(...words: readonly string[]): Promise<string>;
  /** Writes everything to disk, as `SAVE` does. */
  save(): Promise<unknown>;
  stop(): Promise<void>;
}

/** A port that nobody listens on right now. */
export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
};

/** Without a snapshot and a log, unless `settings` say otherwise: what is not saved is forgotten with the process. */
export const startRedis = async (settings: readonly string[] = []): Promise<RedisProcess> => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-redis-"));
  const port = await freePort();
  let child: ChildProcess;
  const run = async (): Promise<void> => {
    child = spawn(
      "redis-server",
      ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", ...settings],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    // A test that dies takes its server with it.
    const started = child;
    const endWithUs = () => started.kill("SIGKILL");
    process.once("exit", endWithUs);
    started.once("exit", () => process.off("exit", endWithUs));
    const { stdout } = child;
    if (stdout === null) throw new Error("no output");
    for await (const line of createInterface({ input: stdout })) {
      if (line.includes("Ready to accept connections")) {
        stdout.resume();
        return;
      }
    }
    throw new Error("redis-server did not start");
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  const command = async (...words: readonly string[]): Promise<string> => {
    const cli = spawn("redis-cli", ["-p", String(port), ...words], { stdio: ["ignore", "pipe", "inherit"] });
    const output = await text(cli.stdout);
    if (/^(ERR|\(error\))/.test(output)) throw new Error(output);
    return output;
  };
  await run();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    get pid() {
      return child.pid ?? 0;
    },
    kill,
    async shutDown() {
      const ended = once(child, "exit");
      await command("shutdown", "save");
      await ended;
    },
    async forget() {
      for (const written of ["dump.rdb", "appendonlydir"])
        await rm(join(folder, written), { recursive: true, force: true });
    },
    restart: run,
    command,
    save: () => command("save"),
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
