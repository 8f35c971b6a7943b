// SPDX-License-Identifier: MIT
/**
 * The bridge to the LAN: a Flitter program that knows of no server calls everybody in a room and is called by them, over
 * real broadcasts and real WebRTC stacks.
 */
import { after, before, describe } from "node:test";
import { cast } from "./cast.ts";
import { crossing } from "./crossing.ts";
import { type Chromium, nativeInChromium, startChromium } from "./in-chromium.ts";
import { onLan } from "./on-lan.ts";

const { config, program } = await onLan();

describe("the bridge to the LAN", () => {
  let chromium: Chromium | undefined;
  before(async () => {
    chromium = await startChromium();
  });
  after(() => chromium?.close());
  const page = nativeInChromium(() => {
    if (chromium === undefined) throw new Error("the browser has not started");
    return chromium;
  });
  for (const other of [...cast, page]) {
    crossing(program, other, { config: config("caller") });
    crossing(other, program, { config: config("callee") });
  }
});
