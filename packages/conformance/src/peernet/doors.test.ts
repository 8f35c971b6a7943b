// SPDX-License-Identifier: MIT
import { startBox } from "./bench.ts";
import { doorsSuite } from "./doors-suite.ts";

doorsSuite(startBox);
