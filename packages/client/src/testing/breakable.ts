// SPDX-License-Identifier: MIT
import wrtc from "@roamhq/wrtc";
import type { PeerConnectionConstructor } from "../connect.ts";

/** Connections whose state a test can force: how a path breaks takes real stacks half a minute to find out. */
export interface Breakable {
  readonly RTCPeerConnection: PeerConnectionConstructor;
  /** From now on every connection reports this state, or its own again. */
  force(state: RTCPeerConnectionState | undefined): void;
}

export const breakable = (): Breakable => {
  const made: RTCPeerConnection[] = [];
  let forced: RTCPeerConnectionState | undefined;
  const RTCPeerConnection = class {
    constructor(configuration?: RTCConfiguration) {
      const connection: RTCPeerConnection = new wrtc.RTCPeerConnection(configuration);
      made.push(connection);
      // biome-ignore lint/correctness/noConstructorReturn: what stands in front of the connection is the connection.
      return new Proxy(connection, {
        get(target, name) {
          if (name === "connectionState" && forced !== undefined) return forced;
          const value: unknown = Reflect.get(target, name, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    }
  };
  return {
    RTCPeerConnection,
    force(state) {
      forced = state;
      for (const connection of made) connection.dispatchEvent(new Event("connectionstatechange"));
    },
  };
};
