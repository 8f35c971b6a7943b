// SPDX-License-Identifier: MIT
/** Sensors in pages: looking at one, and being one. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { runCommand } from "../devices/commands.ts";
import "../devices/ground.ts";
import { accessFaults, layoutFaults, phone } from "./inspect.ts";
import { openStation, type Station, setStage, visit } from "./page-bench.ts";

const madeUp = async (t: TestContext, station: Station, id: string): Promise<void> => {
  const options = ["--generate", "--every", "0.2", "--id", id, "--name", "Cellar"];
  const device = runCommand(t, ["sensor", "serve", ...options, "--server", station.url]);
  await device.says(/waits/);
};

describe("Sensors in the page", () => {
  const stage = setStage();

  test("a sensor is found, and shows what it measures, with units, as it changes, and its day", async (t) => {
    const station = await openStation(t, stage.folder());
    await madeUp(t, station, "cellar");
    const { page, complaints } = await visit(stage.browser(), `${station.url}devices.html`);
    t.after(() => page.context().close());
    await page.locator("[data-device=cellar]").getByRole("link", { name: "Sensor" }).click();
    const value = page.locator("[data-quantity=temperature] dd");
    await value.getByText(/^\d+\.\d$/).waitFor();
    assert.match(await value.innerText(), /^\d+\.\d\s+°C$/);
    await page
      .getByRole("img", { name: /^Temperature from .+: least \d.+ °C, greatest \d.+ °C, last / })
      .waitFor();
    const since = page.locator("[data-part=since]");
    const first = await since.innerText();
    await page.waitForFunction(
      (before) => document.querySelector("[data-part=since]")?.textContent !== before,
      first,
    );
    await page.getByRole("button", { name: "10 minutes" }).click();
    await page.locator("[data-plot=humidity] .plot-line").waitFor();
    await page.getByText("Numbers").click();
    await page.getByRole("row").nth(1).waitFor();
    assert.deepEqual(complaints, []);
  });

  test("says when the sensor is gone, and finds it again", async (t) => {
    const station = await openStation(t, stage.folder());
    const serve = ["sensor", "serve", "--generate", "--id", "cellar", "--server", station.url];
    const device = runCommand(t, serve);
    await device.says(/waits/);
    const { page } = await visit(
      stage.browser(),
      `${station.url}devices.html#view/servers/cellar/services/sensor`,
    );
    t.after(() => page.context().close());
    await page.locator("[data-quantity=humidity]").waitFor();
    device.abort();
    await device.status;
    await page
      .getByRole("alert")
      .getByText(/closed|broke/)
      .waitFor();
    await runCommand(t, serve).says(/waits/);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.locator("[data-quantity=humidity]").waitFor();
  });

  test("a page is a sensor, which a page and a command read", async (t) => {
    const station = await openStation(t, stage.folder());
    const [own, other] = [0, 1].map(() => visit(stage.browser(), `${station.url}devices.html`));
    assert.ok(own !== undefined && other !== undefined);
    const [{ page: being }, { page: looking }] = [await own, await other];
    t.after(() => Promise.all([being.context().close(), looking.context().close()]));
    await being.getByRole("link", { name: "Be a sensor" }).click();
    await being.getByLabel("Name").fill("Attic");
    await being.getByRole("button", { name: "Start" }).click();
    await being.getByText("Others find it in the list of devices").waitFor();
    await looking.locator("li.device", { hasText: "Attic" }).getByRole("link", { name: "Sensor" }).click();
    await looking
      .locator("[data-quantity=temperature]")
      .getByText(/^\d+\.\d$/)
      .waitFor();
    await being.getByText("1 viewer", { exact: true }).waitFor();
    const reading = runCommand(t, ["sensor", "read", "--server", station.url]);
    assert.equal(await reading.status, 0, reading.said());
    assert.match(reading.out(), /temperature \d+\.\d °C/);
    await being.getByRole("button", { name: "Stop" }).click();
    await looking.getByRole("alert").waitFor();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`holds up on a phone, for thumbs and for screen readers, in ${colorScheme}`, async (t) => {
      const station = await openStation(t, stage.folder());
      await madeUp(t, station, "cellar");
      const url = `${station.url}devices.html#view/servers/cellar/services/sensor`;
      const { page } = await visit(stage.browser(), url, { ...phone, colorScheme });
      t.after(() => page.context().close());
      await page.locator("[data-plot=humidity] .plot-line").waitFor();
      assert.deepEqual(await layoutFaults(page), []);
      assert.deepEqual(await accessFaults(page), []);
      await page.goto(`${station.url}devices.html#offer/sensor`);
      await page.getByRole("button", { name: "Start" }).click();
      await page.getByText("0 viewers").waitFor();
      assert.deepEqual(await layoutFaults(page), []);
      assert.deepEqual(await accessFaults(page), []);
    });
  }
});
