// SPDX-License-Identifier: MIT
import { startBox } from "./bench.ts";
import { simpleClientsSuite } from "./simple-clients-suite.ts";

simpleClientsSuite(startBox);
