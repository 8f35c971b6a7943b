// SPDX-License-Identifier: MIT
/**
 * The bridge to the LAN: a Flitter program that knows of no server calls everybody in a room and is called by them, over
 * real broadcasts and real WebRTC stacks.
 */
import { describe } from "node:test";
import { cast } from "./cast.ts";
import { crossing } from "./crossing.ts";
import { pageForThese } from "./in-chromium.ts";
import { onLan } from "./on-lan.ts";

const { config, program } = await onLan();

describe("the bridge to the LAN", () => {
  const page = pageForThese();
  for (const other of [...cast, page]) {
    crossing(program, other, { config: config("caller") });
    crossing(other, program, { config: config("callee") });
  }
});
