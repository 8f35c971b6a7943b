// SPDX-License-Identifier: MIT
/** `signalbox files` through a real server, over real connections, onto a real disk. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type RunningCommand, runCommand } from "./commands.ts";
import { startBox } from "./ground.ts";

interface Ground {
  readonly url: string;
  /** What is shared. */
  readonly folder: string;
  /** Where it goes. */
  readonly here: string;
  run(...args: readonly string[]): RunningCommand;
  share(...more: readonly string[]): Promise<RunningCommand>;
}

const ground = async (t: TestContext): Promise<Ground> => {
  const { url } = await startBox(t);
  const world = await mkdtemp(join(tmpdir(), "signalbox-files-"));
  t.after(() => rm(world, { recursive: true, force: true }));
  const [folder, here] = [join(world, "shared"), join(world, "here")];
  await mkdir(join(folder, "trip"), { recursive: true });
  await mkdir(here);
  await writeFile(join(folder, "hello.txt"), "hello");
  const run = (...args: readonly string[]) => runCommand(t, ["files", ...args, "--server", url]);
  return {
    url,
    folder,
    here,
    run,
    async share(...more) {
      const sharing = run("share", folder, "--id", "attic", ...more);
      await sharing.says(/servers\/attic waits/);
      return sharing;
    },
  };
};

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("signalbox files", () => {
  test("lists a shared folder, for people and for programs", async (t) => {
    const { run, share, folder } = await ground(t);
    await utimes(join(folder, "hello.txt"), 1_700_000_000, 1_700_000_000);
    await writeFile(join(folder, "bad\u001b[2Jname"), "");
    await share();
    const listed = run("list");
    assert.equal(await listed.status, 0, listed.said());
    assert.match(listed.out(), /^ {13}5 {2}2023-11-14T22:13:20 {2}hello\.txt$/m);
    assert.match(listed.out(), /^ {13}- {2}\S+ {2}trip\/$/m);
    assert.ok(!listed.out().includes("\u001b"), "a name steers no terminal");
    const json = run("list", "--json", "--device", "attic", "/trip/");
    assert.equal(await json.status, 0, json.said());
    assert.equal(json.out(), "");
  });

  test("gets a file: whole, checked, under its name and with its time", async (t) => {
    const { run, share, folder, here } = await ground(t);
    const content = randomBytes(3_000_000);
    await writeFile(join(folder, "trip", "film.mp4"), content);
    await utimes(join(folder, "trip", "film.mp4"), 1_700_000_000, 1_700_000_000);
    await share();
    const target = join(here, "film.mp4");
    const got = run("get", "trip/film.mp4", "--output", target);
    assert.equal(await got.status, 0, got.said());
    assert.ok(content.equals(await readFile(target)));
    assert.match(got.said(), new RegExp(`film\\.mp4: 3000000 bytes, SHA-256 ${sha256(content)}`));
    assert.match(got.said(), /% of 3\.0 MB/);
    assert.equal((await stat(target)).mtimeMs, 1_700_000_000_000);
    assert.deepEqual(await readdir(here), ["film.mp4"]);
    const again = run("get", "trip/film.mp4", "--output", target);
    assert.equal(await again.status, 1);
    assert.match(again.said(), /is there already; --force puts the file in its place/);
    assert.equal(await run("get", "trip/film.mp4", "--output", target, "--force").status, 0);
  });

  test("writes a file to standard output", async (t) => {
    const { run, share } = await ground(t);
    await share();
    const got = run("get", "hello.txt", "-o", "-");
    assert.equal(await got.status, 0, got.said());
    assert.equal(got.out(), "hello");
  });

  test("goes on where an earlier attempt ended, if the file is still the same", async (t) => {
    const { run, share, folder, here } = await ground(t);
    const content = randomBytes(30_000_000);
    await writeFile(join(folder, "big"), content);
    await share();
    const target = join(here, "big");
    const first = run("get", "big", "-o", target, "--device", "attic");
    await first.says(/% of 30\.0 MB/);
    first.abort();
    assert.equal(await first.status, 1);
    assert.match(first.said(), /ended; the same command again goes on from here/);
    const part = (await stat(`${target}.part`)).size;
    assert.ok(part > 0 && part < content.length, `${part} bytes were there`);
    const second = run("get", "big", "-o", target, "--device", "attic");
    assert.equal(await second.status, 0, second.said());
    assert.match(second.said(), new RegExp(`goes on after ${part} bytes`));
    assert.ok(content.equals(await readFile(target)));
    assert.deepEqual(await readdir(here), ["big"]);
  });

  test("goes on after its own program was killed", async (t) => {
    const { run, share, folder, here, url } = await ground(t);
    const content = randomBytes(30_000_000);
    await writeFile(join(folder, "big"), content);
    await share();
    const target = join(here, "big");
    const main = fileURLToPath(new URL("../../../cli/src/main.ts", import.meta.url));
    const args = ["files", "get", "big", "-o", target, "--server", url];
    const killed = spawn(process.execPath, ["--conditions=@signalbox/source", main, ...args], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    t.after(() => killed.kill("SIGKILL"));
    const ended = once(killed, "exit");
    let said = "";
    for await (const text of killed.stderr.setEncoding("utf8")) {
      said += text;
      if (said.includes("% of 30.0 MB")) killed.kill("SIGKILL");
    }
    assert.deepEqual(await ended, [null, "SIGKILL"], said);
    const second = run("get", "big", "-o", target);
    assert.equal(await second.status, 0, second.said());
    assert.match(second.said(), /goes on after \d+ bytes/);
    assert.ok(content.equals(await readFile(target)));
    assert.deepEqual(await readdir(here), ["big"]);
  });

  test("splices nothing: a file that changed since it was begun is fetched from its start", async (t) => {
    const { run, share, folder, here } = await ground(t);
    await writeFile(join(folder, "big"), randomBytes(20_000_000));
    await share();
    const target = join(here, "big");
    const first = run("get", "big", "-o", target);
    await first.says(/% of 20\.0 MB/);
    first.abort();
    await first.status;
    const content = randomBytes(20_000_000);
    await writeFile(join(folder, "big"), content);
    const second = run("get", "big", "-o", target);
    assert.equal(await second.status, 0, second.said());
    assert.match(second.said(), /The file changed since it was begun\. From its start again\./);
    assert.ok(content.equals(await readFile(target)));
    assert.deepEqual(await readdir(here), ["big"]);
  });

  test("goes on by itself where the device goes in between and comes back", async (t) => {
    const { run, share, folder, here } = await ground(t);
    const content = randomBytes(40_000_000);
    await writeFile(join(folder, "big"), content);
    const first = await share();
    const target = join(here, "big");
    const getting = run("get", "big", "-o", target, "--device", "attic");
    await getting.says(/% of 40\.0 MB/);
    first.abort();
    await first.status;
    await getting.says(/Trying again/);
    await share();
    assert.equal(await getting.status, 0, getting.said());
    assert.ok(content.equals(await readFile(target)));
  });

  test("serves several at once", async (t) => {
    const { run, share, folder, here } = await ground(t);
    const content = randomBytes(2_000_000);
    await writeFile(join(folder, "shared"), content);
    await share();
    const names = ["a", "b", "c", "d"];
    const got = names.map((name) => run("get", "shared", "-o", join(here, name)));
    for (const one of got) assert.equal(await one.status, 0, one.said());
    for (const name of names) assert.ok(content.equals(await readFile(join(here, name))));
  });

  test("shares nothing outside its folder, and what is hidden only when told to", async (t) => {
    const { run, share, folder, here } = await ground(t);
    await writeFile(join(here, "mine"), "mine");
    await writeFile(join(folder, ".secret"), "secret");
    await share();
    for (const path of ["../here/mine", ".secret", "/etc/passwd", "%2e%2e/here/mine"]) {
      const got = run("get", path, "-o", join(here, "stolen"));
      assert.equal(await got.status, 1, path);
      assert.match(got.said(), /There is nothing under that path|That is no path/, path);
    }
    assert.deepEqual(await readdir(here), ["mine"]);
  });

  test("says in one line what is wrong", async (t) => {
    const { run, share, folder, here } = await ground(t);
    const failures = async (pattern: RegExp, status: number, ...args: readonly string[]) => {
      const ran = run(...args);
      assert.equal(await ran.status, status, ran.said());
      assert.match(ran.said(), pattern);
      assert.equal(ran.said().trimEnd().split("\n").length, 1, ran.said());
    };
    await failures(/no file device is listed there/i, 1, "list");
    await failures(/ENOENT/, 1, "share", join(folder, "nowhere"));
    await share();
    await failures(/There is nothing under that path/, 1, "get", "nothing", "-o", join(here, "x"));
    await failures(/That is a folder/, 1, "get", "trip", "-o", join(here, "x"));
    await failures(/That is a file/, 1, "list", "hello.txt");
    await failures(/say which folder to share/, 2, "share");
    await failures(/say which file to get/, 2, "get");
    await failures(/--within: must be a number/, 2, "list", "--within", "soon");
    await failures(/Unknown option '--wat'/, 2, "list", "--wat");
    await failures(/there is no command "put"; there are share, list and get/, 2, "put");
    await failures(/EXISTS|servers\/attic/i, 1, "share", folder, "--id", "attic");
  });

  test("comes back under its id with the token it keeps in a file that nobody else reads", async (t) => {
    const { share, here, run, folder } = await ground(t);
    const file = join(here, "token");
    const first = await share("--token-file", file);
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const token = await readFile(file, "utf8");
    assert.match(token, /^[0-9a-f]{64}\n$/);
    // Both at once: the same owner.
    const second = run("share", folder, "--id", "attic", "--token-file", file);
    await second.says(/waits/);
    first.abort();
    assert.equal(await first.status, 0);
    await writeFile(join(here, "bad"), "short\n");
    const bad = run("share", folder, "--token-file", join(here, "bad"));
    assert.equal(await bad.status, 1);
    assert.match(bad.said(), /holds no token/);
  });
});
