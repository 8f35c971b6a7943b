// SPDX-License-Identifier: MIT
/** Receipts: the fate of a signal finds its way back to whoever asked, on this node or another. */
import type { NodeId, SessionId } from "./ids.ts";
import type { Parcel } from "./parcel.ts";
import { refusal } from "./refusal.ts";
import { type Awaiter, awaitersOf, type Kept } from "./replay.ts";
import { type Awaiting, type HubState, type Session, watch } from "./state.ts";
import { tell } from "./telling.ts";
import type { Fate, Ref } from "./vocabulary.ts";

/** How long another node may take to say what became of a signal before it counts as out of reach. */
const answerWithinMs = 5_000;

const rank: { readonly [F in Fate["fate"]]: number } = {
  delivered: 5,
  sent: 4,
  queued: 3,
  refused: 2,
  unknown: 1,
};

/** The better of two fates: with a shared id it is enough that one of its sessions got the signal. */
export const better = (a: Fate, b: Fate): Fate => (rank[b.fate] > rank[a.fate] ? b : a);

/** Tells a fate to whoever waits for it. */
export const report = (
  hub: HubState,
  to: { readonly node: NodeId; readonly session: SessionId; readonly ref: Ref },
  fate: Fate,
  protocol?: string,
): void => {
  const named = protocol === undefined ? {} : { protocol };
  const receipt: Receipt = { type: "receipt", to: { session: to.session, ref: to.ref }, fate, ...named };
  const session = to.node === hub.node ? hub.sessions.get(to.session) : undefined;
  if (session !== undefined) tell(hub, session, { type: "receipt", ref: to.ref, fate, ...named });
  else if (to.node !== hub.node) watch(hub, "receipt to another node", sendReceipt(hub, to.node, receipt));
  // Who ended here is told nothing, and not looked for either.
  else if (hub.moved.has(to.session)) watch(hub, "receipt to another node", follow(hub, hub.node, receipt));
};

type Receipt = Extract<Parcel, { readonly type: "receipt" }>;

/** Sends a receipt to a node, or to where whoever waits for it went from there. */
const sendReceipt = async (hub: HubState, node: NodeId, receipt: Receipt): Promise<void> => {
  if ((await hub.bus.send(node, receipt)) === "accepted") return;
  const now = await hub.book?.whereIs(receipt.to.session);
  if (now === undefined || now === node) return;
  if (now === hub.node) hearReceipt(hub, node, receipt);
  else await hub.bus.send(now, receipt);
};

/** A receipt came for a session that is here, is just coming, or was here. */
export const hearReceipt = (hub: HubState, from: NodeId, receipt: Receipt): void => {
  const { to, fate, protocol } = receipt;
  // Of one that is just coming they wait, so that their order stays.
  if (hub.sessions.has(to.session) && !hub.coming.has(to.session))
    return takeReceipt(hub, from, to, fate, protocol);
  watch(hub, "receipt to another node", follow(hub, from, receipt));
};

const follow = async (hub: HubState, from: NodeId, receipt: Receipt): Promise<void> => {
  const { to, fate, protocol } = receipt;
  const coming = [...(hub.coming.get(to.session) ?? [])];
  await Promise.allSettled(coming.map(({ done }) => done));
  if (hub.sessions.has(to.session)) return takeReceipt(hub, from, to, fate, protocol);
  const went = hub.moved.get(to.session)?.to;
  if (went !== undefined) return sendReceipt(hub, went, receipt);
  const now = await hub.book?.whereIs(to.session);
  if (now !== undefined && now !== hub.node) await hub.bus.send(now, receipt);
};

/** Tells whoever waited for these frames that they arrived. */
export const reportDelivered = (hub: HubState, session: Session, taken: readonly Kept[]): void => {
  const tellOf = (awaiter: Awaiter | undefined) => {
    if (awaiter?.wantsDelivery) report(hub, awaiter, { fate: "delivered" }, session.dialect.name);
  };
  for (const { awaiter, also } of taken) {
    tellOf(awaiter);
    for (const other of also) tellOf(other);
  }
};

/** Tells whoever waits for an offer that was to be fetched what became of it: `sent`, then perhaps `delivered`, or the end of it. */
export const settleFetched = (
  hub: HubState,
  session: Session,
  held: number,
  fate: Fate | undefined,
): void => {
  const awaiters = session.fetching?.get(held);
  if (awaiters === undefined) return;
  const goesOn = fate?.fate === "sent" && awaiters.some(({ wantsDelivery }) => wantsDelivery);
  if (!goesOn) session.fetching?.delete(held);
  if (fate === undefined) return;
  for (const awaiter of awaiters) {
    if (fate.fate !== "delivered" || awaiter.wantsDelivery) report(hub, awaiter, fate, session.dialect.name);
  }
};

/** Tells whoever sent something to a session that ended away what it will never take. */
export const reportExpired = (
  hub: HubState,
  kept: readonly Pick<Kept, "queued" | "awaiter" | "also">[],
): void => {
  for (const awaiter of kept.filter((item) => item.queued).flatMap(awaitersOf)) {
    report(hub, awaiter, { fate: "refused", refusal: refusal("expired") });
  }
};

/**
 * Waits for the receipts of other nodes on behalf of a session, and tells it the best of them and of `soFar`. To be
 * called before anything is sent: an answer may come before the bus has said that it took the question. `anyone`: who was asked
 * is not known here, so whoever speaks first has spoken for all.
 */
export const awaitReceipts = (
  hub: HubState,
  session: Session,
  ref: Ref,
  nodes: Iterable<NodeId>,
  soFar: Fate,
  protocol: string | undefined,
  anyone = false,
): void => {
  session.awaiting ??= new Map();
  const cancel = hub.clock.after(answerWithinMs, () => {
    const late = session.awaiting?.get(ref);
    if (late === undefined) return;
    session.awaiting?.delete(ref);
    const fate =
      rank[late.best.fate] > rank.refused
        ? late.best
        : ({ fate: "refused", refusal: refusal("unreachable") } as const);
    report(hub, { node: hub.node, session: session.id, ref }, fate, late.protocol);
  });
  session.awaiting.set(ref, { nodes: new Set(nodes), anyone, best: soFar, protocol, cancel });
};

/** A receipt came from another node, or it is known that none will. */
export const takeReceipt = (
  hub: HubState,
  from: NodeId,
  to: { readonly session: SessionId; readonly ref: Ref },
  fate: Fate,
  protocol: string | undefined,
): void => {
  const session = hub.sessions.get(to.session);
  if (session === undefined) return;
  const waiting: Awaiting | undefined = session.awaiting?.get(to.ref);
  const here = { node: hub.node, session: to.session, ref: to.ref };
  // Not waited for: the second receipt of a signal, `delivered` or the end of `queued`.
  if (waiting === undefined) return report(hub, here, fate, protocol);
  if (waiting.anyone) waiting.nodes.clear();
  else waiting.nodes.delete(from);
  if (better(waiting.best, fate) === fate) waiting.protocol = protocol;
  waiting.best = better(waiting.best, fate);
  if (waiting.nodes.size > 0) return;
  waiting.cancel();
  session.awaiting?.delete(to.ref);
  report(hub, here, waiting.best, waiting.protocol);
};

/** The awaiter of a command that asked for receipts. */
export const awaiterOf = (
  hub: HubState,
  session: Session,
  ref: Ref | undefined,
  wantsDelivery: boolean,
): Awaiter | undefined =>
  ref === undefined ? undefined : { node: hub.node, session: session.id, ref, wantsDelivery };
