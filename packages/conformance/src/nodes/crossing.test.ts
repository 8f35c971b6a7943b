// SPDX-License-Identifier: MIT
/** The crossing matrix with its ends on different nodes, which are processes: real sockets, real WebRTC stacks, a real Redis. */
import { describe } from "node:test";
import { hall, type StartServers } from "../crossing/box.ts";
import { cast } from "../crossing/cast.ts";
import { crossing } from "../crossing/crossing.ts";
import { pageForThese } from "../crossing/in-chromium.ts";
import { threeNodes } from "./three.ts";

const three = await threeNodes(["--mount", `unrupt=/websocket/,room=${hall},announced`]);

/** The same three for every crossing. */
const start: StartServers = async () => {
  await three.emptied(hall);
  return { urls: [0, 1, 2].map(three.at), stop: async () => {} };
};

describe("the crossing matrix on three nodes", () => {
  for (const caller of cast) {
    for (const callee of cast) crossing(caller, callee, { start });
  }
});

describe("the crossing matrix on three nodes, with a page", () => {
  const page = pageForThese();
  crossing(page, page, { start });
  for (const other of cast.filter(({ name }) => name.endsWith("wrtc"))) {
    crossing(page, other, { start });
    crossing(other, page, { start });
  }
});
