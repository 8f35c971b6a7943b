// SPDX-License-Identifier: MIT
/** Processes of the bench: each on a core of its own where the system can do that, one question at a time. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export type Core = 0 | 1;

let pins: boolean | undefined;

/** Can processes be kept on a core here? Linux with util-linux, and two cores. */
export const canPin = (): boolean => {
  pins ??= ["0", "1"].every((core) => spawnSync("taskset", ["-c", core, "true"]).status === 0);
  return pins;
};

export interface Child {
  readonly pid: number;
  /** Asks, and fails when the child does, or has no answer by then. Milliseconds. */
  ask(question: unknown, withinMs?: number): Promise<unknown>;
  stop(): Promise<void>;
}

/** Longer than any job of a full run takes. Milliseconds. */
const patienceMs = 300_000;

type Answer = { readonly value: unknown } | { readonly problem: string };

/** Without a core it may run on any. */
export const start = (
  core: Core | undefined,
  file: string,
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): Child => {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const command = [process.execPath, "--conditions=@signalbox/source", ...nodeOptions, path, ...args];
  const [program = process.execPath, ...rest] =
    core !== undefined && canPin() ? ["taskset", "-c", String(core), ...command] : command;
  const child = spawn(program, rest, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`${program} cannot be run`);
  const ended = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(new Error(`${file} ${args.join(" ")} ended: ${signal ?? code}`)),
    );
  });
  // Whoever asks next is told.
  ended.catch(() => {});
  return {
    pid,
    async ask(question, withinMs = patienceMs) {
      const late = Promise.withResolvers<never>();
      const timer = setTimeout(
        () => late.reject(new Error(`${file} ${args.join(" ")} has no answer`)),
        withinMs,
      );
      try {
        const answer = once(child, "message");
        child.send({ question });
        const [told] = (await Promise.race([answer, ended, late.promise])) as [Answer];
        if ("problem" in told) throw new Error(told.problem);
        return told.value;
      } finally {
        clearTimeout(timer);
      }
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
};

/** In a child: answers what its parent asks, and ends when the parent is gone. */
export const answering = <Question>(answer: (question: Question) => Promise<unknown>): void => {
  process.on("disconnect", () => process.exit());
  process.on("message", (message: { readonly question: Question }) => {
    answer(message.question).then(
      (value) => process.send?.({ value }),
      (error: unknown) =>
        process.send?.({ problem: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
};
