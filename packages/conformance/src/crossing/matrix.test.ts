// SPDX-License-Identifier: MIT
/**
 * The crossing matrix: everybody calls everybody, in one room of a real server, over real sockets and real WebRTC
 * stacks.
 */
import { describe } from "node:test";
import { cast } from "./cast.ts";
import { crossing } from "./crossing.ts";

describe("the crossing matrix", () => {
  for (const caller of cast) {
    for (const callee of cast) crossing(caller, callee);
  }
});
