// SPDX-License-Identifier: MIT
export type {
  Exchange,
  ExchangeOptions,
  LanCounts,
  LanGround,
  LanProblem,
  LanSocket,
  Negotiator,
} from "./exchange.ts";
export { runExchange } from "./exchange.ts";
export { defaultSecret, deriveKey, type KeyRing, keyRing, type LanKey } from "./key.ts";
export type { Endpoint } from "./machine.ts";
export { type Dropped, type LanMessage, open, packetBytes, packetBytesMax, seal } from "./packet.ts";
export {
  type LanAttributes,
  type LanPeer,
  type LanPeerOptions,
  type LanRole,
  type LanState,
  lanPeer,
} from "./peer.ts";
export { defaultBroadcast, defaultPort, openSocket, type SocketOptions } from "./socket.ts";
export { trimAdvice, trimToFit } from "./trim.ts";
