// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { call, callWith, enter, framesAdvance, meet, setStage } from "./page-bench.ts";

describe("Calls with camera and microphone between pages", () => {
  const stage = setStage();

  test("two tabs call each other, and each sees the other move", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"]);
    for (const { page } of visits) {
      const { width } = await framesAdvance(page, "video.remote");
      assert.ok(width > 0);
      await framesAdvance(page, "video.local");
      const done = page.getByRole("list", { name: "Path of this call" }).locator("li[data-is=done]");
      assert.equal(await done.count(), 5);
      assert.match(
        await page.locator("[data-stage=connected] .path-time").innerText(),
        /^\d+ ms$|^\d+\.\d s$/,
      );
      await page.getByText("straight path").waitFor();
    }
    assert.deepEqual([...ann.complaints, ...ben.complaints], []);
  });

  test("a microphone is muted and a camera stopped for one side alone, and both come back", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"]);
    await framesAdvance(ben.page, "video.remote");
    const sounds = (): Promise<boolean[]> =>
      ann.page.evaluate(() => {
        const video = document.querySelector<HTMLVideoElement>("video.local");
        const { srcObject } = video ?? {};
        return srcObject instanceof MediaStream
          ? srcObject.getAudioTracks().map(({ enabled }) => enabled)
          : [];
      });
    await ann.page.getByRole("button", { name: "Mute", exact: true }).click();
    await ann.page.getByRole("button", { name: "Unmute" }).waitFor();
    assert.deepEqual(await sounds(), [false]);
    await ann.page.getByRole("button", { name: "Unmute" }).click();
    assert.deepEqual(await sounds(), [true]);
    await ann.page.getByRole("button", { name: "Stop camera" }).click();
    await ann.page.getByText("Your camera is off").waitFor({ state: "attached" });
    await ben.page.getByText("Sound only").waitFor();
    await ann.page.getByRole("button", { name: "Start camera" }).click();
    await framesAdvance(ann.page, "video.local");
    await ben.page.locator(".stage.has-video").waitFor();
    await framesAdvance(ben.page, "video.remote");
    assert.deepEqual([...ann.complaints, ...ben.complaints], []);
  });

  test("two calls stand at once, and the end of one leaves the other as it is", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben", "Cleo"]);
    const [ann, ben, cleo] = visits;
    assert.ok(ann !== undefined && ben !== undefined && cleo !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"]);
    await call(cleo.page, ann.page, ["Cleo", "Ann"]);
    await framesAdvance(ann.page, "article[data-call=Ben] video.remote");
    await framesAdvance(ann.page, "article[data-call=Cleo] video.remote");
    await callWith(ann.page, "Ben").getByRole("button", { name: "Hang up" }).click();
    await callWith(ben.page, "Ann", "ended").getByText("Ann hung up.").waitFor();
    await framesAdvance(ann.page, "article[data-call=Cleo] video.remote");
    await framesAdvance(ann.page, "article[data-call=Cleo] video.local");
    await framesAdvance(cleo.page, "video.remote");
  });

  test("a call that is declined says so, and can be placed again", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await ann.page.getByRole("button", { name: "Call Ben" }).click();
    await ben.page.getByRole("alertdialog").getByRole("button", { name: "Decline" }).click();
    await ben.page.getByRole("alertdialog").waitFor({ state: "detached" });
    await callWith(ann.page, "Ben", "ended").getByText("Ben did not take the call.").waitFor();
    await callWith(ann.page, "Ben").getByRole("button", { name: "Call again" }).click();
    await ben.page.getByRole("alertdialog").getByRole("button", { name: "Accept with sound only" }).click();
    await callWith(ann.page, "Ben", "connected").getByText("Sound only").waitFor();
    assert.equal(await ann.page.locator("article").count(), 1);
  });

  test("a caller who gives up leaves word of a missed call", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await ann.page.getByRole("button", { name: "Call Ben" }).click();
    await ben.page.getByRole("alertdialog").waitFor();
    await ann.page.getByRole("button", { name: "Cancel" }).click();
    await ben.page.getByRole("alertdialog").waitFor({ state: "detached" });
    await ben.page.getByText("You missed a call from Ann.").waitFor();
  });

  test("two people who call each other in the same moment are in one call", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await ann.page.getByRole("button", { name: "Call Ben" }).waitFor();
    // Dispatched, because the other's call may ring already: pressing "Call" then takes it.
    await Promise.all([
      ann.page.getByRole("button", { name: "Call Ben" }).dispatchEvent("click"),
      ben.page.getByRole("button", { name: "Call Ann" }).dispatchEvent("click"),
    ]);
    await callWith(ann.page, "Ben", "connected").waitFor();
    await callWith(ben.page, "Ann", "connected").waitFor();
    for (const { page } of visits) {
      await framesAdvance(page, "video.remote");
      assert.equal(await page.locator("article").count(), 1);
      assert.equal(await page.getByRole("alertdialog").count(), 0);
    }
  });

  test("a peer whose page is closed hangs up and leaves the room; called again it is there again", async (t) => {
    const { visits, station } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"]);
    await ben.page.goto("about:blank");
    await callWith(ann.page, "Ben", "ended").getByText("Ben hung up.").waitFor();
    await ann.page.locator("[data-peer=Ben]").waitFor({ state: "detached" });
    assert.equal(await callWith(ann.page, "Ben").getByRole("button", { name: "Call again" }).count(), 0);
    await ben.page.goto(station.url);
    await enter(ben.page, "harbour", "Ben");
    await callWith(ann.page, "Ben").getByRole("button", { name: "Call again" }).waitFor();
    await call(ann.page, ben.page, ["Ann", "Ben"]);
    assert.deepEqual([...ann.complaints, ...ben.complaints], []);
  });
});
