// SPDX-License-Identifier: MIT
/** Shared folders in pages: looked through, fetched from, and shared by one. */
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { runCommand } from "../devices/commands.ts";
import "../devices/ground.ts";
import { accessFaults, layoutFaults, phone } from "./inspect.ts";
import { openStation, type Station, setStage, visit } from "./page-bench.ts";

interface Shared {
  readonly station: Station;
  readonly folder: string;
  readonly here: string;
}

const ground = async (t: TestContext, stage: ReturnType<typeof setStage>): Promise<Shared> => {
  const world = await mkdtemp(join(tmpdir(), "signalbox-files-"));
  t.after(() => rm(world, { recursive: true }));
  const [folder, here] = [join(world, "Holiday"), join(world, "here")];
  await mkdir(join(folder, "Trip to the sea"), { recursive: true });
  await mkdir(here);
  await writeFile(join(folder, "notes.txt"), "rain again");
  await writeFile(join(folder, ".hidden"), "secret");
  await symlink("/etc", join(folder, "etc"));
  await writeFile(join(folder, "Trip to the sea", "day 1.jpg"), randomBytes(700_000));
  return { station: await openStation(t, stage.folder()), folder, here };
};

const share = async (t: TestContext, { station, folder }: Shared) => {
  const args = ["share", folder, "--id", "attic", "--name", "The attic", "--server", station.url];
  const sharing = runCommand(t, ["files", ...args]);
  await sharing.says(/waits/);
  return sharing;
};

const open = async (
  t: TestContext,
  stage: ReturnType<typeof setStage>,
  { station }: Shared,
  hash = "",
  options = {},
) => {
  const visited = await visit(stage.browser(), `${station.url}devices.html${hash}`, options);
  t.after(() => visited.page.context().close());
  return visited;
};

const view = "#view/servers/attic/services/file";

const entry = (page: Page, name: string) => page.locator(`[data-entry=${JSON.stringify(name)}]`);
const sha256 = (content: Uint8Array): string => createHash("sha256").update(content).digest("hex");

