// SPDX-License-Identifier: MIT
import { startBox } from "./bench.ts";
import { errorsSuite } from "./errors-suite.ts";

errorsSuite(startBox);
