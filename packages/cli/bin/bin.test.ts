// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL(".", import.meta.url));
const installed = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** Makes any Node take itself for one that is too old, so that these tests need no second one. */
const posingAsOld = [
  "--import",
  `data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"20.20.2"}})`,
];

/** What stands in for the command: each test asks for one end. */
const standIn = `
const [, , name, ...rest] = process.argv;
const untilSignal = (signal: NodeJS.Signals) => {
  let heard = 0;
  process.on(signal, () => {
    heard += 1;
    if (heard === 1) setImmediate(() => process.stdout.write("ended by " + signal + "\\n", () => process.exit(0)));
  });
  setInterval(() => {}, 1 << 30);
  console.log("ready");
};
switch (name) {
  case "status": process.exit(Number(rest[0]));
  case "drain": untilSignal(rest[0] as NodeJS.Signals); break;
  case "wait": setInterval(() => {}, 1 << 30); console.log("ready"); break;
  case "die": process.kill(process.pid, rest[0] as NodeJS.Signals); break;
  case "echo": process.stdin.pipe(process.stdout); break;
  case "runtime": console.log(Number.parseInt(process.versions.node, 10) >= 24, process.execArgv.join(" ")); break;
  default: console.log(JSON.stringify(process.argv.slice(2)));
}
`;

const made: string[] = [];
const home = (parts: { readonly node: boolean; readonly main?: string }): string => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-bin-"));
  made.push(folder);
  cpSync(bin, join(folder, "bin"), { recursive: true, filter: (path) => !path.endsWith(".test.ts") });
  const main = join(folder, parts.main ?? "src/main.ts");
  mkdirSync(dirname(main));
  writeFileSync(
    main,
    parts.main === undefined ? standIn : "console.log(process.execArgv.join(), process.argv[1]);",
  );
  writeFileSync(join(folder, "package.json"), `{"type":"module"}`);
  if (parts.node) symlinkSync(installed, join(folder, "node_modules"));
  return folder;
};
after(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

const clone = home({ node: true });

interface Started {
  readonly child: ChildProcess;
  readonly output: Promise<string>;
  readonly errors: Promise<string>;
  /** The exit's status and signal. */
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
  readonly line: () => Promise<string>;
}

/** In a process group of its own, as a terminal or a supervisor would have it. */
const start = (file: string, args: readonly string[], flags: readonly string[] = posingAsOld): Started => {
  const child = spawn(process.execPath, [...flags, file, ...args], { detached: true, stdio: "pipe" });
  const lines = createInterface({ input: child.stdout });
  return {
    child,
    output: text(child.stdout),
    errors: text(child.stderr),
    ended: once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>,
    line: async () => String((await once(lines, "line"))[0]),
  };
};

const command = (...args: readonly string[]) => start(join(clone, "bin", "signalbox.mjs"), args);

const pidOf = ({ child }: Started): number => {
  assert.ok(child.pid !== undefined, "it started");
  return child.pid;
};

for (const [name, flags] of [
  ["a Node that is too old hands over to the pinned one", posingAsOld],
  ["a Node that is new enough runs the command itself", []],
] as const) {
  test(`${name}, with the sources of a clone`, async () => {
    const started = start(join(clone, "bin", "signalbox.mjs"), ["runtime"], flags);
    assert.equal(await started.output, "true --conditions=@signalbox/source\n");
    assert.deepEqual(await started.ended, [0, null]);
  });
}

test("a package without sources runs its dist", async () => {
  const folder = home({ node: true, main: "dist/main.js" });
  const started = start(join(folder, "bin", "signalbox.mjs"), []);
  assert.equal(await started.output, `--enable-source-maps ${join(folder, "dist", "main.js")}\n`);
});

test("the status is the command's own", async () => {
  for (const status of [0, 1, 2, 77]) {
    assert.deepEqual(await command("status", String(status)).ended, [status, null]);
  }
});

test("arguments and input reach the command as they were given", async () => {
  const args = ["--port", "", "a b", "--", "$HOME"];
  assert.deepEqual(JSON.parse(await command(...args).output), args);
  const echo = command("echo");
  echo.child.stdin?.end("a line\n");
  assert.equal(await echo.output, "a line\n");
});

test("flitter_webrtc is the command under that name", async () => {
  const started = start(join(clone, "bin", "flitter_webrtc.mjs"), ["--port", "9000"]);
  assert.deepEqual(JSON.parse(await started.output), ["flitter_webrtc", "--port", "9000"]);
});

describe("a signal", { skip: process.platform === "win32" && "Windows has none" }, () => {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    test(`${signal} to the whole process group ends with the command's own status`, async () => {
      const started = command("drain", signal);
      assert.equal(await started.line(), "ready");
      process.kill(-pidOf(started), signal);
      assert.deepEqual(await started.ended, [0, null]);
      assert.equal(await started.output, `ready\nended by ${signal}\n`);
    });

    test(`${signal} to the first process alone reaches the command`, async () => {
      const started = command("drain", signal);
      assert.equal(await started.line(), "ready");
      process.kill(pidOf(started), signal);
      assert.deepEqual(await started.ended, [0, null]);
      assert.equal(await started.output, `ready\nended by ${signal}\n`);
    });
  }

  test("that ends the command ends what started it in the same way", async () => {
    for (const signal of ["SIGKILL", "SIGTERM", "SIGINT"]) {
      assert.deepEqual(await command("die", signal).ended, [null, signal]);
    }
    const waiting = command("wait");
    assert.equal(await waiting.line(), "ready");
    process.kill(-pidOf(waiting), "SIGTERM");
    assert.deepEqual(await waiting.ended, [null, "SIGTERM"]);
  });
});

test("without any Node that is new enough, one line says so and the status is 1", async () => {
  const started = start(join(home({ node: false }), "bin", "signalbox.mjs"), ["serve"]);
  assert.match(await started.errors, /^signalbox: Node 24 or newer is needed and this is 20\.20\.2; .*\n$/);
  assert.equal(await started.output, "");
  assert.deepEqual(await started.ended, [1, null]);
});

test("the installed command serves, and drains when its process group is told to end", async () => {
  const started = start(join(installed, ".bin", "signalbox"), [
    "serve",
    "--host",
    "127.0.0.1",
    "--port",
    "0",
    "--quiet",
  ]);
  assert.match(await started.line(), /^Signalbox listening on http:\/\/127\.0\.0\.1:[1-9]\d*/);
  process.kill(-pidOf(started), "SIGTERM");
  assert.deepEqual(await started.ended, [0, null]);
  assert.equal(await started.errors, "");
});
