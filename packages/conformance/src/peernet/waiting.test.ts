// SPDX-License-Identifier: MIT
import { startBox } from "./bench.ts";
import { waitingSuite } from "./waiting-suite.ts";

waitingSuite(startBox);
