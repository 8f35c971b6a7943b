// SPDX-License-Identifier: MIT
/** A real browser in the crossing matrix: a page calls everybody who runs in Node, and is called by them. */
import { after, before, describe } from "node:test";
import { cast } from "./cast.ts";
import { crossing } from "./crossing.ts";
import { type Chromium, nativeInChromium, startChromium } from "./in-chromium.ts";

describe("the crossing matrix, with a page", () => {
  let chromium: Chromium | undefined;
  before(async () => {
    chromium = await startChromium();
  });
  after(() => chromium?.close());
  const page = nativeInChromium(() => {
    if (chromium === undefined) throw new Error("the browser has not started");
    return chromium;
  });
  for (const other of cast) {
    crossing(page, other);
    crossing(other, page);
  }
});
