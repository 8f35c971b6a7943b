// SPDX-License-Identifier: MIT
export { countedAs, peerAddress, plainAddress, type Trusts, trustedProxies } from "./address.ts";
export { type AddressBook, addressBook } from "./address-book.ts";
export {
  type Headers,
  type HttpRequest,
  type HttpResponse,
  say,
  sayHead,
  sayNothing,
  sayText,
} from "./exchange.ts";
export { type Place, readHandshake, requestAddress } from "./handshake.ts";
export { type Exchange, type Route, type RouterParts, router } from "./http.ts";
export { type Credentials, type Listener, type ListenerParts, listener } from "./listener.ts";
export { patienceMs } from "./protocol.ts";
export {
  type GatewayStats,
  type WebSocketGateway,
  type WebSocketGatewayParts,
  webSocketGateway,
} from "./websocket.ts";
