// SPDX-License-Identifier: MIT
/** The house, read from its imports: each rule is the name of its test. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { describe, test } from "node:test";
import {
  homeNamed,
  homeOf,
  house,
  importsOf,
  isRelative,
  manifests,
  named,
  of,
  offences,
  root,
  sources,
  withoutComments,
  workspaces,
} from "./layering/sources.ts";

describe("the sources this test reads", () => {
  test("are there, with their imports", () => {
    for (const home of [
      "core",
      "dialects",
      "gateway",
      "backplane",
      "server",
      "cli",
      "client",
      "console",
      "conformance",
    ]) {
      assert.ok(of(home).length > 0, home);
    }
    assert.ok(of("core").flatMap(({ imports }) => imports).length > 50);
    assert.ok(
      of("server").some(({ imports }) => imports.some(({ from }) => from === "@signalbox/dialects/native")),
    );
  });

  test("are understood: every way to import is seen, with what is only a type", () => {
    const text = [
      'import "a";',
      'import b from "b";',
      'import type { C } from "c";',
      'import {\n  type D,\n  type E,\n} from "d";',
      'import { type F, g } from "f";',
      'export * from "h";',
      'export type { I } from "i";',
      // Not in one piece, or this file would be taken to import it.
      `const j = await import${'("j")'};`,
      `const k = import.meta.resolve${'("k")'};`,
      '// import "l";',
      '/* import "m"; */',
    ].join("\n");
    const seen = [...importsOf(text)].sort((a, b) => a.from.localeCompare(b.from));
    assert.deepEqual(seen.map(({ from }) => from).join(""), "abcdfhijk");
    assert.deepEqual(
      seen
        .filter(({ typeOnly }) => typeOnly)
        .map(({ from }) => from)
        .join(""),
      "cdi",
    );
  });
});

