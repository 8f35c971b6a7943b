// SPDX-License-Identifier: MIT
/**
 * A cluster in one process whose every delivery and every directory answer happens when the test says so: any
 * interleaving that the ports allow can be played, and played again.
 */
import type { Bus, Directory, NodeId, Parcel } from "@signalbox/core";

export interface Shuffled {
  bus(node: NodeId): Bus;
  /** The directory as one node reaches it: its calls are carried out and answered in order, each when a step says so. */
  directory(node: NodeId): Directory;
  /** Steps that could happen now. */
  readonly ready: number;
  /** Lets one of them happen. */
  step(choice: number): void;
  /** From now on this many parcels of news are lost. */
  loseNews(count: number): void;
}

export const shuffled = (inner: Directory): Shuffled => {
  const takers = new Map<NodeId, (from: NodeId, parcel: Parcel) => void>();
  // One lane per pair of nodes, and one per node for its directory calls: order is kept within a lane only.
  const lanes = new Map<string, (() => void)[]>();
  let toLose = 0;
  const push = (lane: string, run: () => void) => {
    const waiting = lanes.get(lane);
    if (waiting === undefined) lanes.set(lane, [run]);
    else waiting.push(run);
  };
  const later = <T>(lane: string, call: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => push(lane, () => void call().then(resolve, reject)));
  return {
    bus: (node) => ({
      async send(to, parcel) {
        if (!takers.has(to)) return "gone";
        if (parcel.type === "news" && toLose > 0) {
          toLose -= 1;
          return "accepted";
        }
        const copy = structuredClone(parcel);
        push(`${node}>${to}`, () => takers.get(to)?.(node, copy));
        return "accepted";
      },
      receive(take) {
        takers.set(node, take);
        return () => takers.delete(node);
      },
    }),
    directory(node) {
      const lane = `directory ${node}`;
      return {
        claim: (entry, members, sessions) => later(lane, () => inner.claim(entry, members, sessions)),
        reclaim: (entry, above) => later(lane, () => inner.reclaim(entry, above)),
        release: (room, peer, session) => later(lane, () => inner.release(room, peer, session)),
        change: (entry) => later(lane, () => inner.change(entry)),
        find: (room, peer) => later(lane, () => inner.find(room, peer)),
        roster: (room, after, limit) => later(lane, () => inner.roster(room, after, limit)),
        audience: (room) => later(lane, () => inner.audience(room)),
      };
    },
    get ready() {
      return lanes.size;
    },
    step(choice) {
      const names = [...lanes.keys()];
      const lane = names[choice % Math.max(1, names.length)];
      if (lane === undefined) return;
      const waiting = lanes.get(lane);
      const run = waiting?.shift();
      if (waiting?.length === 0) lanes.delete(lane);
      run?.();
    },
    loseNews(count) {
      toLose += count;
    },
  };
};
