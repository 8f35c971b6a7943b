// SPDX-License-Identifier: MIT
import { startBox } from "./bench.ts";
import { extensionsSuite } from "./extensions-suite.ts";

extensionsSuite(startBox);
