// SPDX-License-Identifier: MIT
export type { ChannelInit } from "../call.ts";
export type { PeerConnectionConstructor } from "../connect.ts";
export { connect, type DeviceConnection, type KnockOptions, type Selector } from "./connect.ts";
export { PeerNetError, type PeerNetFailure, peerNetFailures } from "./failure.ts";
export { type FindOptions, find, getServer } from "./find.ts";
export type { Guest, Reject, ServiceOffer } from "./guests.ts";
export type { PeerNetOptions } from "./request.ts";
export { type ServeOptions, type Serving, serve } from "./serve.ts";
export type { Attributes, ServerView, ServiceView } from "./wire.ts";
