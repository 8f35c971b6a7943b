// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "@signalbox/server";

const root = new URL("../../../", import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), "utf8");

const run = (file: string, ...args: readonly string[]): ChildProcess =>
  spawn(process.execPath, ["--conditions=@signalbox/source", fileURLToPath(new URL(file, root)), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });

const linesOf = (child: ChildProcess): AsyncIterableIterator<string> => {
  assert.ok(child.stdout !== null);
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]();
};

describe("the examples", () => {
  test("call each other: one greets, the other prints the greeting and the stages of its call", async (context) => {
    const server = await startServer({ host: "127.0.0.1", port: 0, level: "warn" });
    context.after(() => server.cut());
    const answering = run("examples/answer.mjs", server.url);
    context.after(() => answering.kill());
    assert.equal((await linesOf(answering).next()).value, "bob waits in the hall");
    const calling = run("examples/call.mjs", server.url);
    context.after(() => calling.kill());
    const ended = once(calling, "exit");
    const lines: string[] = [];
    for await (const line of linesOf(calling)) lines.push(line);
    assert.deepEqual(await ended, [0, null]);
    assert.equal(lines[0], "hello ann, this is bob");
    for (const stage of ["offer-sent", "delivered", "answer-received", "channel-open"]) {
      assert.ok(
        lines.some((line) => line.endsWith(stage)),
        `no stage ${stage} in ${lines.join("; ")}`,
      );
    }
  });

  test("guard a house: what moves is recorded, the temperature noted, the recording fetched and checked", async (context) => {
    const server = await startServer({ host: "127.0.0.1", port: 0, level: "warn" });
    context.after(() => server.cut());
    const folder = await mkdtemp(join(tmpdir(), "signalbox-example-"));
    context.after(() => rm(folder, { recursive: true }));
    const guarding = run("examples/security.mjs", server.url, folder);
    context.after(() => guarding.kill());
    const ended = once(guarding, "exit");
    const lines: string[] = [];
    for await (const line of linesOf(guarding)) lines.push(line);
    assert.deepEqual(await ended, [0, null]);
    const said = lines.join("\n");
    assert.match(said, /^\d{4}-\S+Z something moves, at \d+(\.\d)? °C$/m);
    const [, name = "", size, sha256] =
      /^fetched (\S+): (\d+) bytes, SHA-256 ([0-9a-f]{64})$/m.exec(said) ?? [];
    const [ours, theirs] = await Promise.all(
      ["guard", "house"].map((side) => readFile(join(folder, side, name))),
    );
    assert.equal(String(ours?.length), size);
    assert.equal(
      createHash("sha256")
        .update(theirs ?? "")
        .digest("hex"),
      sha256,
    );
    assert.deepEqual(ours, theirs);
  });

  for (const file of ["examples/answer.mjs", "examples/call.mjs"]) {
    test(`${file} is what the README shows`, () => {
      const shown = read("README.md").split(`<!-- ${file} -->\n\`\`\`js\n`)[1]?.split("```")[0];
      assert.equal(shown, read(file).split("\n").slice(1).join("\n"));
    });
  }
});
