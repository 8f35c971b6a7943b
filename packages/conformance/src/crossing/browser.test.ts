// SPDX-License-Identifier: MIT
/** A real browser in the crossing matrix: a page calls everybody who runs in Node, and is called by them. */
import { describe } from "node:test";
import { cast } from "./cast.ts";
import { crossing } from "./crossing.ts";
import { pageForThese } from "./in-chromium.ts";

describe("the crossing matrix, with a page", () => {
  const page = pageForThese();
  for (const other of cast) {
    crossing(page, other);
    crossing(other, page);
  }
});
