// SPDX-License-Identifier: MIT
// Runs the command proper under a Node that is new enough, and ends as it ends. Readable by Node 20.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNode, neededMajor } from "./find-node.mjs";

const home = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * What a supervisor or a shell may send. All are passed on, since one that was meant for this process alone looks the
 * same as one for the whole process group; the server takes two of a kind within a moment for one.
 */
const passedOn = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"];

/** Sources in a clone, dist where npm installed the package: Node strips no types below node_modules. */
const entry = () => {
  const source = join(home, "src", "main.ts");
  return existsSync(source)
    ? ["--conditions=@signalbox/source", source]
    : ["--enable-source-maps", join(home, "dist", "main.js")];
};

/**
 * Never returns to its caller: this process ends with the status of the one it starts, or by the same signal.
 * @param {string} command the name under which a failure is told
 * @param {readonly string[]} args
 * @returns {Promise<never>}
 */
export const handOver = (command, args) => {
  const fail = (reason) => {
    process.stderr.write(`${command}: ${reason}\n`);
    process.exit(1);
  };
  const node = findNode();
  if (node === undefined) {
    fail(
      `Node ${neededMajor} or newer is needed and this is ${process.versions.node}; ` +
        "`npm ci` with optional packages brings one, where npm has it for this machine",
    );
  }
  for (const signal of passedOn) process.on(signal, () => child.kill(signal));
  const child = spawn(node, [...entry(), ...args], { stdio: "inherit" });
  child.on("error", (error) => fail(`${node} does not start: ${error.message}`));
  child.on("exit", (status, signal) => {
    if (signal === null) process.exit(status);
    for (const one of passedOn) process.removeAllListeners(one);
    process.kill(process.pid, signal);
    process.exit(128 + constants.signals[signal]); // Only reached where the signal cannot end this process.
  });
  return new Promise(() => {});
};