describe("arrows run one way", () => {
  const arrows: readonly (readonly [string, string, readonly string[]])[] = [
    ["core imports no other package of the house", "core", []],
    ["dialects import core only", "dialects", ["core"]],
    ["gateway imports core only", "gateway", ["core"]],
    ["backplane imports core only", "backplane", ["core"]],
    ["peernet imports core only", "peernet", ["core"]],
    [
      "server puts together core, dialects, gateway, backplane, peernet, lan and the page",
      "server",
      ["core", "dialects", "gateway", "backplane", "peernet", "lan", "console"],
    ],
    ["cli starts what server, lan and peers give it", "cli", ["server", "lan", "peers"]],
    ["client imports nothing of the house at run time", "client", []],
    ["console stands on client and peers", "console", ["client", "peers"]],
    ["peers stand on client, and in Node on video", "peers", ["client", "video"]],
    ["lan stands on the public doors of client, core and video", "lan", ["client", "core", "video"]],
    ["video imports nothing of the house", "video", []],
    ["utcp stands on the public doors of client and core", "utcp", ["client", "core"]],
    ["puter stands on the public doors of client and core", "puter", ["client", "core"]],
    ["the examples show client, peers and video", "examples", ["client", "peers", "video"]],
  ];

  for (const [rule, home, allowed] of arrows) {
    test(rule, { skip: manifests.has(home) || of(home).length > 0 ? false : "it is not built yet" }, () => {
      const wrong = offences(of(home), ({ from, typeOnly }) => {
        const target = homeNamed(from);
        return (
          target === undefined ||
          target === home ||
          allowed.includes(target) ||
          (home === "client" && typeOnly)
        );
      });
      assert.deepEqual(wrong, []);
    });
  }

  test("every package has its rule", () => {
    const ruled = new Set([...arrows.map(([, home]) => home), "conformance", "bench", "scripts"]);
    assert.deepEqual(
      workspaces.map(({ home }) => home).filter((home) => !ruled.has(home)),
      [],
    );
  });

  test("core imports nothing: no node:*, no library", () => {
    assert.deepEqual(offences(of("core"), isRelative), []);
    assert.deepEqual(manifests.get("core")?.dependencies ?? {}, {});
  });

  test("dialects import nothing but core: no node:*, no library", () => {
    assert.deepEqual(
      offences(of("dialects"), (given) => isRelative(given) || homeNamed(given.from) === "core"),
      [],
    );
    assert.deepEqual(Object.keys(manifests.get("dialects")?.dependencies ?? {}), ["@signalbox/core"]);
  });

  test("no dialect imports another, not even in its tests", () => {
    const dialectOf = (path: string) => /^packages\/dialects\/src\/([^/]+)\//.exec(path)?.[1];
    const wrong = offences(
      sources.filter(({ home }) => home === "dialects"),
      (given, source) => {
        const own = dialectOf(source.path);
        const other = isRelative(given)
          ? dialectOf(join(dirname(source.path), given.from).split(sep).join("/"))
          : /^@signalbox\/dialects\/(.+)$/.exec(given.from)?.[1];
        return other === undefined || other === own;
      },
    );
    assert.deepEqual(wrong, []);
  });

  test("no engine of the backplane imports another", () => {
    const engineOf = (path: string) => /^packages\/backplane\/src\/([^/]+)\//.exec(path)?.[1];
    const wrong = offences(
      sources.filter(({ home, forTests }) => home === "backplane" && !forTests),
      (given, source) => {
        const other = isRelative(given)
          ? engineOf(join(dirname(source.path), given.from).split(sep).join("/"))
          : undefined;
        return other === undefined || other === engineOf(source.path);
      },
    );
    assert.deepEqual(wrong, []);
  });

  test("client takes from the house only types, and only those of the native dialect", () => {
    const wrong = offences(
      of("client"),
      ({ from, typeOnly }) =>
        homeNamed(from) === undefined ||
        homeNamed(from) === "client" ||
        (typeOnly && from === "@signalbox/dialects/native"),
    );
    assert.deepEqual(wrong, []);
    assert.deepEqual(manifests.get("client")?.dependencies ?? {}, {});
  });

  test("client runs in a browser: it imports nothing of Node", () => {
    assert.deepEqual(
      offences(of("client"), ({ from }) => !from.startsWith("node:")),
      [],
    );
  });

  test("only the commands of peers, and what is below a folder called node, import anything of Node", () => {
    const wrong = offences(
      of("peers"),
      ({ from }, { path }) =>
        !(from.startsWith("node:") || from === "@signalbox/video") ||
        /^packages\/peers\/src\/(command|[a-z]+\/node)\//.test(path),
    );
    assert.deepEqual(wrong, []);
  });

  test("what pages take of peers leads to nothing of Node", () => {
    const wrong = offences(of("peers"), ({ from }, { path }) =>
      /^packages\/peers\/src\/(command|[a-z]+\/node)\//.test(path) ? true : !/\/(node|command)\//.test(from),
    );
    assert.deepEqual(wrong, []);
  });

  test("server names concrete things where it is put together, and nowhere else", () => {
    const concrete: { readonly [file: string]: readonly string[] } = {
      "compose.ts": ["dialects", "peernet"],
      // The other nodes, or none.
      "cluster.ts": ["backplane"],
      "nodes.ts": ["backplane"],
      "redis-place.ts": ["backplane"],
      // The stores of the registry, and its API.
      "registry.ts": ["backplane"],
      "peernet.ts": ["peernet"],
      // The native protocol's own documents.
      "routes.ts": ["dialects"],
    };
    const wrong = offences(of("server"), ({ from, typeOnly }, source) => {
      const home = homeNamed(from) ?? "";
      return (
        typeOnly ||
        !["dialects", "backplane", "peernet"].includes(home) ||
        (concrete[basename(source.path)] ?? []).includes(home)
      );
    });
    assert.deepEqual(wrong, []);
  });

  for (const home of ["conformance", "bench", "examples", "scripts"]) {
    test(`nothing imports ${home}`, () => {
      const wrong = offences(
        sources.filter((source) => source.home !== home),
        (given, source) => {
          if (!isRelative(given)) return homeNamed(given.from) !== home;
          return !join(dirname(source.path), given.from)
            .split(sep)
            .join("/")
            .startsWith(home === "conformance" ? "packages/conformance/" : `${home}/`);
        },
      );
      assert.deepEqual(wrong, []);
    });
  }

  test("what is for tests is imported by tests only", () => {
    const wrong = offences(
      sources.filter(
        ({ home, forTests }) => !forTests && !["conformance", "bench", "scripts"].includes(home),
      ),
      ({ from }) => !/\/testing(\/|$)|\.test\.[a-z]+$/.test(from) || from === "./testing/index.ts",
    );
    assert.deepEqual(wrong, []);
  });
});

