// SPDX-License-Identifier: MIT
/** A real redis-server under measurement, and what it counts of itself. */
import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import { type RedisProcess, startRedis } from "@signalbox/backplane/testing";
import { type Core, canPin } from "../child.ts";

const run = promisify(execFile);

/** Counters since the start of the server, and what it holds now. */
export interface RedisCounts {
  /** Scripts run, and the time they took inside, in microseconds. */
  readonly scripts: number;
  readonly scriptMicros: number;
  /** Those that scripts made included. */
  readonly publishes: number;
  readonly publishMicros: number;
  readonly inBytes: number;
  readonly outBytes: number;
  readonly usedBytes: number;
}

export interface MeasuredRedis {
  readonly pid: number;
  /** With a name space of its own. */
  url(prefix: string): string;
  counts(): Promise<RedisCounts>;
  /** As `redis-cli` does. */
  command(...words: readonly string[]): Promise<string>;
  /** From now on the slowest commands are remembered. */
  watchSlow(): Promise<void>;
  /** Microseconds of the slowest one since. */
  slowest(): Promise<number>;
  stop(): Promise<void>;
}

/** Commands that took less are not looked at. Microseconds. */
const slowMicros = 200;
const slowKept = 5_000;
/** Of an answer. Bytes. */
const maxBuffer = 16 * 1024 * 1024;

export const measuredRedis = async (core: Core): Promise<MeasuredRedis> => {
  const redis: RedisProcess = await startRedis(["--maxclients", "1000"]);
  if (canPin()) spawnSync("taskset", ["-a", "-p", "-c", String(core), String(redis.pid)]);
  const command = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await run("redis-cli", ["-p", String(redis.port), ...words], { maxBuffer });
    return stdout.trim();
  };
  return {
    pid: redis.pid,
    url: (prefix) => `${redis.url}?prefix=${prefix}`,
    command,
    async counts() {
      const text = await command("info", "everything");
      const field = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(text)?.[1] ?? 0);
      const stat = (name: string, of: "calls" | "usec") =>
        Number(new RegExp(`^cmdstat_${name}:.*?\\b${of}=(\\d+)`, "m").exec(text)?.[1] ?? 0);
      return {
        scripts: stat("evalsha", "calls") + stat("eval", "calls"),
        scriptMicros: stat("evalsha", "usec") + stat("eval", "usec"),
        publishes: stat("publish", "calls") + stat("spublish", "calls"),
        publishMicros: stat("publish", "usec") + stat("spublish", "usec"),
        inBytes: field("total_net_input_bytes"),
        outBytes: field("total_net_output_bytes"),
        usedBytes: field("used_memory"),
      };
    },
    async watchSlow() {
      await command("config", "set", "slowlog-max-len", String(slowKept));
      await command("config", "set", "slowlog-log-slower-than", String(slowMicros));
      await command("slowlog", "reset");
    },
    async slowest() {
      // Each entry: number, time, microseconds, …; only those of scripts, whose first word stands two lines below.
      const text = await command("slowlog", "get", String(slowKept));
      const lines = text.split("\n");
      await command("config", "set", "slowlog-log-slower-than", "-1");
      return lines.reduce(
        (most, line, at) =>
          line === "EVALSHA" || line === "evalsha" ? Math.max(most, Number(lines[at - 1])) : most,
        0,
      );
    },
    stop: () => redis.stop(),
  };
};
