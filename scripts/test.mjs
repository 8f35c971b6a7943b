// SPDX-License-Identifier: MIT
// `npm test`: everything that has to hold before a commit, in one run that stops at the first failure. On a bare machine
// it first installs what it needs. `npm test -- --only bridge` runs just the test files whose path contains "bridge".
// Readable by Node 20.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { findNode } from "../packages/cli/bin/find-node.mjs";
import { installPackages, machineNode, root } from "./install.mjs";
import { installPrograms } from "./system.mjs";

/** A test that hangs fails after this long. Milliseconds. Far above the slowest on a quiet machine: the tiny run of the bench, some 40 s. */
const testTimeoutMs = 240_000;

const { only } = parseArgs({ options: { only: { type: "string" } } }).values;

const run = (heading, command, ...args) => {
  if (only === undefined) console.log(`\n== ${heading}`);
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status === 0) return;
  const how = error?.message ?? (signal === null ? `status ${status}` : signal);
  // The test runner closes with its own summary.
  if (heading !== "Tests" || signal !== null) console.error(`\n== Failed: ${heading} (${how})`);
  process.exit(status || 1);
};

const testFiles = () =>
  ["packages", "bench"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith(".test.ts") && !/(^|[\\/])(node_modules|dist)[\\/]/.test(file))
    .filter((file) => only === undefined || file.includes(only))
    .sort();

installPackages();
installPrograms();

const node = findNode();
if (node === undefined) {
  console.error("There is no Node 24 here, and npm has none for this machine: run the tests under your own.");
  process.exit(1);
}
const tool = (script) => join(root, "node_modules", script);

if (only === undefined) {
  const colors = process.stdout.isTTY ? [] : ["--colors=off"];
  const biome = ["ci", "--error-on-warnings", "--diagnostic-level=warn", ...colors];
  run("Format and lint", node, tool("@biomejs/biome/bin/biome"), ...biome);
  run("Types", node, tool("typescript/bin/tsc"));
  // From nothing, so that no file of an earlier build passes for a part of this one.
  for (const name of readdirSync(join(root, "packages"))) {
    rmSync(join(root, "packages", name, "dist"), { recursive: true, force: true });
  }
  run("Build: packages", node, tool("typescript/bin/tsc"), "-b", "tsconfig.build.json");
  run("Build: page", node, tool("vite/bin/vite.js"), "build", "packages/console", "--logLevel", "warn");
  run("Packages as they would be published", node, "scripts/check-packages.mjs");
  run("Published packages on the machine's own Node", machineNode(), "scripts/smoke.mjs");
}

const files = testFiles();
if (files.length === 0) {
  console.error(
    only === undefined ? "There is no test." : `No test file has ${JSON.stringify(only)} in its path.`,
  );
  process.exit(1);
}
run(
  "Tests",
  node,
  "--conditions=@signalbox/source",
  "--import=./scripts/test-file.mjs",
  "--test",
  "--test-reporter=spec",
  `--test-timeout=${testTimeoutMs}`,
  // Two, even on two cores: most of what the long ones do is wait for a browser.
  `--test-concurrency=${Math.max(2, availableParallelism() - 1)}`,
  ...files,
);
