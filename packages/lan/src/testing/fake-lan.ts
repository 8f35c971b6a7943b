// SPDX-License-Identifier: MIT
import type { LanGround, LanSocket } from "../exchange.ts";
import type { Endpoint } from "../machine.ts";

/** What the network does to one datagram. */
export interface Fate {
  /** Delays of its copies, in milliseconds: none means lost, two means doubled. */
  readonly copies: readonly number[];
}

export interface FakeLan extends LanGround {
  /** What the clock showed at first. */
  readonly start: number;
  /** A socket on this network. `listens`: it is bound to the shared port and gets every broadcast. */
  socket(address: string, listens: boolean): LanSocket & { readonly closed: boolean };
  /** Turns the clock; datagrams arrive and timers ring on the way. */
  advance(ms: number): Promise<void>;
  /** Every datagram sent so far. */
  readonly sent: readonly {
    readonly at: number;
    readonly from: Endpoint;
    readonly to: Endpoint | "everyone";
    readonly packet: Buffer;
  }[];
  readonly pending: number;
}

/** A local network with a clock, in memory. */
export const fakeLan = (
  fate: (index: number) => Fate = () => ({ copies: [1] }),
  start = 1_700_000_000_000,
): FakeLan => {
  let now = start;
  let serial = 0;
  let ports = 40_000;
  const timers = new Map<number, { readonly due: number; readonly run: () => void }>();
  const sockets = new Set<{
    readonly endpoint: Endpoint;
    readonly listens: boolean;
    readonly socket: LanSocket;
  }>();
  const sent: { at: number; from: Endpoint; to: Endpoint | "everyone"; packet: Buffer }[] = [];
  const after = (ms: number, run: () => void) => {
    serial += 1;
    const id = serial;
    timers.set(id, { due: now + ms, run });
    return () => {
      timers.delete(id);
    };
  };
  const deliver = (packet: Buffer, from: Endpoint, to: Endpoint | "everyone") => {
    for (const { endpoint, listens, socket } of [...sockets]) {
      const meant =
        to === "everyone" ? listens : to.address === endpoint.address && to.port === endpoint.port;
      if (meant) socket.onDatagram?.(Buffer.from(packet), from);
    }
  };
  // Descriptions are made by promises: they get their turns between two ticks of the clock.
  const turns = async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    start,
    now: () => now,
    after,
    random(bytes) {
      serial += 1;
      return Buffer.alloc(bytes, serial);
    },
    socket(address, listens) {
      ports += 1;
      const endpoint = { address, port: listens ? 5111 : ports };
      let closed = false;
      const socket: LanSocket & { closed: boolean } = {
        onDatagram: undefined,
        onError: undefined,
        send(packet, to) {
          sent.push({ at: now - start, from: endpoint, to, packet });
          for (const delay of fate(sent.length - 1).copies) after(delay, () => deliver(packet, endpoint, to));
        },
        close() {
          closed = true;
          sockets.delete(held);
        },
        get closed() {
          return closed;
        },
      };
      const held = { endpoint, listens, socket };
      sockets.add(held);
      return socket;
    },
    async advance(ms) {
      const until = now + ms;
      await turns();
      for (;;) {
        let next: { readonly id: number; readonly due: number } | undefined;
        for (const [id, timer] of timers) {
          if (timer.due <= until && (next === undefined || timer.due < next.due))
            next = { id, due: timer.due };
        }
        if (next === undefined) break;
        const timer = timers.get(next.id);
        timers.delete(next.id);
        now = Math.max(now, next.due);
        timer?.run();
        await turns();
      }
      now = until;
    },
    sent,
    get pending() {
      return timers.size;
    },
  };
};
