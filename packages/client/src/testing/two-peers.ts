// SPDX-License-Identifier: MIT
/** Two peers, `ann` and `bob`, in one room of a real hub, with real WebRTC stacks. */
import type { TestContext } from "node:test";
import { settled } from "@signalbox/core/testing";
import { type ConnectOptions, connect } from "../connect.ts";
import type { Room } from "../room.ts";
import { type MemoryServer, memoryServer, type Plug, type Wire } from "./memory-server.ts";
import { type Stack, wrtcStack } from "./stacks.ts";
import { stunServer } from "./stun.ts";

export interface PeerSetup extends Partial<ConnectOptions> {
  readonly stack?: Stack;
  readonly wire?: Wire;
}

export interface TwoPeers {
  readonly server: MemoryServer;
  readonly ann: Room;
  readonly bob: Room;
  readonly annPlug: Plug;
  readonly bobPlug: Plug;
  /** Lets time pass in steps, so that both sides can say something in between. */
  pass(ms: number): Promise<void>;
}

export const joinAs = async (
  server: MemoryServer,
  id: string,
  setup: PeerSetup = {},
): Promise<{ readonly room: Room; readonly plug: Plug }> => {
  const { stack = wrtcStack, wire, ...options } = setup;
  const plug = server.plug(wire);
  const room = await connect({
    url: "ws://box/",
    room: "hall",
    id,
    clock: server.clock,
    RTCPeerConnection: stack.RTCPeerConnection,
    WebSocket: plug.WebSocket,
    ...options,
  });
  return { room, plug };
};

/** Everything is closed when the test ends; that no timer is left is checked then. */
export const twoPeers = async (
  context: TestContext,
  setups: {
    readonly ann?: PeerSetup;
    readonly bob?: PeerSetup;
    readonly parts?: Parameters<typeof memoryServer>[0];
  } = {},
): Promise<TwoPeers> => {
  const stun = await stunServer();
  const server = memoryServer({
    ice: { issue: () => ({ servers: [{ urls: [stun.url] }] }) },
    ...setups.parts,
  });
  const { room: ann, plug: annPlug } = await joinAs(server, "ann", setups.ann);
  const { room: bob, plug: bobPlug } = await joinAs(server, "bob", setups.bob);
  context.after(() => {
    ann.session.close();
    bob.session.close();
    server.close();
    stun.close();
  });
  return {
    server,
    ann,
    bob,
    annPlug,
    bobPlug,
    async pass(ms) {
      for (let left = ms; left > 0; left -= 1_000) {
        server.clock.advance(Math.min(left, 1_000));
        await settled();
      }
    },
  };
};
