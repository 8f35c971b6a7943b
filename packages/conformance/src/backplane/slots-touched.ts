// SPDX-License-Identifier: MIT
/** What scripts do to keys that they were not given, read from what Redis says it carries out. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type RedisProcess, slotOf } from "@signalbox/backplane/testing";

export interface SlotsTouched {
  /** Commands within scripts that touched a key, so far. */
  readonly seen: number;
  /** Those that touched another slot than that of the key the script was given. */
  readonly strays: readonly string[];
  /** Settles when everything that was carried out before is read. */
  readUp(): Promise<void>;
  stop(): Promise<void>;
}

const keyless = new Set(["TIME", "PUBLISH"]);
const manyKeys = new Set(["EXISTS", "UNLINK"]);
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/ "((?:[^"\\]|\\.)*)"/g)].map(([, word = ""]) => word);

export const slotsTouched = async (servers: readonly RedisProcess[]): Promise<SlotsTouched> => {
  let seen = 0;
  const strays: string[] = [];
  const marks = new Set<string>();
  let marked: (() => void) | undefined;
  const monitors = servers.map((server) => {
    const child = spawn("redis-cli", ["-p", String(server.port), "monitor"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let given = -1;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [command = "", ...words] = wordsOf(line);
      const name = command.toUpperCase();
      if (name === "ECHO") {
        marks.add(words[0] ?? "");
        marked?.();
      } else if (!/ \[\d+ lua\] /.test(line)) {
        if (name === "EVALSHA" || name === "EVAL") given = slotOf(words[2] ?? "");
      } else if (!keyless.has(name)) {
        for (const key of manyKeys.has(name) ? words : words.slice(0, 1)) {
          seen += 1;
          if (slotOf(key) !== given) strays.push(line);
        }
      }
    });
    return child;
  });
  let serial = 0;
  const readUp = async (): Promise<void> => {
    for (const server of servers) {
      serial += 1;
      const mark = `mark-${serial}`;
      // The first may be said before the monitor listens.
      while (!marks.has(mark)) {
        await server.command("echo", mark);
        await new Promise<void>((resolve) => {
          marked = resolve;
          setImmediate(resolve);
        });
      }
    }
  };
  await readUp();
  return {
    get seen() {
      return seen;
    },
    strays,
    readUp,
    async stop() {
      for (const child of monitors) {
        child.kill();
        await once(child, "exit");
      }
    },
  };
};
