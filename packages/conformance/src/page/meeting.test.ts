// SPDX-License-Identifier: MIT
/** The page and peers of other protocols, in one room of a real server, over real WebRTC. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { connect } from "@signalbox/client";
import { handClock } from "@signalbox/core/testing";
import type { Page } from "playwright-core";
import { type FlitterPeer, flitterPeer } from "../crossing/flitter-peer.ts";
import { flitterOnWrtc, nativeOnWrtc, unruptOnWrtc } from "../crossing/on-wrtc.ts";
import { unruptPage } from "../crossing/unrupt-peer.ts";
import { dial } from "../crossing/wire.ts";
import { callWith, enter, framesAdvance, openStation, type Station, setStage, visit } from "./page-bench.ts";

type FlitterEnd = ReturnType<typeof flitterOnWrtc>;

const brightness = 120;

const flitter = (t: TestContext, station: Station, call?: string): FlitterPeer<FlitterEnd> => {
  const peer = flitterPeer({
    room: "harbour",
    id: "yard",
    ...(call === undefined ? {} : { call }),
    dial: () => dial(station.url.replace(/^http/, "ws")),
    endpoint: async () => flitterOnWrtc(brightness),
    clock: handClock(),
  });
  t.after(peer.stop);
  return peer;
};

const finished = async (t: TestContext, peer: FlitterPeer<FlitterEnd>): Promise<FlitterEnd> => {
  const end = await peer.ended;
  assert.ok(end.how === "done");
  t.after(end.endpoint.close);
  return end.endpoint;
};

const rendered = (page: Page): Promise<unknown> => framesAdvance(page, "video.remote");

describe("The page meets peers of other protocols", () => {
  const stage = setStage();
  const announced = [{ dialect: "unrupt", path: "/websocket/", room: "harbour", announced: true }];

  const open = async (
    t: TestContext,
    mounts = announced,
  ): Promise<{ readonly station: Station; readonly page: Page }> => {
    const station = await openStation(t, stage.folder(), { mounts });
    const { page, complaints } = await visit(stage.browser(), station.url);
    t.after(async () => {
      await page.context().close();
      assert.deepEqual(complaints, []);
    });
    await enter(page, "harbour", "Ann");
    return { station, page };
  };

  test("a Flitter program is called: its picture is seen, also after it left the server, and there is no sound and no chat", async (t) => {
    const { station, page } = await open(t);
    const yard = flitter(t, station);
    await page.getByRole("button", { name: "Call yard" }).click();
    const end = await finished(t, yard);
    await end.connected;
    await page.locator("[data-peer=yard]").waitFor({ state: "detached" });
    await callWith(page, "yard", "connected").waitFor();
    await rendered(page);
    assert.equal(await page.getByRole("button", { name: "Mute", exact: true }).count(), 0);
    assert.equal(await page.getByRole("textbox", { name: "Message to yard" }).count(), 0);
    await page.getByRole("button", { name: "Hang up" }).click();
    await callWith(page, "yard", "ended").waitFor();
  });

  test("a Flitter program calls, and the page says what it sends before anybody answers", async (t) => {
    const { station, page } = await open(t);
    const yard = flitter(t, station, "Ann");
    const dialog = page.getByRole("alertdialog", { name: "yard is calling" });
    await dialog.getByText("Flitter, with a camera, without sound").waitFor();
    await dialog.getByRole("button", { name: "Accept and only watch" }).click();
    const end = await finished(t, yard);
    await end.connected;
    await callWith(page, "yard", "connected").waitFor();
    await rendered(page);
    assert.equal(await page.locator("video.local").count(), 0);
  });

  test("an Unrupt page is called: picture and sound come", async (t) => {
    const { station, page } = await open(t);
    const wire = await dial(`${station.url.replace(/^http/, "ws")}websocket/?finger=inviter`);
    const other = unruptPage({
      id: "inviter",
      wire,
      endpoint: () => unruptOnWrtc(brightness),
      clock: handClock(),
    });
    t.after(other.stop);
    const end = other.share();
    await page.getByRole("button", { name: "Call inviter" }).click();
    await end.connected;
    await callWith(page, "inviter", "connected").waitFor();
    await rendered(page);
    await page.getByRole("button", { name: "Mute", exact: true }).waitFor();
    assert.deepEqual([...other.alerts, ...other.logged], []);
  });

  test("an Unrupt page calls by the link it was given", async (t) => {
    const { station, page } = await open(t);
    const wire = await dial(`${station.url.replace(/^http/, "ws")}websocket/?finger=invitee`);
    const other = unruptPage({
      id: "invitee",
      wire,
      endpoint: () => unruptOnWrtc(brightness),
      clock: handClock(),
    });
    t.after(other.stop);
    await page.locator("[data-peer=invitee]").waitFor();
    const end = other.accept("Ann");
    const dialog = page.getByRole("alertdialog", { name: "invitee is calling" });
    await dialog.getByRole("button", { name: "Accept with video" }).click();
    await end.connected;
    await callWith(page, "invitee", "connected").waitFor();
    await rendered(page);
    assert.deepEqual([...other.alerts, ...other.logged], []);
  });

  test("an Unrupt page that is not announced is called by its id", async (t) => {
    const quiet = [{ dialect: "unrupt", path: "/websocket/", room: "harbour", announced: false }];
    const { station, page } = await open(t, quiet);
    const wire = await dial(`${station.url.replace(/^http/, "ws")}websocket/?finger=hidden`);
    const other = unruptPage({
      id: "hidden",
      wire,
      endpoint: () => unruptOnWrtc(brightness),
      clock: handClock(),
    });
    t.after(other.stop);
    const end = other.share();
    await page.getByText("Call somebody who is not listed").click();
    await page.getByRole("textbox", { name: "Their id" }).fill("hidden");
    await page.keyboard.press("Enter");
    await end.connected;
    await callWith(page, "hidden", "connected").waitFor();
    await rendered(page);
    await page.getByRole("textbox", { name: "Their id" }).fill("nobody");
    await page.keyboard.press("Enter");
    await callWith(page, "nobody", "failed").getByText("nobody is not in the room").waitFor();
    assert.deepEqual([...other.alerts, ...other.logged], []);
  });

  test("a program of a few lines chats with the page", async (t) => {
    const { station, page } = await open(t);
    const stack = nativeOnWrtc(brightness);
    t.after(stack.stop);
    const room = await connect({
      url: station.url,
      room: "harbour",
      id: "robot",
      RTCPeerConnection: stack.RTCPeerConnection,
    });
    t.after(room.session.close);
    room.on("call", async (call) => {
      call.on("channel", (channel) => {
        channel.onmessage = ({ data }) => channel.send(`you said: ${data}`);
      });
      await call.accept();
    });
    await page.getByRole("button", { name: "Chat with robot" }).click();
    await page.getByRole("textbox", { name: "Message to robot" }).fill("hello");
    await page.keyboard.press("Enter");
    await page.getByText("you said: hello").waitFor();
  });
});
