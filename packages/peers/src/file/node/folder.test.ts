// SPDX-License-Identifier: MIT
/** A shared folder, and everything somebody might try to get out of it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { link, mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import { parsePath } from "../path.ts";
import { type FileSource, isNo } from "../source.ts";
import { folderSource } from "./folder.ts";

/** A world with a folder that is shared and one that is not. */
const ground = async (t: TestContext): Promise<{ readonly shared: string; readonly outside: string }> => {
  const world = await mkdtemp(join(tmpdir(), "signalbox-files-"));
  t.after(() => rm(world, { recursive: true }));
  const [shared, outside] = [join(world, "shared"), join(world, "shared-not")];
  await mkdir(join(shared, "trip"), { recursive: true });
  await mkdir(join(outside, "deep"), { recursive: true });
  await writeFile(join(shared, "hello.txt"), "hello");
  await writeFile(join(shared, "trip", "day 1.txt"), "rain");
  await writeFile(join(shared, ".hidden"), "secret");
  await writeFile(join(outside, "secret.txt"), "secret");
  await writeFile(join(outside, "deep", "secret.txt"), "secret");
  return { shared, outside };
};

/** What a client gets for a path: the content, or the reason. */
const get = async (source: FileSource, path: string): Promise<string> => {
  const names = parsePath(path);
  if (names === undefined) return "BAD_PATH";
  const file = await source.open(names);
  if (isNo(file)) return file.no;
  const content = await file.read(0, file.size);
  await file.close();
  return Buffer.from(content).toString();
};

const list = async (source: FileSource, path = "", after?: string, most = 100) => {
  const page = await source.list(parsePath(path) ?? [], after, most);
  return isNo(page) ? page.no : page.entries.map(({ name, kind }) => (kind === "folder" ? `${name}/` : name));
};

describe("a shared folder", () => {
  test("lists its files and folders, without what is hidden", async (t) => {
    const { shared } = await ground(t);
    const source = await folderSource(shared);
    assert.deepEqual(await list(source), ["hello.txt", "trip/"]);
    assert.deepEqual(await list(source, "trip"), ["day 1.txt"]);
    assert.equal(await get(source, "trip/day 1.txt"), "rain");
    assert.equal(await get(source, ".hidden"), "NOT_FOUND");
    const all = await folderSource(shared, { hidden: true });
    assert.deepEqual(await list(all), [".hidden", "hello.txt", "trip/"]);
    assert.equal(await get(all, ".hidden"), "secret");
  });

  test("tells sizes and times, and a tag that changes with the content", async (t) => {
    const { shared } = await ground(t);
    const source = await folderSource(shared);
    const first = await source.stat(["hello.txt"]);
    assert.ok(first !== "folder" && !isNo(first));
    assert.equal(first.size, 5);
    assert.deepEqual(await source.stat(["hello.txt"]), first);
    await writeFile(join(shared, "hello.txt"), "HELLO");
    const second = await source.stat(["hello.txt"]);
    assert.ok(second !== "folder" && !isNo(second));
    assert.notEqual(second.tag, first.tag);
    assert.equal(await source.stat(["trip"]), "folder");
  });

  test("is listed in pages, each behind the last name of the one before, whatever is skipped in between", async (t) => {
    const { shared } = await ground(t);
    await mkdir(join(shared, "many"));
    for (let number = 10; number < 30; number += 1) {
      if (number % 2 === 0) await writeFile(join(shared, "many", `${number}`), "");
      else await symlink("/nowhere", join(shared, "many", `${number}`));
    }
    const source = await folderSource(shared);
    assert.deepEqual(await list(source, "many", undefined, 3), ["10", "12", "14"]);
    assert.deepEqual(await list(source, "many", "14", 3), ["16", "18", "20"]);
    const last = await source.list(["many"], "22", 3);
    assert.ok(!isNo(last));
    assert.deepEqual([last.entries.map(({ name }) => name), last.more], [["24", "26", "28"], true]);
    assert.deepEqual(await source.list(["many"], "28", 3), { entries: [], more: false });
  });

  test("with more names than are looked at is refused to be listed, and its files are still there", async (t) => {
    const { shared } = await ground(t);
    const source = await folderSource(shared, { namesMax: 1 });
    assert.equal(await list(source), "TOO_MANY_ENTRIES");
    assert.equal(await get(source, "hello.txt"), "hello");
  });

  test("gives ranges, and nothing behind the end", async (t) => {
    const { shared } = await ground(t);
    const file = await (await folderSource(shared)).open(["hello.txt"]);
    assert.ok(!isNo(file));
    t.after(() => file.close());
    const text = async (offset: number, length: number) =>
      Buffer.from(await file.read(offset, length)).toString();
    assert.deepEqual(
      [await text(1, 3), await text(3, 100), await text(5, 1), await text(9, 1)],
      ["ell", "lo", "", ""],
    );
    assert.equal(await file.isUnchanged(), true);
    await truncate(join(shared, "hello.txt"), 2);
    assert.equal(await file.isUnchanged(), false);
    assert.equal(await text(3, 100), "");
  });

  test("is no folder where it is a file or not there", async (t) => {
    const { shared } = await ground(t);
    await assert.rejects(folderSource(join(shared, "hello.txt")), /is no folder/);
    await assert.rejects(folderSource(join(shared, "nowhere")), { code: "ENOENT" });
  });

  test("says of a folder that it is no file, and of a file that it is no folder", async (t) => {
    const { shared } = await ground(t);
    const source = await folderSource(shared);
    assert.equal(await get(source, "trip"), "NOT_A_FILE");
    assert.equal(await get(source, ""), "NOT_A_FILE");
    assert.equal(await list(source, "hello.txt"), "NOT_A_FOLDER");
    assert.equal(await list(source, "nothing"), "NOT_FOUND");
    assert.equal(await get(source, "hello.txt/x"), "NOT_FOUND");
  });
});

