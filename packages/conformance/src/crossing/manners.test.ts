// SPDX-License-Identifier: MIT
import { openBox } from "./box.ts";
import { mannersSuite } from "./manners-suite.ts";

mannersSuite(openBox);
