// SPDX-License-Identifier: MIT
/** Cameras in pages: looking at one or several, and being one. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { runCommand } from "../devices/commands.ts";
import "../devices/ground.ts";
import { accessFaults, layoutFaults, phone } from "./inspect.ts";
import { framesAdvance, openStation, type Station, setStage, visit } from "./page-bench.ts";

const madeUp = async (t: TestContext, station: Station, id: string, more: readonly string[] = []) => {
  const options = ["--generate", "--id", id, "--name", `The ${id}`, "--size", "320x240", ...more];
  const camera = runCommand(t, ["camera", "serve", ...options, "--server", station.url]);
  await camera.says(/waits/);
  return camera;
};

const devicesPage = async (
  t: TestContext,
  stage: ReturnType<typeof setStage>,
  station: Station,
  hash = "",
) => {
  const visited = await visit(stage.browser(), `${station.url}devices.html${hash}`);
  t.after(() => visited.page.context().close());
  return visited;
};

const viewOf = (id: string): string => `#view/servers/${id}/services/camera`;

const become = async (page: Page, name: string, source: RegExp): Promise<void> => {
  await page.getByRole("link", { name: "Be a camera" }).click();
  await page.getByLabel("Name").fill(name);
  await page.getByLabel(source).check();
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText("Others find it in the list of devices").waitFor();
};

/** Of the device that a page is, from the address it shows. */
const idOf = async (being: Page): Promise<string> =>
  /servers\/([^/]+)\//.exec(
    (await being.getByRole("link", { name: "its own address" }).getAttribute("href")) ?? "",
  )?.[1] ?? "";