describe("there is no way out of a shared folder", () => {
  for (const path of [
    "..",
    "../shared-not/secret.txt",
    "trip/../../shared-not/secret.txt",
    "./hello.txt",
    "/etc/passwd",
    "//etc/passwd",
    "trip//day 1.txt",
    "trip/",
    "..\\shared-not\\secret.txt",
    "C:\\Windows",
    "c:hello.txt",
    "hello.txt\u0000.png",
    "hello.txt\u0000",
    "\ud800",
    "x".repeat(256),
    "x/".repeat(3_000),
  ]) {
    test(`by ${JSON.stringify(path.slice(0, 40))}: it is no path`, async (t) => {
      const { shared } = await ground(t);
      assert.equal(await get(await folderSource(shared), path), "BAD_PATH");
    });
  }

  for (const path of [
    "%2e%2e/shared-not/secret.txt",
    "..%2fshared-not%2fsecret.txt",
    "~/x",
    "…/x",
    "．．/x",
  ]) {
    test(`by ${JSON.stringify(path)}: nothing is decoded`, async (t) => {
      const { shared } = await ground(t);
      assert.equal(await get(await folderSource(shared), path), "NOT_FOUND");
    });
  }

  test("by a link to a file or a folder outside, however many links it takes; those within are followed", async (t) => {
    const { shared, outside } = await ground(t);
    await symlink(join(outside, "secret.txt"), join(shared, "file"));
    await symlink("../shared-not", join(shared, "folder"));
    await symlink("folder", join(shared, "twice"));
    await symlink("/", join(shared, "root"));
    await symlink("/proc/self/fd", join(shared, "fds"));
    await symlink("loop", join(shared, "loop"));
    await symlink("trip/day 1.txt", join(shared, "within"));
    await symlink("../trip", join(shared, "trip", "again"));
    const source = await folderSource(shared);
    for (const path of [
      "file",
      "folder/secret.txt",
      "twice/deep/secret.txt",
      "root/etc/passwd",
      "fds/0",
      "loop",
    ]) {
      assert.equal(await get(source, path), "NOT_FOUND", path);
      assert.deepEqual(await source.stat(parsePath(path) ?? []), { no: "NOT_FOUND" }, path);
    }
    for (const path of ["folder", "twice", "twice/deep", "root", "fds"])
      assert.equal(await list(source, path), "NOT_FOUND", path);
    assert.deepEqual(await list(source), ["hello.txt", "trip/", "within"]);
    assert.equal(await get(source, "within"), "rain");
    assert.equal(await get(source, "trip/again/again/day 1.txt"), "rain");
  });

  test("where the shared folder is itself named by a link, the link's target is what is shared", async (t) => {
    const { shared, outside } = await ground(t);
    await symlink(shared, join(outside, "alias"));
    const source = await folderSource(join(outside, "alias"));
    assert.equal(await get(source, "hello.txt"), "hello");
    // Who turns the link elsewhere shares nothing new.
    await rm(join(outside, "alias"));
    await symlink(outside, join(outside, "alias"));
    assert.equal(await get(source, "secret.txt"), "NOT_FOUND");
  });

  test("nor does a pipe, a socket or a device hold anybody up: they are not there", async (t) => {
    const { shared } = await ground(t);
    execFileSync("mkfifo", [join(shared, "pipe")]);
    execFileSync("mknod", [join(shared, "zero"), "c", "1", "5"]);
    await symlink("/dev/zero", join(shared, "zero-link"));
    const source = await folderSource(shared);
    for (const path of ["pipe", "zero", "zero-link"])
      assert.equal(await get(source, path), "NOT_FOUND", path);
    assert.deepEqual(await list(source), ["hello.txt", "trip/"]);
  });

  test("a file that was opened stays the one it was, whatever takes its place", async (t) => {
    const { shared, outside } = await ground(t);
    const file = await (await folderSource(shared)).open(["hello.txt"]);
    assert.ok(!isNo(file));
    t.after(() => file.close());
    await symlink(join(outside, "secret.txt"), join(shared, "new"));
    await rename(join(shared, "new"), join(shared, "hello.txt"));
    assert.equal(Buffer.from(await file.read(0, 100)).toString(), "hello");
  });

  test("while a folder is swapped for a link to the outside and back, nothing from there is ever given", async (t) => {
    const { shared, outside } = await ground(t);
    await mkdir(join(shared, "door"));
    await writeFile(join(shared, "door", "secret.txt"), "mine");
    await symlink(outside, join(shared, "other"));
    const source = await folderSource(shared);
    const stop = new SharedArrayBuffer(4);
    const swapper = new Worker(new URL("../testing/swapping.ts", import.meta.url), {
      workerData: { folder: shared, names: ["door", "other"], stop },
    });
    const ended = once(swapper, "exit");
    await once(swapper, "online");
    const seen = new Set<string>();
    for (let attempt = 0; attempt < 3_000; attempt += 1) {
      seen.add(await get(source, "door/secret.txt"));
      const names = await list(source, "door");
      if (Array.isArray(names)) for (const name of names) seen.add(`listed ${name}`);
    }
    Atomics.store(new Int32Array(stop), 0, 1);
    assert.deepEqual(await ended, [0]);
    assert.ok(seen.has("mine"), "it was looked at between the swaps");
    assert.ok(!seen.has("secret") && !seen.has("listed deep/"), [...seen].join(", "));
  });

  test("a hard link is what it is: a file of the folder", async (t) => {
    const { shared, outside } = await ground(t);
    await link(join(outside, "secret.txt"), join(shared, "hard"));
    assert.equal(await get(await folderSource(shared), "hard"), "secret");
  });
});
