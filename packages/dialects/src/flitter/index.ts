// SPDX-License-Identifier: MIT
export { type FlitterMount, flitter } from "./codec.ts";
