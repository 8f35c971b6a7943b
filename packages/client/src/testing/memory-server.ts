// SPDX-License-Identifier: MIT
/** The real hub and the real native dialect behind WebSockets that are none: frames pass as microtasks. */
import { memoryDirectory, memoryNetwork } from "@signalbox/backplane/memory";
import { createHub, type Hub, type HubParts, type Line, type NodeId, textFrame } from "@signalbox/core";
import { type HandClock, handClock, handshakeAt, testParts } from "@signalbox/core/testing";
import { native } from "@signalbox/dialects/native";
import type { SocketConstructor, SocketLike } from "../socket.ts";
import type { PeerFrame, ServerFrame } from "../wire.ts";

/** What may happen to a frame on its way: another one in its place, or none. */
export interface Wire {
  readonly toServer?: (frame: PeerFrame) => PeerFrame | undefined;
  readonly toPeer?: (frame: ServerFrame) => ServerFrame | undefined;
}

export interface Plug {
  readonly WebSocket: SocketConstructor;
  /** Cuts the line that is open, as a network does. */
  cut(): void;
  /** While true, no line can be opened. */
  down: boolean;
  /** While true, the line looks open, but nothing passes it. */
  frozen: boolean;
  /** From now on what the server tells waits, until it is released, in order. */
  hold(): void;
  release(): void;
  /** Frames of the peer that reached the server, and the server's that reached the peer, oldest first. */
  readonly sent: readonly PeerFrame[];
  readonly told: readonly ServerFrame[];
}

export interface MemoryServer {
  readonly clock: HandClock;
  readonly hub: Hub;
  /** One peer's way in. */
  plug(wire?: Wire): Plug;
  close(): void;
}

export const memoryServer = (
  given: Partial<HubParts> & {
    readonly clock?: HandClock;
    readonly dialect?: ReturnType<typeof native>;
  } = {},
): MemoryServer => {
  const clock = given.clock ?? handClock();
  const { dialect = native(), ...parts } = given;
  const hub = createHub(
    testParts("node", memoryDirectory(), memoryNetwork().bus(nodeId("node")), { ...parts, clock }),
  );
  return {
    clock,
    hub,
    plug(wire = {}) {
      const sent: PeerFrame[] = [];
      const told: ServerFrame[] = [];
      let current: { cut(): void } | undefined;
      let held: (() => void)[] | undefined;
      const plug = {
        sent,
        told,
        down: false,
        frozen: false,
        cut: () => current?.cut(),
        hold: () => {
          held ??= [];
        },
        release: () => {
          const waiting = held ?? [];
          held = undefined;
          for (const tell of waiting) tell();
        },
      };
      class MemorySocket implements SocketLike {
        onopen: ((event: never) => unknown) | null = null;
        onmessage: ((event: never) => unknown) | null = null;
        onclose: ((event: never) => unknown) | null = null;
        onerror: ((event: never) => unknown) | null = null;
        #line: Line | undefined;
        #over = false;
        constructor(url: string, protocol: string) {
          const { pathname, search } = new URL(url);
          queueMicrotask(() => {
            if (plug.down) return this.#close(1006);
            current = { cut: () => this.#close(1006) };
            this.#line = hub.open(
              {
                write: (frames) => {
                  for (const frame of frames) if (frame.kind === "text") this.#tell(frame.text);
                },
                close: ({ frames, code }) => {
                  for (const frame of frames) if (frame.kind === "text") this.#tell(frame.text);
                  queueMicrotask(() => this.#close(code));
                },
                pause: () => {},
                resume: () => {},
                backlogBytes: () => 0,
              },
              dialect,
              handshakeAt(pathname + search, { protocols: [protocol] }),
            );
            call(this.onopen, {});
          });
        }
        #tell(text: string) {
          queueMicrotask(() => {
            const frame: ServerFrame = JSON.parse(text);
            const passed = wire.toPeer === undefined ? frame : wire.toPeer(frame);
            const tell = () => {
              if (this.#over || plug.frozen || passed === undefined) return;
              told.push(passed);
              call(this.onmessage, { data: JSON.stringify(passed) });
            };
            if (held === undefined) tell();
            else held.push(tell);
          });
        }
        send(text: string) {
          queueMicrotask(() => {
            const frame: PeerFrame = JSON.parse(text);
            const passed = wire.toServer === undefined ? frame : wire.toServer(frame);
            if (this.#over || plug.frozen || passed === undefined) return;
            sent.push(passed);
            this.#line?.receive(textFrame(JSON.stringify(passed)));
          });
        }
        close() {
          queueMicrotask(() => this.#close(1000));
        }
        #close(code: number) {
          if (this.#over) return;
          this.#over = true;
          this.#line?.closed();
          queueMicrotask(() => call(this.onclose, { code }));
        }
      }
      return Object.assign(plug, { WebSocket: MemorySocket });
    },
    close: () => hub.close(),
  };
};

const nodeId = (name: string): NodeId => name as NodeId;

const call = (handler: ((event: never) => unknown) | null, event: object): void => {
  if (handler !== null) Reflect.apply(handler, undefined, [event]);
};