describe("Cameras in the page", () => {
  const stage = setStage();

  test("a camera is found and seen; a snapshot is taken, the picture paused and gone on with", async (t) => {
    const station = await openStation(t, stage.folder());
    await madeUp(t, station, "yard");
    const { page, complaints } = await devicesPage(t, stage, station);
    await page.locator("[data-device=yard]").getByRole("link", { name: "Camera" }).click();
    const { width } = await framesAdvance(page, "video");
    assert.ok(width > 0);
    await page.getByText(/Something moves|Nothing moves/).waitFor();
    await page.getByRole("button", { name: "Snapshot" }).click();
    const link = page.getByRole("link", { name: /^Save the Snapshot/ });
    await link.waitFor();
    const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
    assert.match(download.suggestedFilename(), /^The yard .*\.png$/);
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("You have paused this picture.").waitFor();
    await page.getByRole("button", { name: "Go on" }).click();
    await page.getByText("You have paused this picture.").waitFor({ state: "detached" });
    await framesAdvance(page, "video");
    assert.deepEqual(complaints, []);
  });

  test("several cameras make a wall, and each is taken off it again", async (t) => {
    const station = await openStation(t, stage.folder());
    for (const id of ["yard", "hall"]) await madeUp(t, station, id);
    const { page } = await devicesPage(t, stage, station, viewOf("yard"));
    await framesAdvance(page, "video");
    await page.getByRole("button", { name: "The hall" }).click();
    await framesAdvance(page, "[data-camera*=hall] video");
    await framesAdvance(page, "[data-camera*=yard] video");
    await page.getByRole("button", { name: "Take The yard off" }).click();
    await page.locator("[data-camera*=yard]").waitFor({ state: "detached" });
    await framesAdvance(page, "[data-camera*=hall] video");
  });

  test("motion is shown, and what was recorded is listed; a page that is a camera shares its own recordings", async (t) => {
    const station = await openStation(t, stage.folder());
    const folder = await mkdtemp(join(tmpdir(), "signalbox-footage-"));
    t.after(() => rm(folder, { recursive: true }));
    await madeUp(t, station, "yard", ["--record", folder, "--record-format", "y4m"]);
    const { page } = await devicesPage(t, stage, station, viewOf("yard"));
    const { page: being } = await devicesPage(t, stage, station);
    await become(being, "Desk", /made-up/);
    // A train passes every 20 seconds.
    await page.locator('[data-moving="true"]').waitFor({ timeout: 40_000 });
    await page.locator('[data-moving="false"]').waitFor();
    await page.locator("[data-recording$='.y4m']").first().waitFor();
    const files = await page.getByRole("link", { name: "All recordings" }).getAttribute("href");
    assert.equal(files, "#view/servers/yard/services/recordings");
    const own = being.locator(".recordings a");
    await own.waitFor({ timeout: 40_000 });
    const [download] = await Promise.all([being.waitForEvent("download"), own.click()]);
    const name = download.suggestedFilename();
    assert.match(name, /^\d{4}-.*\.(webm|mp4)$/);
    const fetching = runCommand(
      t,
      ["files", "get", name, "--server", station.url].concat([
        "--device",
        await idOf(being),
        "--output",
        join(folder, "fetched"),
      ]),
    );
    assert.equal(await fetching.status, 0, fetching.said());
    assert.deepEqual(await readFile(join(folder, "fetched")), await readFile(await download.path()));
  });

  test("a page is a camera for several at once; it is paused for all, and says how many look", async (t) => {
    const station = await openStation(t, stage.folder());
    const { page: being, complaints } = await devicesPage(t, stage, station);
    await become(being, "Desk", /made-up/);
    await framesAdvance(being, "video");
    const lookers = [await devicesPage(t, stage, station), await devicesPage(t, stage, station)];
    for (const { page } of lookers) {
      await page.locator("li.device", { hasText: "Desk" }).getByRole("link", { name: "Camera" }).click();
      await framesAdvance(page, "video");
    }
    await being.getByText("2 viewers").waitFor();
    const folder = await mkdtemp(join(tmpdir(), "signalbox-snapshot-"));
    t.after(() => rm(folder, { recursive: true }));
    const taking = runCommand(
      t,
      ["camera", "view", "--snapshot", join(folder, "now.jpg"), "--server", station.url].concat([
        "--y4m-out",
        join(folder, "desk.y4m"),
        "--pictures",
        "5",
      ]),
    );
    assert.equal(await taking.status, 0, taking.said());
    assert.deepEqual([...(await readFile(join(folder, "now.jpg"))).subarray(0, 2)], [0xff, 0xd8]);
    assert.match((await readFile(join(folder, "desk.y4m"), "latin1")).slice(0, 40), /^YUV4MPEG2 W\d+ H\d+ /);
    await being.getByRole("button", { name: "Pause for all" }).click();
    for (const { page } of lookers) await page.getByText("Its owner has paused this camera.").waitFor();
    await being.getByRole("button", { name: "Go on" }).click();
    for (const { page } of lookers) await framesAdvance(page, "video");
    await being.getByRole("button", { name: "Stop" }).click();
    for (const { page } of lookers) await page.getByRole("alert").waitFor();
    assert.deepEqual(complaints, []);
  });

  test("a page with a real camera sees what moves", async (t) => {
    const station = await openStation(t, stage.folder());
    const { page: being, complaints } = await devicesPage(t, stage, station);
    // The browser's fake camera: a clock hand that turns, and a beep.
    await become(being, "Window", /camera$/);
    await framesAdvance(being, "video");
    await being.locator('[data-moving="true"]').waitFor();
    const view = runCommand(t, ["camera", "view", "--server", station.url]);
    await view.says(/Window, \d+ by \d+/);
    await being.getByRole("button", { name: "Stop" }).click();
    assert.equal(await view.status, 1);
    assert.deepEqual(complaints, []);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`holds up on a phone, for thumbs and for screen readers, in ${colorScheme}`, async (t) => {
      const station = await openStation(t, stage.folder());
      await madeUp(t, station, "yard");
      const url = `${station.url}devices.html${viewOf("yard")}`;
      const { page } = await visit(stage.browser(), url, { ...phone, colorScheme });
      t.after(() => page.context().close());
      await framesAdvance(page, "video");
      await page.getByRole("button", { name: "Snapshot" }).click();
      await page.getByRole("link", { name: /^Save the Snapshot/ }).waitFor();
      assert.deepEqual(await layoutFaults(page), []);
      assert.deepEqual(await accessFaults(page), []);
      await page.goto(`${station.url}devices.html#offer/camera`);
      await page.getByLabel("Name").waitFor();
      assert.deepEqual(await layoutFaults(page), []);
      assert.deepEqual(await accessFaults(page), []);
    });
  }
});
