// SPDX-License-Identifier: MIT

export type { Known } from "./connect.ts";
export { type Meeting, type MeetingParts, meeting } from "./meeting/meeting.ts";
export { type PeerNet, type PeerNetOptions, peerNet } from "./peernet.ts";
export { type Route, routes } from "./routes.ts";
