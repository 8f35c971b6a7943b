// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { existsSync, watch } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { handClock } from "@signalbox/core/testing";
import { type HookOptions, hook } from "./hook.ts";

const bench = async (context: TestContext, command: string, more: Partial<HookOptions> = {}) => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-hook-"));
  const end = new AbortController();
  context.after(async () => {
    end.abort();
    await rm(folder, { recursive: true, force: true });
  });
  const clock = handClock();
  const problems: string[] = [];
  let tell = () => {};
  const run = hook({
    command: `cd '${folder}'; ${command}`,
    environment: { PATH: process.env.PATH },
    ground: clock,
    everyMs: 1_000,
    longestMs: 5_000,
    onProblem(sentence) {
      problems.push(sentence);
      tell();
    },
    signal: end.signal,
    ...more,
  });
  return {
    folder,
    clock,
    run,
    problem: () =>
      new Promise<string>((resolve) => {
        tell = () => resolve(problems.at(-1) ?? "");
        if (problems.length > 0) tell();
      }),
    /** Settles when the command has made this file. */
    made: (name: string) =>
      new Promise<void>((resolve) => {
        const watcher = watch(folder, () => look());
        const look = () => {
          if (!existsSync(join(folder, name))) return;
          watcher.close();
          resolve();
        };
        look();
      }),
  };
};

describe("a command of the owner's", () => {
  test("is told what happened, and nothing of the server's own environment but what it is given", async (context) => {
    const { run, made, folder } = await bench(context, 'echo "$WHAT in $HOME" > part; mv part said');
    assert.ok(run({ WHAT: "motion" }));
    await made("said");
    assert.equal(await readFile(join(folder, "said"), "utf8"), "motion in \n");
  });

  test("runs one at a time, and not too often", async (context) => {
    const { run, made, clock, folder, problem } = await bench(
      context,
      "touch begun; while [ ! -e go ]; do sleep 0.01; done; exit 4",
    );
    assert.ok(run({}));
    await made("begun");
    clock.advance(2_000);
    assert.ok(!run({}), "one runs still");
    await writeFile(join(folder, "go"), "");
    assert.equal(await problem(), "the command ended with status 4");
    await new Promise((resolve) => setImmediate(resolve));
    assert.ok(run({}), "after a while it runs again");
    assert.ok(!run({}), "but not at once");
  });

  test("waits for its turn where that is wanted, and not without bound", async (context) => {
    const { run, made, folder } = await bench(
      context,
      'touch begun; while [ ! -e go ]; do sleep 0.01; done; echo "$N" >> said; touch "done$N"',
      { everyMs: 0, waitingMax: 2 },
    );
    assert.deepEqual(
      ["1", "2", "3", "4"].map((number) => run({ N: number })),
      [true, true, true, false],
    );
    await made("begun");
    await writeFile(join(folder, "go"), "");
    await made("done3");
    assert.equal(await readFile(join(folder, "said"), "utf8"), "1\n2\n3\n");
  });

  test("is ended when it takes too long", async (context) => {
    const { run, made, clock, problem } = await bench(context, "touch begun; exec sleep 1000");
    assert.ok(run({}));
    await made("begun");
    clock.advance(5_000);
    assert.equal(await problem(), "the command took longer than 5 s and was ended");
  });
});
