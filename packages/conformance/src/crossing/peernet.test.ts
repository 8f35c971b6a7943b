// SPDX-License-Identifier: MIT
import { openBox } from "./box.ts";
import { peerNetSuite } from "./peernet-suite.ts";

peerNetSuite(openBox);
