// SPDX-License-Identifier: MIT
/** The sources of the house with their imports, as the layering test reads them. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../../", import.meta.url));

export interface Import {
  readonly from: string;
  /** Gone when types are stripped. */
  readonly typeOnly: boolean;
}

export interface Source {
  /** Path below the root of the repository, with `/`. */
  readonly path: string;
  /** The workspace it is in: `core`, `server` …, `bench`. */
  readonly home: string;
  readonly text: string;
  readonly imports: readonly Import[];
  /** Tests and what only tests use. */
  readonly forTests: boolean;
}

interface Manifest {
  readonly name: string;
  readonly exports?: { readonly [door: string]: unknown };
  readonly dependencies?: { readonly [name: string]: string };
  readonly devDependencies?: { readonly [name: string]: string };
  readonly optionalDependencies?: { readonly [name: string]: string };
  readonly peerDependencies?: { readonly [name: string]: string };
}

const skipped = new Set(["node_modules", "dist", "gen", ".signalbox"]);
const walk = (folder: string): readonly string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return skipped.has(name) ? [] : walk(path);
    return /\.(ts|tsx|mts|mjs|js|css)$/.test(name) ? [path] : [];
  });

export const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

export const importsOf = (text: string): readonly Import[] => {
  const code = withoutComments(text);
  const found: Import[] = [];
  for (const [, clause = "", from = ""] of code.matchAll(
    /^(?:import|export)\s([^"';]*?)\sfrom\s+"([^"]+)"/gm,
  )) {
    const names = /^\{([\s\S]*)\}$/
      .exec(clause.trim())?.[1]
      ?.split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "");
    const typeOnly =
      clause.startsWith("type ") || (names?.every((name) => name.startsWith("type ")) ?? false);
    found.push({ from, typeOnly });
  }
  for (const [, from = ""] of code.matchAll(/^import\s+"([^"]+)"/gm)) found.push({ from, typeOnly: false });
  for (const [, from = ""] of code.matchAll(/\bimport\(\s*"([^"]+)"/g)) found.push({ from, typeOnly: false });
  for (const [, from = ""] of code.matchAll(/\bimport\.meta\.resolve\(\s*"([^"]+)"/g))
    found.push({ from, typeOnly: false });
  return found;
};

export const workspaces = [
  ...readdirSync(join(root, "packages")).map((name) => ({
    home: name,
    folder: join(root, "packages", name),
  })),
  ...["bench", "examples", "scripts"].map((name) => ({ home: name, folder: join(root, name) })),
].filter(({ folder }) => existsSync(folder));

export const sources: readonly Source[] = workspaces.flatMap(({ home, folder }) =>
  walk(folder).map((file): Source => {
    const path = relative(root, file).split(sep).join("/");
    const text = readFileSync(file, "utf8");
    return { path, home, text, imports: importsOf(text), forTests: /\.test\.[a-z]+$|\/testing\//.test(path) };
  }),
);

const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
export const manifests = new Map(
  workspaces
    .filter(({ folder }) => existsSync(join(folder, "package.json")))
    .map(({ home, folder }) => [home, manifestOf(folder)] as const),
);
export const house = manifestOf(root);
export const homeOf = new Map([...manifests].map(([home, { name }]) => [name, home] as const));

/** The package an import names, and the door of it: `@signalbox/core/testing` is `testing` of `@signalbox/core`. */
export const named = (from: string): { readonly name: string; readonly door: string } | undefined => {
  if (from.startsWith(".") || from.startsWith("node:") || from.startsWith("/")) return undefined;
  const parts = from.split("/");
  const length = from.startsWith("@") ? 2 : 1;
  return {
    name: parts.slice(0, length).join("/"),
    door: parts.length > length ? `./${parts.slice(length).join("/")}` : ".",
  };
};

export const homeNamed = (from: string): string | undefined => homeOf.get(named(from)?.name ?? "");
export const of = (home: string): readonly Source[] =>
  sources.filter((source) => source.home === home && !source.forTests);
const told = (source: Source, { from }: Import) => `${source.path} imports ${from}`;

/** Imports that a rule does not allow, as sentences. */
export const offences = (
  from: readonly Source[],
  allowed: (given: Import, source: Source) => boolean,
): readonly string[] =>
  from.flatMap((source) =>
    source.imports.filter((given) => !allowed(given, source)).map((given) => told(source, given)),
  );

export const isRelative = ({ from }: Import) => from.startsWith(".");
