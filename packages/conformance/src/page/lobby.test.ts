// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, type TestContext, test } from "node:test";
import type { Page } from "playwright-core";
import { WebSocket } from "ws";
import { enter, meet, openStation, setStage, visit } from "./page-bench.ts";

const line = async (t: TestContext, url: string): Promise<WebSocket> => {
  const socket = new WebSocket(url.replace(/^http/, "ws"));
  t.after(() => socket.terminate());
  await once(socket, "open");
  return socket;
};

const roster = (page: Page): Promise<string[]> =>
  page
    .locator(".peer")
    .evaluateAll((rows) => rows.map((row) => row.querySelector(".peer-words")?.textContent ?? ""));

describe("The room on the page", () => {
  const stage = setStage();

  test("everybody in the room is listed with the protocol they speak and what it can do, as they come and go", async (t) => {
    const mounts = [{ dialect: "unrupt", path: "/websocket/", room: "harbour", announced: true }];
    const station = await openStation(t, stage.folder(), { mounts });
    const { page, complaints } = await visit(stage.browser(), station.url);
    await enter(page, "harbour", "Ann");
    await page.getByText("Nobody else is here yet.").waitFor();
    const flitter = await line(t, station.url);
    flitter.send(JSON.stringify({ type: "join", id: "cam-2", room: "harbour" }));
    await page.locator("[data-peer=cam-2]").waitFor();
    const finger = "9c41e07d".repeat(8);
    await line(t, `${station.url}websocket/?finger=${finger}`);
    await page.locator("[data-protocol=unrupt]").waitFor();
    const ben = await visit(stage.browser(), station.url);
    await enter(ben.page, "harbour", "Ben");
    await page.locator("[data-peer=Ben]").waitFor();
    assert.deepEqual(await roster(page), [
      "cam-2Flitter · video only",
      "9c41e07d9c41…Unrupt · audio + video",
      "BenSignalbox · audio, video, chat & files",
    ]);
    const buttons = (id: string) =>
      page.locator(`[data-peer="${id}"] button`).evaluateAll((all) => all.map((one) => one.ariaLabel));
    assert.deepEqual(await buttons("cam-2"), ["Call cam-2"]);
    assert.deepEqual(await buttons("Ben"), ["Call Ben", "Chat with Ben"]);
    flitter.close();
    await page.locator("[data-peer=cam-2]").waitFor({ state: "detached" });
    await ben.page.getByRole("button", { name: "Leave" }).click();
    await page.locator("[data-peer=Ben]").waitFor({ state: "detached" });
    assert.deepEqual(complaints, []);
  });

  test("the link of a room leads others into it, and its QR code is that link", async (t) => {
    const { station, visits } = await meet(t, stage, ["Ann"]);
    const [ann] = visits;
    assert.ok(ann !== undefined);
    await ann.page.getByRole("button", { name: "Share" }).click();
    const dialog = ann.page.getByRole("dialog", { name: "Bring others into “harbour”" });
    const link = await dialog.getByRole("textbox", { name: "Link to this room" }).inputValue();
    assert.equal(link, `${station.url}?room=harbour`);
    await dialog.getByRole("img", { name: "QR code of the link" }).waitFor();
    await ann.page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    const guest = await visit(stage.browser(), link);
    assert.equal(await guest.page.getByLabel("Room").inputValue(), "harbour");
    await guest.page.getByLabel("Your name").fill("Guest");
    await guest.page.keyboard.press("Enter");
    await ann.page.locator("[data-peer=Guest]").waitFor();
  });

  test("the room and the name are remembered, and a reload comes back to the room under the same name", async (t) => {
    const { visits, station } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    assert.equal(new URL(ben.page.url()).search, "?room=harbour");
    await ben.page.reload();
    await ben.page.getByRole("heading", { level: 1, name: "harbour" }).waitFor();
    await ben.page.getByText("You are Ben").waitFor();
    assert.equal(await ben.page.getByText("called by the id").count(), 0);
    await ben.page.getByRole("button", { name: "Leave" }).click();
    assert.equal(ben.page.url(), station.url);
    await ben.page.reload();
    assert.equal(await ben.page.getByLabel("Room").inputValue(), "harbour");
    assert.equal(await ben.page.getByLabel("Your name").inputValue(), "Ben");
  });

  test("two tabs of one browser under one name get along, each under an id of its own", async (t) => {
    const station = await openStation(t, stage.folder());
    const { page } = await visit(stage.browser(), station.url);
    await enter(page, "harbour", "Ann");
    const second = await page.context().newPage();
    await second.goto(station.url);
    assert.equal(await second.getByLabel("Your name").inputValue(), "Ann");
    await second.getByRole("button", { name: "Enter the room" }).click();
    await second.getByText("called by the id Ann-2").waitFor();
    await page.locator("[data-peer=Ann-2]").waitFor();
  });

  test("a changed name is what the others see, and how they are called stays", async (t) => {
    const { visits } = await meet(t, stage, ["Ann", "Ben"]);
    const [ann, ben] = visits;
    assert.ok(ann !== undefined && ben !== undefined);
    await ben.page.getByRole("button", { name: "Change your name" }).click();
    await ben.page.getByRole("textbox", { name: "Your name" }).fill("Benjamin");
    await ben.page.keyboard.press("Enter");
    await ann.page.locator("[data-peer=Ben]").getByText("Benjamin").waitFor();
    await ann.page.getByRole("button", { name: "Call Benjamin" }).waitFor();
  });

  test("the page works below a base path", async (t) => {
    const station = await openStation(t, stage.folder(), { basePath: "/box/below" });
    const { page, complaints } = await visit(stage.browser(), station.url);
    await enter(page, "harbour", "Ann");
    assert.equal(page.url(), `${station.url}?room=harbour`);
    assert.deepEqual(complaints, []);
  });

  test("a password is asked for where the server has one, and a wrong one is told", async (t) => {
    const station = await openStation(t, stage.folder(), { secret: "points and levers" });
    const { page } = await visit(stage.browser(), station.url);
    await page.getByLabel("Your name").fill("Ann");
    await page.getByRole("button", { name: "Enter the room" }).click();
    await page.getByRole("alert").getByText("This server asks for a password.").waitFor();
    await page.getByLabel("Password of this server").fill("wrong");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("The password was not accepted.").waitFor();
    await page.getByLabel("Password of this server").fill("points and levers");
    await page.keyboard.press("Enter");
    await page.getByText("You are Ann").waitFor();
  });
});
