// SPDX-License-Identifier: MIT
/**
 * As much of a WebSocket as this library uses: the browser's own, Node's own (22 and later), or `ws`.
 * The events' parameters are `never` so that each of them fits.
 */
export interface SocketLike {
  onopen: ((event: never) => unknown) | null;
  onmessage: ((event: never) => unknown) | null;
  onclose: ((event: never) => unknown) | null;
  onerror: ((event: never) => unknown) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export type SocketConstructor = new (url: string, protocol: string) => SocketLike;
