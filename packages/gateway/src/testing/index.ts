// SPDX-License-Identifier: MIT
export { type Client, clientOf } from "./client.ts";