describe("doors", () => {
  test("no relative import leaves its package, but for what tests share", () => {
    const wrong = offences(
      sources.filter(({ path }) => path.startsWith("packages/")),
      (given, source) =>
        !isRelative(given) ||
        join(dirname(source.path), given.from).split(sep).join("/").startsWith(`packages/${source.home}/`) ||
        (source.home === "conformance" && given.from.includes("/testing/")),
    );
    assert.deepEqual(wrong, []);
  });

  test("across packages only what package.json exports is imported", () => {
    const wrong = offences(sources, ({ from }) => {
      const target = named(from);
      const home = homeNamed(from);
      if (target === undefined || home === undefined) return true;
      return Object.keys(manifests.get(home)?.exports ?? {}).some(
        (door) => door === target.door || (door.endsWith("/*") && target.door.startsWith(door.slice(0, -1))),
      );
    });
    assert.deepEqual(wrong, []);
  });

  const declared = new Set(
    [house, ...manifests.values()].flatMap(({ dependencies, devDependencies }) =>
      Object.keys({ ...dependencies, ...devDependencies }),
    ),
  );

  test("every package that is imported is one that package.json asks for", () => {
    const wrong = offences(sources, ({ from }, source) => {
      const target = named(from);
      if (target === undefined) return true;
      const own = manifests.get(source.home);
      const run = { ...own?.dependencies, ...own?.optionalDependencies, ...own?.peerDependencies };
      if (Object.hasOwn(run, target.name) || own?.name === target.name) return true;
      // Types, tests and tools need what is there while the house is built, not what is shipped.
      const shipped =
        !source.forTests &&
        !/vite\.config|\/build\//.test(source.path) &&
        !["conformance", "bench", "scripts", "examples", "console"].includes(source.home);
      if (!shipped) return declared.has(target.name) || homeOf.has(target.name);
      return (
        source.imports.every((given) => given.from !== from || given.typeOnly) &&
        Object.hasOwn(own?.devDependencies ?? {}, target.name)
      );
    });
    assert.deepEqual(wrong, []);
  });

  test("node:* is always written with its prefix", () => {
    const builtins = new Set([
      "fs",
      "path",
      "net",
      "http",
      "https",
      "crypto",
      "os",
      "url",
      "util",
      "events",
      "stream",
      "child_process",
      "timers",
      "assert",
      "test",
    ]);
    assert.deepEqual(
      offences(sources, ({ from }) => !builtins.has(named(from)?.name ?? "")),
      [],
    );
  });
});

describe("words", () => {
  const dialects = readdirSync(join(root, "packages/dialects/src")).filter((name) => !name.includes("."));

  for (const home of ["core", "gateway"]) {
    test(`no dialect is named in ${home}`, () => {
      assert.ok(dialects.length >= 3);
      const wrong = of(home).flatMap(({ path, text }) =>
        [...withoutComments(text).matchAll(/(["'`])([^"'`\n]*)\1/g)]
          .filter(([, , literal = ""]) => dialects.some((name) => literal.split(/[^a-z]+/i).includes(name)))
          .map(([literal]) => `${path} says ${literal}`),
      );
      assert.deepEqual(wrong, []);
    });
  }

  test("core and dialects have neither time, chance nor I/O of their own", () => {
    const forbidden =
      /\b(setTimeout|setInterval|setImmediate|queueMicrotask|Date\.now|new Date|performance\.now|Math\.random|randomUUID|getRandomValues|process\.|globalThis|fetch\()/;
    const wrong = [...of("core"), ...of("dialects")].flatMap(({ path, text }) =>
      withoutComments(text)
        .split("\n")
        .filter((line) => forbidden.test(line))
        .map((line) => `${path}: ${line.trim()}`),
    );
    assert.deepEqual(wrong, []);
  });

  test("no file is called utils, types, common or helpers", () => {
    const wrong = sources.filter(({ path }) => /^(utils?|types|common|helpers?|misc)\b/.test(basename(path)));
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });

  test("files are named in kebab-case", () => {
    const wrong = sources.filter(
      ({ path }) =>
        !/^[a-z0-9]+([-_][a-z0-9]+)*(\.(test|property|build|config|d))*\.[a-z]+$/.test(basename(path)),
    );
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });
});

describe("every source file", () => {
  test("begins with its licence, after a line for the shell where it has one", () => {
    const wrong = sources.filter(
      ({ text }) =>
        !/^(#![^\n]*\n)?(\/\/ SPDX-License-Identifier: MIT\n|\/\* SPDX-License-Identifier: MIT \*\/)/.test(
          text,
        ),
    );
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });

  test("has at most 400 lines", () => {
    const wrong = sources
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines > 400);
    assert.deepEqual(
      wrong.map(({ path, lines }) => `${path}: ${lines}`),
      [],
    );
  });
});
