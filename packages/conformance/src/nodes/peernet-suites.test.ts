// SPDX-License-Identifier: MIT
/** What PeerNet promises on one server, on three that are asked in turn. */
import { describe } from "node:test";
import { doorsSuite } from "../peernet/doors-suite.ts";
import { errorsSuite } from "../peernet/errors-suite.ts";
import { extensionsSuite } from "../peernet/extensions-suite.ts";
import { simpleClientsSuite } from "../peernet/simple-clients-suite.ts";
import { waitingSuite } from "../peernet/waiting-suite.ts";
import { wiresSuite } from "../peernet/wires-suite.ts";
import { threeInTurn } from "./three-in-turn.ts";

const startThree = await threeInTurn();

describe("on three servers in turn,", () => {
  for (const suite of [waitingSuite, wiresSuite, simpleClientsSuite, extensionsSuite, doorsSuite])
    suite(startThree);
  errorsSuite(startThree, {
    reason: "each node counts the addresses of its own lines",
    cases: ["one knock too many of one address"],
  });
});
