// SPDX-License-Identifier: MIT
export { type NativeMount, native } from "./codec.ts";
export { asyncApi, jsonSchema } from "./specification.ts";
export {
  features,
  type PeerFrame,
  peerFrame,
  type ServerFrame,
  type SignalBody,
  serverFrame,
  subprotocol,
  type WireIceServers,
  type WireMember,
  type WireService,
} from "./wire.ts";
