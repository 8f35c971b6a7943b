// SPDX-License-Identifier: MIT
// Brings node_modules in step with package-lock.json, and touches no network where it already is. Readable by Node 20.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const packagesIn = (lockfile) => {
  try {
    return JSON.parse(readFileSync(join(root, lockfile), "utf8")).packages;
  } catch {
    return undefined;
  }
};

/** `npm ci` writes its own lockfile last, so what it names is there. Optional packages are those of other platforms too. */
const isInstalled = () => {
  const wanted = packagesIn("package-lock.json");
  const present = packagesIn("node_modules/.package-lock.json");
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([place, { version, link, optional }]) => {
    if (!place.startsWith("node_modules/") && !place.includes("/node_modules/")) return true;
    const found = present[place];
    if (found === undefined) return optional === true;
    return found.version === version && found.link === link;
  });
};

/** The Node and npm that the user called, whatever `npm run` put before them in the PATH. */
const npm = () => {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  return script?.endsWith(".js") ? [node ?? process.execPath, script] : ["npm"];
};

/** Runs npm in the repository, with its output shown, and gives its status. */
export const runNpm = (...args) => {
  const [command, ...before] = npm();
  const { status, error } = spawnSync(command, [...before, ...args], { cwd: root, stdio: "inherit" });
  if (error) throw error;
  return status ?? 1;
};

/** Runs npm in the repository and gives what it writes. Throws where it fails. */
export const npmOutput = (...args) => {
  const [command, ...before] = npm();
  return execFileSync(command, [...before, ...args], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
};

/** The Node of the machine itself: npm's own. */
export const machineNode = () => process.env.npm_node_execpath ?? process.execPath;

/** Ends the process where the packages cannot be had. */
export const installPackages = () => {
  if (isInstalled()) return;
  console.log(
    "Installing the packages of package-lock.json (npm ci, about 600 MB, a Node 24 among them) ...",
  );
  const status = runNpm("ci", "--loglevel=error");
  if (status !== 0) process.exit(status);
};