describe("Shared folders in the page", () => {
  const stage = setStage();

  test("a folder is found and looked through; a file is fetched, checked and saved", async (t) => {
    const shared = await ground(t, stage);
    await share(t, shared);
    const { page, complaints } = await open(t, stage, shared);
    await page.locator("[data-device=attic]").getByRole("link", { name: "Files" }).click();
    await entry(page, "notes.txt").waitFor();
    const names = page
      .locator("[data-entry]")
      .evaluateAll((rows) => rows.map((row) => row.getAttribute("data-entry")));
    assert.deepEqual(await names, ["Trip to the sea", "notes.txt"]);
    await page.getByRole("button", { name: "Open the folder Trip to the sea" }).click();
    const downloading = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download day 1.jpg" }).click();
    const download = await downloading;
    assert.equal(download.suggestedFilename(), "day 1.jpg");
    const content = await readFile(join(shared.folder, "Trip to the sea", "day 1.jpg"));
    assert.ok(content.equals(await readFile(await download.path())));
    const row = page.locator("[data-download='day 1.jpg'][data-phase=whole]");
    await row.getByText("700 KB, checked").waitFor();
    await row.getByText("SHA-256").click();
    await row.getByText(sha256(content)).waitFor();
    await page
      .getByRole("navigation", { name: "Folders" })
      .getByRole("button", { name: "The attic" })
      .click();
    await entry(page, "notes.txt").waitFor();
    await page.getByRole("button", { name: "Remove day 1.jpg from the list" }).click();
    await row.waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
  });

  test("a large file goes straight onto the disk, and on where the device goes in between and comes back", async (t) => {
    const shared = await ground(t, stage);
    const content = randomBytes(110_000_000);
    await writeFile(join(shared.folder, "film.mp4"), content);
    const sharing = await share(t, shared);
    const { page } = await open(t, stage, shared, view);
    // Where to is asked by the browser itself, which no script can answer: a file of the page's own disk stands in.
    await page.evaluate(() => {
      Object.assign(window, {
        showSaveFilePicker: async ({ suggestedName }: { suggestedName: string }) =>
          (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true }),
      });
    });
    await page.getByRole("button", { name: "Download film.mp4" }).click();
    const row = page.locator("[data-download='film.mp4']");
    // Far enough for both ends to have something to lose.
    await page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 20_000_000);
    sharing.abort();
    await sharing.status;
    await row.getByText(/The connection broke at/).waitFor();
    await share(t, shared);
    await row.getByText("110 MB, checked and on the disk").waitFor({ timeout: 60_000 });
    const kept = await page.evaluate(async () => {
      const file = await (await navigator.storage.getDirectory()).getFileHandle("film.mp4");
      const bytes = await (await file.getFile()).arrayBuffer();
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
    });
    assert.equal(kept, sha256(content));
  });

  test("a download is stopped; what is gone, changed or too large is told", async (t) => {
    const shared = await ground(t, stage);
    await writeFile(join(shared.folder, "film.mp4"), randomBytes(90_000_000));
    // Five GB, and no byte of them on the disk.
    await writeFile(join(shared.folder, "huge.iso"), "");
    await truncate(join(shared.folder, "huge.iso"), 5_000_000_000);
    await share(t, shared);
    const { page } = await open(t, stage, shared, view);
    await page.evaluate(() => Reflect.set(window, "showSaveFilePicker", undefined));
    await page.getByRole("button", { name: "Download film.mp4" }).click();
    await page.waitForFunction(() => (document.querySelector("progress")?.value ?? 0) > 1_000_000);
    await page.getByRole("button", { name: "Stop film.mp4" }).click();
    await page.locator("[data-download='film.mp4']").waitFor({ state: "detached" });
    await rm(join(shared.folder, "notes.txt"));
    await page.getByRole("button", { name: "Download notes.txt" }).click();
    await page.getByText("There is nothing under that path.").waitFor();
    await page.getByRole("button", { name: "Download huge.iso" }).click();
    await page.getByText("This browser holds files of at most 1 GB.").waitFor();
    await page.getByRole("button", { name: "Open the folder Trip to the sea" }).click();
    await entry(page, "day 1.jpg").waitFor();
    await writeFile(join(shared.folder, "Trip to the sea", "day 1.jpg"), randomBytes(800_000));
    await page.getByRole("button", { name: "Download day 1.jpg" }).click();
    await page.getByText("The file changed meanwhile.").waitFor();
  });

  test("a folder of many files comes in sight by and by, whatever is in their names", async (t) => {
    const shared = await ground(t, stage);
    const many = join(shared.folder, "many");
    await mkdir(many);
    const names = Array.from({ length: 1_100 }, (_, at) => `${at + 1}`);
    await Promise.all(names.map((name) => writeFile(join(many, name), "")));
    await writeFile(join(many, '<img src=x onerror="document.title=1">'), "");
    await share(t, shared);
    const { page, complaints } = await open(t, stage, shared, view);
    await page.getByRole("button", { name: "Open the folder many" }).click();
    const rows = page.locator(".files[data-path=many] [data-entry]");
    const more = page.getByRole("button", { name: "Show more" });
    await more.waitFor();
    assert.equal(await rows.count(), 500);
    await more.click();
    await page.waitForFunction(() => document.querySelectorAll("[data-entry]").length === 1_000);
    await more.click();
    await more.waitFor({ state: "detached" });
    assert.equal(await rows.count(), 1_101);
    assert.equal(await page.title(), "The attic · Signalbox");
    assert.deepEqual(complaints, []);
  });

  test("a page shares a folder that was picked: a terminal and another page fetch from it", async (t) => {
    const shared = await ground(t, stage);
    const { page, complaints } = await open(t, stage, shared, "#offer/file");
    await page.evaluate(() => Reflect.set(window, "showDirectoryPicker", undefined));
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("Choose what to share first.").waitFor();
    await page.locator("input[type=file]").first().setInputFiles(shared.folder);
    await page.locator("[data-part=choice]").getByText("Holiday").waitFor();
    await page.getByLabel("Name").fill("Laptop");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("Others find it in the list of devices").waitFor();

    const files = (...args: readonly string[]) =>
      runCommand(t, ["files", ...args, "--server", shared.station.url]);
    const listed = files("list", "--json");
    assert.equal(await listed.status, 0, listed.said());
    const entries = listed
      .out()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).name);
    assert.ok(entries.includes("notes.txt") && entries.includes("Trip to the sea"), entries.join());
    assert.ok(!entries.includes(".hidden"));
    const target = join(shared.here, "day 1.jpg");
    const got = files("get", "Trip to the sea/day 1.jpg", "-o", target);
    assert.equal(await got.status, 0, got.said());
    const content = await readFile(join(shared.folder, "Trip to the sea", "day 1.jpg"));
    assert.ok(content.equals(await readFile(target)));

    const other = await open(t, stage, shared);
    await other.page.locator(".device").getByRole("link", { name: "Holiday" }).click();
    await page.locator("[data-part=guests]").getByText("1 connection").waitFor();
    const downloading = other.page.waitForEvent("download");
    await other.page.getByRole("button", { name: "Download notes.txt" }).click();
    assert.equal((await readFile(await (await downloading).path())).toString(), "rain again");
    await page.getByRole("button", { name: "Stop" }).click();
    await other.page.getByRole("alert").getByText("The connection broke.").waitFor();
    assert.deepEqual(complaints, []);
  });

  test("a page shares a folder it was let into, as it is at each moment", async (t) => {
    const shared = await ground(t, stage);
    const { page } = await open(t, stage, shared, "#offer/file");
    // As above: only the browser itself can ask for a folder. This one is on the page's own disk.
    await page.evaluate(() => {
      Object.assign(window, {
        showDirectoryPicker: async () => {
          const root = await navigator.storage.getDirectory();
          const folder = await root.getDirectoryHandle("Papers", { create: true });
          await folder.getDirectoryHandle("old", { create: true });
          const write = async (name: string, text: string): Promise<void> => {
            const file = await (await folder.getFileHandle(name, { create: true })).createWritable();
            await file.write(text);
            await file.close();
          };
          await write("letter.txt", "Dear reader");
          await write(".hidden", "secret");
          Object.assign(window, { write });
          return folder;
        },
      });
    });
    await page.getByRole("button", { name: "Choose a folder" }).click();
    await page.locator("[data-part=choice]").getByText("Papers").waitFor();
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByText("Others find it in the list of devices").waitFor();
    const out = async (...args: readonly string[]) => {
      const ran = runCommand(t, ["files", ...args, "--server", shared.station.url]);
      return { status: await ran.status, out: ran.out(), said: ran.said() };
    };
    assert.deepEqual(
      (await out("list", "--json")).out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).name),
      ["letter.txt", "old"],
    );
    assert.equal((await out("get", "letter.txt", "-o", "-")).out, "Dear reader");
    await page.evaluate("window.write('later.txt', 'added')");
    assert.equal((await out("get", "later.txt", "-o", "-")).out, "added");
    for (const [path, reason] of [
      ["old", /That is a folder/],
      [".hidden", /There is nothing/],
      ["nothing", /There is nothing/],
      ["letter.txt/x", /There is nothing|That is/],
      ["../letter.txt", /That is no path/],
    ] as const) {
      const { status, said } = await out("get", path, "-o", join(shared.here, "x"));
      assert.equal(status, 1, path);
      assert.match(said, reason);
    }
    assert.match((await out("list", "letter.txt")).said, /That is a file/);
    assert.equal((await out("list", "old", "--json")).out, "");
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`all of it holds up on a phone, for thumbs and for screen readers, in ${colorScheme}`, async (t) => {
      const shared = await ground(t, stage);
      await share(t, shared);
      const { page } = await open(t, stage, shared, view, { ...phone, colorScheme });
      await page.getByRole("button", { name: "Download notes.txt" }).click();
      await page.locator("[data-phase=whole]").waitFor();
      const check = async (): Promise<void> => {
        assert.deepEqual(await layoutFaults(page), []);
        assert.deepEqual(await accessFaults(page), []);
      };
      await check();
      await page.getByRole("link", { name: "All devices" }).click();
      await page.getByRole("link", { name: "Share a folder" }).click();
      await page.getByText("Nothing is chosen yet.").waitFor();
      await check();
    });
  }
});
