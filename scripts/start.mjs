// SPDX-License-Identifier: MIT
// `npm start`: from a fresh clone to a running server. What follows `--` goes to `signalbox serve`:
// `npm start -- --port 9000`. Readable by Node 20; touches no network once the packages are installed.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { handOver } from "../packages/cli/bin/hand-over.mjs";
import { installPackages, root, runNpm } from "./install.mjs";

/** What the page is made of: its own sources, those of the SDK and the reference peers, and the pinned versions of the rest. */
const pageSources = ["packages/console", "packages/client/src", "packages/peers/src", "package-lock.json"];
const page = "packages/console/dist/page/index.html";

const newest = (path) => {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  const names = readdirSync(path).filter((name) => name !== "dist" && name !== "node_modules");
  return Math.max(0, ...names.map((name) => newest(join(path, name))));
};

const isPageBuilt = () =>
  existsSync(join(root, page)) &&
  pageSources.every((source) => newest(join(root, source)) < statSync(join(root, page)).mtimeMs);

installPackages();
if (!isPageBuilt()) {
  console.log("Building the page ...");
  const status = runNpm("run", "--silent", "build:page", "--", "--logLevel", "warn");
  if (status !== 0) process.exit(status);
}

/** Registered devices and pending knocks outlive a restart, unless another place for them is named. */
const given = process.argv.slice(2);
const named =
  process.env.SIGNALBOX_DATA || given.some((arg) => arg === "--data" || arg.startsWith("--data="));
const asked = given.some((arg) => ["--help", "-h", "--version", "-V"].includes(arg));
const data = named || asked ? [] : ["--data", join(root, ".signalbox", "data")];
await handOver("signalbox", ["serve", ...data, ...given]);
