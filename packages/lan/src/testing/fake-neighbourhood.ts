// SPDX-License-Identifier: MIT
import type { DiscoveryNetwork } from "../discovery/network.ts";
import type { FakeLan } from "./fake-lan.ts";

export interface FakeNeighbourhood {
  /** The discovery port of a host. */
  host(...addresses: readonly string[]): DiscoveryNetwork;
  /** Something sent by nobody in particular, from this address. */
  forge(packet: Buffer, from: string): void;
  /** Every datagram that was sent. */
  readonly sent: readonly { readonly at: number; readonly from: string; readonly packet: Buffer }[];
}

/** The discovery port of a network in memory; everybody hears everybody, itself included, a millisecond later. */
export const fakeNeighbourhood = (lan: FakeLan): FakeNeighbourhood => {
  const hosts = new Set<DiscoveryNetwork>();
  const sent: { at: number; from: string; packet: Buffer }[] = [];
  const deliver = (packet: Buffer, from: string) => {
    sent.push({ at: lan.now() - lan.start, from, packet });
    lan.after(1, () => {
      for (const host of [...hosts]) host.onDatagram?.(Buffer.from(packet), from);
    });
  };
  return {
    sent,
    forge: deliver,
    host(...addresses) {
      const host: DiscoveryNetwork = {
        addresses: () => addresses,
        send(packet) {
          for (const address of addresses) deliver(packet, address);
        },
        onDatagram: undefined,
        onError: undefined,
        async close() {
          hosts.delete(host);
        },
      };
      hosts.add(host);
      return host;
    },
  };
};
