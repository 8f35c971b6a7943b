// SPDX-License-Identifier: MIT
export * from "./frame.ts";
export { createHub, type Hub, type HubStats } from "./hub.ts";
export * from "./ids.ts";
export * from "./limits.ts";
export * from "./member.ts";
export * from "./observation.ts";
export * from "./parcel.ts";
export * from "./ports.ts";
export { type Bucket, fullBucket, inDebt, refillMs, take } from "./rate.ts";
export * from "./refusal.ts";
export { fold, hasCandidates, kinds, setup, type TrickledCandidate, ufrags } from "./sdp.ts";
export * from "./signal.ts";
export type { HubParts } from "./state.ts";
export * from "./vocabulary.ts";
