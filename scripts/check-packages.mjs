// SPDX-License-Identifier: MIT
// Each package as npm would publish it: publint and attw on the very tarball, and nothing imported in its dist that its
// package.json does not name. The dist must be built.
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npmOutput, root } from "./install.mjs";

const failures = [];

/** Runs a tool of the repository; its output is shown only where it fails. */
const tool = (name, script, ...args) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "node_modules", script), ...args],
    { encoding: "utf8" },
  );
  if (status !== 0) failures.push(`${name}: ${stdout}${stderr}`);
};

/** As tsc writes them: a statement at the start of a line, or the type of something elsewhere. */
const importOfAPackage = /(?:^(?:import|export)\b.* from |^import |^\} from |\bimport\()"([^".\s][^"\s]*)"/gm;

const packageName = (specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

/** Packages that what was built imports, types included: who installs the one must get the others. */
const importsOf = (dist) => {
  const found = new Set();
  for (const file of readdirSync(dist, { recursive: true })) {
    if (!/\.(js|d\.ts)$/.test(file)) continue;
    const source = readFileSync(join(dist, file), "utf8");
    for (const [, specifier] of source.matchAll(importOfAPackage)) {
      if (!isBuiltin(specifier)) found.add(packageName(specifier));
    }
  }
  return found;
};

const check = ({ dist, manifest, tarball }) => {
  const { name, exports, dependencies, peerDependencies } = manifest;
  tool(`publint ${name}`, "publint/src/cli.js", "run", tarball, "--strict");
  if (!JSON.stringify(exports ?? {}).includes('"types"')) return;
  tool(`attw ${name}`, "@arethetypeswrong/cli/dist/index.js", tarball, "--profile", "esm-only", "--no-color");
  const declared = { ...dependencies, ...peerDependencies, [name]: "" };
  for (const imported of importsOf(dist)) {
    if (!(imported in declared))
      failures.push(`${name}: its dist imports ${imported}, its package.json does not`);
  }
};

const published = readdirSync(join(root, "packages"))
  .map((folder) => join(root, "packages", folder))
  .filter((folder) => existsSync(join(folder, "package.json")))
  .map((folder) => ({
    dist: join(folder, "dist"),
    manifest: JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
  }))
  .filter(({ manifest }) => !manifest.private);

const packed = mkdtempSync(join(tmpdir(), "signalbox-packed-"));
try {
  const built = published.filter(({ dist }) => existsSync(dist));
  for (const { dist, manifest } of published) {
    if (!existsSync(dist)) failures.push(`${manifest.name}: has no dist; is it in tsconfig.build.json?`);
  }
  const workspaces = built.map(({ manifest }) => `--workspace=${manifest.name}`);
  const tarballs = JSON.parse(
    npmOutput("pack", "--json", "--loglevel=error", "--pack-destination", packed, ...workspaces),
  );
  for (const { name, filename } of tarballs) {
    const one = built.find(({ manifest }) => manifest.name === name);
    check({ ...one, tarball: join(packed, filename) });
  }
} finally {
  rmSync(packed, { recursive: true });
}
for (const failure of failures) console.error(failure);
if (failures.length > 0) process.exitCode = 1;
else console.log(`Fit to publish: ${published.map(({ manifest }) => manifest.name).join(", ")}`);
