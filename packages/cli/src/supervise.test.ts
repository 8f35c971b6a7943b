// SPDX-License-Identifier: MIT
/** A device whose native code crashed is back, as the same one. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { command, serving } from "./testing/process.ts";

const shared = async (t: TestContext): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "hello.txt"), "hello");
  return folder;
};

/** The processes that this one started. */
const childrenOf = async (pid: number | undefined): Promise<readonly number[]> => {
  const list = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return list.trim().split(" ").filter(Boolean).map(Number);
};

test("a device that crashed is started again under its id, and fetched from", async (t) => {
  const { url } = await serving(t);
  const sharing = command(t, ["files", "share", await shared(t), "--server", url]);
  await sharing.logged("waits");
  const id = /servers\/(device-[0-9a-f]{10}) waits/.exec(sharing.errors())?.[1] ?? "none";
  const [device] = await childrenOf(sharing.child.pid);
  assert.ok(device !== undefined);
  process.kill(device, "SIGSEGV");
  await sharing.logged("the WebRTC stack crashed (SIGSEGV); starting again");
  await sharing.logged(`again\nsignalbox files share: servers/${id} waits`);
  const getting = command(t, ["files", "get", "hello.txt", "-o", "-", "--device", id, "--server", url]);
  assert.equal(await getting.line(), "hello");
  assert.equal((await getting.ended).status, 0);
  sharing.child.kill("SIGTERM");
  assert.deepEqual(await sharing.ended, { status: 143, signal: null });
  const listed: { readonly servers?: readonly unknown[] } = await (await fetch(`${url}/v1/servers`)).json();
  assert.deepEqual(listed.servers ?? [], [], "it took its leave");
});

test("a device that fails for a reason ends with it, and is not started again", async (t) => {
  const sharing = command(t, ["files", "share", "/nowhere/at/all"]);
  assert.deepEqual(await sharing.ended, { status: 1, signal: null });
  assert.match(sharing.errors(), /ENOENT/);
  assert.doesNotMatch(sharing.errors(), /starting again/);
  const misused = command(t, ["files", "share"]);
  assert.deepEqual(await misused.ended, { status: 2, signal: null });
});

test("a device whose supervisor is gone ends too", async (t) => {
  const { url } = await serving(t);
  const sharing = command(t, ["files", "share", await shared(t), "--server", url]);
  await sharing.logged("waits");
  sharing.child.kill("SIGKILL");
  // It closes standard error last.
  assert.deepEqual(await sharing.ended, { status: null, signal: "SIGKILL" });
});
