// SPDX-License-Identifier: MIT
import { startBox } from "./bench.ts";
import { wiresSuite } from "./wires-suite.ts";

wiresSuite(startBox);
