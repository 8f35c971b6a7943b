// SPDX-License-Identifier: MIT
/**
 * A device in a process of its own, started again where that crashed: WebRTC for Node is native code, and wrtc 0.10.0
 * does not survive every connection that breaks while something is sent over it.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { constants } from "node:os";
import { setTimeout as pause } from "node:timers/promises";

/** Set for the process that is the device. */
export const supervisedBy = "SIGNALBOX_SUPERVISED";

/** How native code ends that has lost its way. */
const crashes: readonly (NodeJS.Signals | null)[] = ["SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGTRAP"];

/** Before it is started again; doubled with each crash that follows soon, up to a minute. Milliseconds. */
const firstPauseMs = 500;
const longestPauseMs = 60_000;
/** Whoever lives that long has recovered. Milliseconds. */
const recoveredMs = 60_000;

/** Runs `signalbox ARGS…` until it ends by itself or is told to. Under the same id and token each time. */
export const supervise = async (args: readonly string[]): Promise<never> => {
  const [, main = ""] = process.argv;
  const env = {
    SIGNALBOX_DEVICE_ID: `device-${randomBytes(5).toString("hex")}`,
    SIGNALBOX_DEVICE_TOKEN: randomBytes(32).toString("hex"),
    ...process.env,
    [supervisedBy]: String(process.pid),
  };
  const ending = new AbortController();
  for (let pauseMs = firstPauseMs; ; ) {
    const startedAt = performance.now();
    const child = spawn(process.execPath, [...process.execArgv, main, ...args], {
      // The fourth is how the device notices that its supervisor is gone.
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      env,
    });
    const pass = (signal: NodeJS.Signals): void => {
      ending.abort();
      child.kill(signal);
    };
    process.on("SIGINT", pass).on("SIGTERM", pass);
    const [status, signal]: readonly [number | null, NodeJS.Signals | null] = await new Promise((resolve) =>
      child.once("exit", (...end) => resolve(end)),
    );
    process.off("SIGINT", pass).off("SIGTERM", pass);
    if (!crashes.includes(signal) || ending.signal.aborted) {
      process.exit(signal === null ? (status ?? 1) : 128 + constants.signals[signal]);
    }
    if (performance.now() - startedAt > recoveredMs) pauseMs = firstPauseMs;
    process.stderr.write(`signalbox ${args[0]}: the WebRTC stack crashed (${signal}); starting again\n`);
    await pause(pauseMs);
    pauseMs = Math.min(longestPauseMs, pauseMs * 2);
  }
};

/** Commands that are a device. */
export const isDevice = ([name, verb]: readonly string[]): boolean =>
  (name === "files" && verb === "share") || ((name === "camera" || name === "sensor") && verb === "serve");
