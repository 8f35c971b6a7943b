// SPDX-License-Identifier: MIT
export { privateRoom, type UnruptMount, unrupt } from "./codec.ts";
