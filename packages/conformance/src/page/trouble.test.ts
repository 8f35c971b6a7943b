// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { verdicts } from "@signalbox/client";
import type { Page } from "playwright-core";
import { call, callWith, enter, framesAdvance, meet, openStation, setStage, visit } from "./page-bench.ts";

const happened = (page: Page): Promise<string[]> =>
  page.locator(".register li").evaluateAll((all) => all.map(({ textContent }) => textContent ?? ""));

const line = (page: Page, is: string): Promise<void> => page.locator(`[data-line=${is}]`).waitFor();

describe("What goes wrong, as the page tells it", () => {
  const stage = setStage();

  test("a lost line is shown and comes back by itself; the call goes on, and to the others nothing happened", async (t) => {
    const { visits, station } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"]);
    station.cable.cut();
    for (const { page } of visits) {
      await line(page, "lost");
      await page.getByText("The server cannot be reached.").first().waitFor();
    }
    await framesAdvance(ann.page, "video.remote");
    await ann.page.getByRole("textbox", { name: "Message to Ben" }).fill("still here");
    await ann.page.keyboard.press("Enter");
    await ben.page.getByText("still here").waitFor();
    station.cable.mend();
    for (const { page } of visits) await line(page, "open");
    for (const { page } of visits)
      assert.equal(
        (await happened(page)).some((text) => text.includes(" left.")),
        false,
      );
    await callWith(ann.page, "Ben", "connected").waitFor();
    // Signaling works again on the same session.
    await ann.page.getByRole("button", { name: "Hang up" }).click();
    await callWith(ben.page, "Ann", "ended").waitFor();
    await call(ben.page, ann.page, ["Ben", "Ann"]);
    assert.deepEqual([...ann.complaints, ...ben.complaints], []);
  });

  test("after a server that forgot everything both are in the room again, and can call", async (t) => {
    const { visits, station } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await station.restart();
    for (const { page } of visits) {
      await page
        .locator(".register li", { hasText: "The server is there again." })
        .waitFor({ state: "attached" });
      await line(page, "open");
    }
    await ann.page.locator("[data-peer=Ben]").waitFor();
    await ben.page.locator("[data-peer=Ann]").waitFor();
    await call(ann.page, ben.page, ["Ann", "Ben"], "Chat");
  });

  test("at the door of a server that is not there the page says so, and works once it is", async (t) => {
    const station = await openStation(t, stage.folder());
    const { page } = await visit(stage.browser(), station.url);
    station.cable.cut();
    await page.getByLabel("Your name").fill("Ann");
    await page.getByRole("button", { name: "Enter the room" }).click();
    await page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    station.cable.mend();
    await page.getByRole("button", { name: "Enter the room" }).click();
    await page.getByText("You are Ann").waitFor();
  });
});

describe("A browser that may not use the network for calls", () => {
  const stage = setStage({ more: ["--webrtc-ip-handling-policy=disable_non_proxied_udp"] });

  test("a call that fails says why in one sentence and what to do, and shows where it stopped", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await ann.page.getByRole("button", { name: "Chat with Ben" }).click();
    const failed = callWith(ann.page, "Ben", "failed");
    await failed.waitFor();
    const verdict = failed.getByRole("alert");
    assert.equal(
      await verdict.innerText(),
      `${verdicts["no-candidates-gathered"].sentence} Check that it has a network, and that the browser may use it for calls.`,
    );
    assert.equal(await failed.locator("li[data-is=failed]").count(), 1);
    await failed.getByRole("button", { name: "Chat again" }).waitFor();
    await failed.getByRole("button", { name: "Close" }).click();
    await failed.waitFor({ state: "detached" });
  });
});

describe("A browser that refuses the camera", () => {
  const stage = setStage({
    without: ["--use-fake-ui-for-media-stream"],
    more: ["--use-fake-ui-for-media-stream=deny"],
  });

  test("the page says so, and the call goes on without it", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"]);
    for (const { page } of visits)
      await page.getByText("This page may not use your microphone and camera").waitFor();
    await ann.page.getByText("Ben sends no picture").waitFor();
    assert.deepEqual([...ann.complaints, ...ben.complaints], []);
  });
});

describe("A machine without a camera", () => {
  const stage = setStage({ without: ["--use-fake-device-for-media-stream"] });

  test("the page says so, and the call goes on without it", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"]);
    await ann.page.getByText("was found on this device").waitFor();
    await ann.page.getByRole("textbox", { name: "Message to Ben" }).waitFor();
  });
});

describe("A page that came over plain http from another machine", () => {
  const stage = setStage({ more: ["--host-resolver-rules=MAP signalbox.test 127.0.0.1"] });

  test("it says that there is no camera and what gives one; chat and watching work", async (t) => {
    const station = await openStation(t, stage.folder());
    const far = station.url.replace("127.0.0.1", "signalbox.test");
    const ann = await visit(stage.browser(), far);
    await ann.page.getByText("start the server with --self-signed").waitFor();
    await enter(ann.page, "harbour", "Ann");
    await ann.page.getByText("start the server with --self-signed").waitFor();
    const ben = await visit(stage.browser(), station.url);
    await enter(ben.page, "harbour", "Ben");
    await ben.page.getByRole("button", { name: "Call Ann" }).click();
    const dialog = ann.page.getByRole("alertdialog", { name: "Ben is calling" });
    assert.equal(await dialog.getByRole("button", { name: "Accept with video" }).count(), 0);
    await dialog.getByRole("button", { name: "Accept and only watch" }).click();
    await callWith(ann.page, "Ben", "connected").waitFor();
    await framesAdvance(ann.page, "video.remote");
    assert.deepEqual(ann.complaints, []);
  });
});
