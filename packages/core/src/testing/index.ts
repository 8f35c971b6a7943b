// SPDX-License-Identifier: MIT
export * from "./altered-codec.ts";
export * from "./descriptions.ts";
export * from "./doc-table.ts";
export * from "./hand-clock.ts";
export * from "./test-line.ts";
export * from "./test-parts.ts";
