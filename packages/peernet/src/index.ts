// SPDX-License-Identifier: MIT
export { type PeerNet, type PeerNetOptions, peerNet } from "./peernet.ts";
export { type Route, routes } from "./routes.ts";
