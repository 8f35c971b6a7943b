// SPDX-License-Identifier: MIT
import type { Bus, NodeId, Parcel } from "@signalbox/core";
import type { Keys } from "./keys.ts";
import type { Link } from "./link.ts";

export interface BusParts {
  readonly node: NodeId;
  readonly keys: Keys;
  readonly link: Link;
  /** Most that may be on its way to Redis at once. Bytes. */
  readonly busBytes: number;
  readonly failed: (error: unknown) => void;
}

export interface RedisBus extends Bus {
  /** Takes what came on a channel, where it is this node's inbox. */
  heard(channel: string, text: string): boolean;
  /** Parcels handed to Redis, and those that could not be, since the start. */
  readonly counts: { readonly sent: number; readonly refused: number; readonly received: number };
  /** Settles when what `receive` and its end began is done. */
  settled(): Promise<void>;
}

/**
 * One inbox a node, by PUBLISH; in a Redis Cluster by SPUBLISH, so that no server but the one of the channel's slot sees it. One connection
 * carries all that a node sends to another, so each pair of nodes keeps its order. What scripts say goes by PUBLISH, which reaches
 * every server: they run elsewhere.
 * A node that nobody listens for is gone, and so is every node while Redis is away or more is under way than may be.
 */
export const redisBus = ({ node, keys, link, busBytes, failed }: BusParts): RedisBus => {
  const inbox = keys.inbox(node);
  const counts = { sent: 0, refused: 0, received: 0 };
  let take: ((from: NodeId, parcel: Parcel) => void) | undefined;
  let underway = 0;
  let subscribing: Promise<void> = Promise.resolve();
  return {
    counts,
    settled: () => subscribing,
    async send(to, parcel) {
      const text = `${node}\n${JSON.stringify(parcel)}`;
      if (underway + text.length > busBytes) {
        counts.refused += 1;
        return "gone";
      }
      underway += text.length;
      const takers = await link.publish(keys.inbox(to), text);
      underway -= text.length;
      if (takers === undefined || takers === 0) {
        counts.refused += 1;
        return "gone";
      }
      counts.sent += 1;
      return "accepted";
    },
    receive(given) {
      take = given;
      subscribing = link.subscribe(inbox, "everybody");
      return () => {
        if (take !== given) return;
        take = undefined;
        subscribing = link.unsubscribe(inbox);
      };
    },
    heard(channel, text) {
      if (channel !== inbox) return false;
      const end = text.indexOf("\n");
      try {
        // Written by `send` of another node, or by the sweep.
        const parcel: Parcel = JSON.parse(text.slice(end + 1));
        counts.received += 1;
        take?.(text.slice(0, end) as NodeId, parcel);
      } catch (error) {
        failed(error);
      }
      return true;
    },
  };
};
