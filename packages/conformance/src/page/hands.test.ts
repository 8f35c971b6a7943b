// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { accessFaults, layoutFaults, phone } from "./inspect.ts";
import { call, callWith, framesAdvance, meet, openStation, setStage, visit } from "./page-bench.ts";

/** Presses Tab until the element of that role and name has the focus. */
const tabTo = async (page: Page, name: string | RegExp): Promise<void> => {
  for (let presses = 0; presses < 60; presses += 1) {
    const found = await page.evaluate(() => {
      const { activeElement } = document;
      const label =
        activeElement instanceof HTMLInputElement ? activeElement.labels?.[0]?.textContent : undefined;
      return activeElement?.ariaLabel ?? label ?? activeElement?.textContent ?? "";
    });
    if (typeof name === "string" ? found.trim() === name : name.test(found)) return;
    await page.keyboard.press("Tab");
  }
  assert.fail(`no Tab leads to ${name}`);
};

describe("The page under all hands", () => {
  const stage = setStage();

  test("on a phone a room is entered, a call taken and a chat held by touch, at any width down to 320", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"], phone);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await ann.page.getByRole("button", { name: "Call Ben" }).tap();
    const dialog = ben.page.getByRole("alertdialog", { name: "Ann is calling" });
    await dialog.waitFor();
    assert.deepEqual(await layoutFaults(ben.page), []);
    await dialog.getByRole("button", { name: "Accept with video" }).tap();
    await callWith(ann.page, "Ben", "connected").waitFor();
    await framesAdvance(ann.page, "video.remote");
    await ann.page.getByRole("textbox", { name: "Message to Ben" }).tap();
    await ann.page.keyboard.type("by thumb");
    await ann.page.getByRole("button", { name: "Send", exact: true }).tap();
    await ben.page.getByText("by thumb").waitFor();
    // The call stands before the list, so that nobody has to look for it.
    const tops = await ann.page.evaluate(() =>
      ["article", ".roster"].map((which) => document.querySelector(which)?.getBoundingClientRect().top ?? 0),
    );
    assert.ok((tops[0] ?? 0) < (tops[1] ?? 0));
    for (const width of [390, 360, 320]) {
      for (const { page } of visits) {
        await page.setViewportSize({ width, height: 700 });
        assert.deepEqual(await layoutFaults(page), [], `at ${width}`);
      }
    }
    await ben.page.getByRole("button", { name: "Hang up" }).tap();
    await callWith(ann.page, "Ben", "ended").waitFor();
    assert.deepEqual([...ann.complaints, ...ben.complaints], []);
  });

  test("the keyboard alone enters, calls, accepts, talks, and hangs up, and never loses its place", async (t) => {
    const station = await openStation(t, stage.folder());
    const pages: Page[] = [];
    for (const name of ["Ann", "Ben"]) {
      const { page } = await visit(stage.browser(), station.url);
      t.after(() => page.context().close());
      await tabTo(page, "Room");
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.type("harbour");
      await page.keyboard.press("Tab");
      await page.keyboard.type(name);
      await page.keyboard.press("Enter");
      await page.getByRole("heading", { level: 1, name: "harbour" }).waitFor();
      pages.push(page);
    }
    const [ann, ben] = pages;
    assert.ok(ann !== undefined && ben !== undefined);
    await ann.locator("[data-peer=Ben]").waitFor();
    await tabTo(ann, "Call Ben");
    await ann.keyboard.press("Enter");
    await ben.getByRole("alertdialog", { name: "Ann is calling" }).waitFor();
    // The dialog has the focus, on its words: a key meant for something else answers nothing.
    assert.equal(await ben.evaluate(() => document.activeElement?.textContent), "Ann is calling");
    await ben.keyboard.press("Enter");
    await tabTo(ben, "Accept with video");
    await ben.keyboard.press("Enter");
    await callWith(ann, "Ben", "connected").waitFor();
    await callWith(ben, "Ann", "connected").waitFor();
    for (const page of pages)
      assert.equal(await page.evaluate(() => document.activeElement?.closest("article") !== null), true);
    await tabTo(ann, "Message to Ben");
    await ann.keyboard.type("by key");
    await ann.keyboard.press("Enter");
    await ben.getByText("by key").waitFor();
    await tabTo(ben, "Mute");
    await ben.keyboard.press("Space");
    await ben.getByRole("button", { name: "Unmute" }).waitFor();
    await tabTo(ben, "Hang up");
    await ben.keyboard.press("Enter");
    await callWith(ben, "Ann", "ended").waitFor();
    assert.equal(await ben.evaluate(() => document.activeElement?.closest("article") !== null), true);
    await tabTo(ben, "Close");
    await ben.keyboard.press("Enter");
    await callWith(ben, "Ann").waitFor({ state: "detached" });
    assert.equal(await ben.evaluate(() => document.activeElement?.id), "roster-title");
    // Escape declines, as it closes any dialog.
    await tabTo(ann, "Call again");
    await ann.keyboard.press("Enter");
    await ben.getByRole("alertdialog").waitFor();
    await ben.keyboard.press("Escape");
    await callWith(ann, "Ben", "ended").getByText("Ben did not take the call.").waitFor();
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe finds nothing to complain of, door to call, in ${colorScheme}`, async (t) => {
      const station = await openStation(t, stage.folder());
      const door = await visit(stage.browser(), station.url, { colorScheme });
      assert.deepEqual(await accessFaults(door.page), [], "door");
      await door.page.context().close();
      const { visits } = await meet(t, stage, ["Ann", "Ben"], { colorScheme });
      const [ann, ben] = visits;
      assert.ok(ann !== undefined && ben !== undefined);
      assert.deepEqual(await accessFaults(ann.page), [], "lobby");
      await ann.page.getByRole("button", { name: "Share" }).click();
      assert.deepEqual(await accessFaults(ann.page), [], "share");
      await ann.page.keyboard.press("Escape");
      await ann.page.getByRole("button", { name: "Call Ben" }).click();
      await ben.page.getByRole("alertdialog").waitFor();
      assert.deepEqual(await accessFaults(ben.page), [], "ringing");
      assert.deepEqual(await accessFaults(ann.page), [], "calling");
      await ben.page.getByRole("button", { name: "Accept with video" }).click();
      await framesAdvance(ann.page, "video.remote");
      await ann.page
        .locator("input[type=file]")
        .setInputFiles([{ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") }]);
      await ben.page.getByRole("link", { name: "Save a.txt" }).waitFor();
      await ann.page.getByRole("textbox", { name: "Message to Ben" }).fill("hello");
      await ann.page.keyboard.press("Enter");
      await ben.page.getByText("hello").waitFor();
      await ann.page.getByRole("button", { name: "Mute", exact: true }).click();
      assert.deepEqual(await accessFaults(ann.page), [], "call");
      assert.deepEqual(await accessFaults(ben.page), [], "call of the other");
      station.cable.cut();
      assert.deepEqual(ann.complaints, []);
    });
  }

  test("whoever asks for less motion gets none", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"], { reducedMotion: "reduce" });
    const [ann] = visits;
    assert.ok(ann !== undefined);
    await ann.page.getByRole("button", { name: "Call Ben" }).click();
    await ann.page.locator(".path-core").waitFor();
    assert.equal(await ann.page.evaluate(() => document.getAnimations().length), 0);
  });

  test("what happens is read out: who comes, who calls, how it ends", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    const heard = ann.page.getByRole("log", { name: "What happens" });
    await heard.getByText("Ben came in.").waitFor({ state: "attached" });
    await call(ben.page, ann.page, ["Ben", "Ann"], "Chat");
    await heard.getByText("Connected to Ben.").waitFor({ state: "attached" });
    await ben.page.getByRole("button", { name: "Hang up" }).click();
    await heard.getByText("Ben hung up.").waitFor({ state: "attached" });
  });
});
