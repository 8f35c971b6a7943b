// SPDX-License-Identifier: MIT
/** The devices page: what is listed, how it is found, and that every hand and eye can use it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessFaults, layoutFaults, phone } from "./inspect.ts";
import { openStation, type Station, setStage, visit } from "./page-bench.ts";

/** A device that registered and polls no more. */
const register = async (station: Station, body: object, query = ""): Promise<void> => {
  const response = await fetch(`${station.url}v1/servers${query}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 201, await response.text());
};

const echo = { uniqueId: "loop", displayName: "Loop", services: [{ protocol: "echo", version: "1" }] };

describe("The devices page", () => {
  const stage = setStage();

  test("is reached from the door, and shows devices as they come and go", async (t) => {
    const station = await openStation(t, stage.folder());
    const { page, complaints } = await visit(stage.browser(), station.url);
    t.after(() => page.context().close());
    await page.getByRole("link", { name: "Devices on this server" }).click();
    await page.getByText("No device is listed here yet.").waitFor();
    await register(station, echo);
    const device = page.locator("[data-device=loop]");
    await device.getByRole("heading", { name: "Loop" }).waitFor();
    await device.getByText("this page cannot show it").waitFor();
    assert.deepEqual(complaints, []);
  });

  test("finds devices in an unlisted room by its name", async (t) => {
    const station = await openStation(t, stage.folder());
    await register(station, { ...echo, room: "rooms/cellar" }, "?room.visibility=VISIBILITY_UNLISTED");
    const { page } = await visit(stage.browser(), `${station.url}devices.html`);
    t.after(() => page.context().close());
    await page.getByText("No device is listed here yet.").waitFor();
    await page.getByLabel("Room").fill("cellar");
    await page.keyboard.press("Enter");
    await page.locator("[data-device=loop]").waitFor();
    await page.getByRole("heading", { level: 1, name: "Devices in cellar" }).waitFor();
  });

  test("asks for the password of the server where it has one", async (t) => {
    const station = await openStation(t, stage.folder(), { secret: "points and levers" });
    const { page } = await visit(stage.browser(), `${station.url}devices.html`);
    t.after(() => page.context().close());
    await page.getByRole("alert").getByText("This server asks for a password.").waitFor();
    await page.getByLabel("Password of this server").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("The password was not accepted.").waitFor();
    await page.getByLabel("Password of this server").fill("points and levers");
    await page.keyboard.press("Enter");
    await page.getByText("No device is listed here yet.").waitFor();
    await page.reload();
    await page.getByText("No device is listed here yet.").waitFor();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`holds up on a phone, for thumbs and for screen readers, in ${colorScheme}`, async (t) => {
      const station = await openStation(t, stage.folder());
      await register(station, echo);
      const url = `${station.url}devices.html`;
      const { page } = await visit(stage.browser(), url, { ...phone, colorScheme });
      t.after(() => page.context().close());
      await page.locator("[data-device=loop]").waitFor();
      assert.deepEqual(await layoutFaults(page), []);
      assert.deepEqual(await accessFaults(page), []);
    });
  }
});
