// SPDX-License-Identifier: MIT
import type { Bus, NodeId, Parcel } from "@signalbox/core";

export interface MemoryNetwork {
  /** The bus of one node of this process. */
  bus(node: NodeId): Bus;
}

/**
 * Direct delivery between the nodes of one process: in order, each parcel in a turn of its own, so that nobody can
 * come to rely on a delivery that happens within the call that sent it.
 *
 * Parcels are copied: what would not survive a real bus does not survive this one either.
 */
export const memoryNetwork = (): MemoryNetwork => {
  const takers = new Map<NodeId, (from: NodeId, parcel: Parcel) => void>();
  return {
    bus: (node) => ({
      async send(to, parcel) {
        if (!takers.has(to)) return "gone";
        const copy = structuredClone(parcel);
        queueMicrotask(() => takers.get(to)?.(node, copy));
        return "accepted";
      },
      receive(take) {
        takers.set(node, take);
        return () => {
          if (takers.get(node) === take) takers.delete(node);
        };
      },
    }),
  };
};
