// SPDX-License-Identifier: MIT
/** Which server of a Redis Cluster has which slots, as `CLUSTER SLOTS` and `CLUSTER INFO` tell it. */
import slotOfKey from "cluster-key-slot";
import { type Address, shownAddress } from "./place.ts";

export const slotCount = 16_384;

export const slotOf = (key: string): number => slotOfKey(key);

/** What one server of a cluster knows of the whole. */
export interface ClusterView {
  /** Does the cluster serve, as this server sees it? */
  readonly serves: boolean;
  /** Grows with every failover, and with every slot that moved. A view with a lower one is an older view. */
  readonly epoch: number;
  readonly ranges: readonly SlotRange[];
}

export interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly master: Address;
  readonly replicas: readonly Address[];
}

/** `asked`: the server that answered. One that does not know its own name leaves it out: it is where it was asked. */
export const viewOf = (info: string, slots: unknown, asked: Address): ClusterView => {
  const addressOf = (node: unknown): Address | undefined => {
    if (!Array.isArray(node)) return undefined;
    const [host, port] = node;
    const known = typeof host === "string" && host !== "" && host !== "?";
    return { host: known ? host : asked.host, port: Number(port) };
  };
  const ranges: SlotRange[] = [];
  for (const range of Array.isArray(slots) ? slots : []) {
    if (!Array.isArray(range)) continue;
    const [first, last, ...nodes] = range;
    const [master, ...replicas] = nodes.map(addressOf).filter((address) => address !== undefined);
    if (master !== undefined) ranges.push({ first: Number(first), last: Number(last), master, replicas });
  }
  return {
    serves: /^cluster_state:ok\b/m.test(info),
    epoch: Number(/^cluster_current_epoch:(\d+)/m.exec(info)?.[1] ?? 0),
    ranges,
  };
};

/** The one to be believed: it serves, is the latest, and of equals the one whose server is preferred. */
export const latestOf = (
  views: readonly { readonly from: string; readonly view: ClusterView }[],
  preferred: string | undefined,
): ClusterView | undefined => {
  const rank = ({ from, view }: (typeof views)[number]) => view.epoch * 2 + (from === preferred ? 1 : 0);
  return views.filter(({ view }) => view.serves).sort((one, other) => rank(other) - rank(one))[0]?.view;
};

/** The address of the master of each slot, as text; empty: nobody's. */
export const ownersOf = ({ ranges }: ClusterView): readonly string[] => {
  const owners: string[] = Array.from({ length: slotCount }, () => "");
  for (const { first, last, master } of ranges) owners.fill(shownAddress(master), first, last + 1);
  return owners;
};

/** Where a server says that a slot is: for good (`MOVED`), or for this one question (`ASK`). */
export interface Redirection {
  readonly kind: "moved" | "ask";
  readonly to: Address;
}

export const redirectionOf = (message: string, asked: Address): Redirection | undefined => {
  const [, kind, host, port] = /^(MOVED|ASK) \d+ (.*):(\d+)$/.exec(message) ?? [];
  if (kind === undefined || host === undefined) return undefined;
  return {
    kind: kind === "MOVED" ? "moved" : "ask",
    to: { host: host === "" || host === "?" ? asked.host : host, port: Number(port) },
  };
};
