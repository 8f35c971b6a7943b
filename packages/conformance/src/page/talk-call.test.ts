// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import type { Page } from "playwright-core";
import { call, callWith, framesAdvance, meet, setStage } from "./page-bench.ts";

const sha = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

const say = async (page: Page, to: string, text: string): Promise<void> => {
  await page.getByRole("textbox", { name: `Message to ${to}` }).fill(text);
  await page.keyboard.press("Enter");
};

const received = async (page: Page, name: string): Promise<Uint8Array> => {
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: `Save ${name}` }).click();
  const file = await download;
  assert.equal(file.suggestedFilename(), name);
  return readFile(await file.path());
};

describe("Calls for chat and files between pages", () => {
  const stage = setStage();

  test("what is said arrives on both sides, and files arrive as they were", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"], "Chat");
    await say(ann.page, "Ben", "Is the line clear?");
    await ben.page.getByRole("log", { name: "Chat with Ann" }).getByText("Is the line clear?").waitFor();
    await say(ben.page, "Ann", "<b>Line clear</b> & waiting");
    await ann.page
      .getByRole("log", { name: "Chat with Ben" })
      .getByText("<b>Line clear</b> & waiting")
      .waitFor();

    const files = [
      { name: "plan.bin", mimeType: "application/octet-stream", buffer: randomBytes(6_000_000) },
      { name: "empty.txt", mimeType: "text/plain", buffer: Buffer.alloc(0) },
      { name: "zwei Wörter.dat", mimeType: "", buffer: randomBytes(70_001) },
    ];
    await ann.page.locator("input[type=file]").setInputFiles(files);
    for (const { name, buffer } of files) {
      assert.equal(sha(await received(ben.page, name)), sha(buffer), name);
      await ann.page.locator(`[data-file=${JSON.stringify(name)}][data-is=whole]`).waitFor();
    }
    const back = { name: "answer.bin", mimeType: "application/octet-stream", buffer: randomBytes(1_000_003) };
    await ben.page.locator("input[type=file]").setInputFiles([back]);
    assert.equal(sha(await received(ann.page, back.name)), sha(back.buffer));
    assert.deepEqual([...ann.complaints, ...ben.complaints], []);
  });

  test("a file that is dropped on the call is sent", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"], "Chat");
    const transfer = await ann.page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(["dropped"], "dropped.txt", { type: "text/plain" }));
      return data;
    });
    await ann.page.locator(".talk").dispatchEvent("dragover", { dataTransfer: transfer });
    await ann.page.getByText("Let go to send to Ben").waitFor();
    await ann.page.locator(".talk").dispatchEvent("drop", { dataTransfer: transfer });
    assert.equal(Buffer.from(await received(ben.page, "dropped.txt")).toString(), "dropped");
  });

  test("a file that is let go beside the call does not take the page's place", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann] = visits;
    assert.ok(ann !== undefined);
    const taken = await ann.page.evaluate(() =>
      ["dragover", "drop"].map((type) => {
        const data = new DataTransfer();
        data.items.add(new File(["missed"], "missed.txt", { type: "text/plain" }));
        const event = new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true });
        return document.querySelector("header")?.dispatchEvent(event) === false;
      }),
    );
    assert.deepEqual(taken, [true, true]);
  });

  test("a very large file waits to be taken, moves with its progress shown, and can be stopped", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"], "Chat");
    // Made in the page: half a gigabyte of one byte, which the browser holds once.
    await ann.page.evaluate(() => {
      const piece = new Blob([new Uint8Array(8_000_000)]);
      const data = new DataTransfer();
      data.items.add(new File(Array(64).fill(piece), "film.mkv"));
      document
        .querySelector(".talk")
        ?.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    });
    await ann.page.locator('[data-file="film.mkv"][data-is=asking]').waitFor();
    await ben.page.getByText("512 MB, offered").waitFor();
    await ben.page.getByRole("button", { name: "Take film.mkv" }).click();
    for (const { page } of visits) {
      await page.waitForFunction(
        () => (document.querySelector<HTMLProgressElement>("progress")?.value ?? 0) > 0,
      );
    }
    await ben.page.getByRole("button", { name: "Stop film.mkv" }).click();
    await ann.page.locator('[data-file="film.mkv"][data-is=stopped]').waitFor();
    await ben.page.locator('[data-file="film.mkv"][data-is=stopped]').waitFor();
    // The line is free again.
    await ann.page
      .locator("input[type=file]")
      .setInputFiles([{ name: "after.txt", mimeType: "text/plain", buffer: Buffer.from("after") }]);
    assert.equal(Buffer.from(await received(ben.page, "after.txt")).toString(), "after");
  });

  test("what was said and received stays after the call is over, until it is closed", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"], "Chat");
    await say(ann.page, "Ben", "keep this");
    await ann.page
      .locator("input[type=file]")
      .setInputFiles([{ name: "kept.txt", mimeType: "text/plain", buffer: Buffer.from("kept") }]);
    await ben.page.getByRole("link", { name: "Save kept.txt" }).waitFor();
    await ann.page.getByRole("button", { name: "Hang up" }).click();
    await callWith(ben.page, "Ann", "ended").getByText("Ann hung up.").waitFor();
    await ben.page.getByText("keep this").waitFor();
    assert.equal(Buffer.from(await received(ben.page, "kept.txt")).toString(), "kept");
    await callWith(ben.page, "Ann").getByRole("button", { name: "Close" }).click();
    await callWith(ben.page, "Ann").waitFor({ state: "detached" });
  });

  test("a camera joins a chat, and the other side sees it without being asked for its own", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await call(ann.page, ben.page, ["Ann", "Ben"], "Chat");
    await ann.page.getByRole("button", { name: "Camera & sound" }).click();
    await framesAdvance(ben.page, "video.remote");
    assert.equal(await ben.page.locator("video.local").count(), 0);
    await say(ben.page, "Ann", "I see you");
    await ann.page.getByText("I see you").waitFor();
    assert.deepEqual([...ann.complaints, ...ben.complaints], []);
  });
});
