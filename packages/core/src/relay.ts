// SPDX-License-Identifier: MIT
/** Signals and messages on their way from one session to others. */
import { cross, crosses } from "./crossing.ts";
import type { NodeId, PeerId, SessionId } from "./ids.ts";
import type { Entry } from "./member.ts";
import type { Parcel } from "./parcel.ts";
import { awaiterOf, awaitReceipts, better, report, takeReceipt } from "./receipts.ts";
import { isRefusal, refusal } from "./refusal.ts";
import type { Awaiter } from "./replay.ts";
import type { Meaning, Signal } from "./signal.ts";
import { type Holder, type HubState, type Membership, membershipIn, type Session } from "./state.ts";
import { refuseCommand, tell } from "./telling.ts";
import type { Command, Fate, Ref, Sender } from "./vocabulary.ts";

type SignalCommand = Extract<Command, { readonly type: "signal" }>;
type SendCommand = Extract<Command, { readonly type: "send" }>;

const unknown: Fate = { fate: "unknown" };
const outOfReach: Fate = { fate: "refused", refusal: refusal("unreachable") };

/** The same object for as long as the membership: codecs may key caches by it. Neither traits nor `announced` ever change. */
export const senderOf = (membership: Membership): Sender => {
  membership.sender ??= {
    peer: membership.peer,
    session: membership.session.id,
    protocol: membership.session.dialect.name,
    traits: membership.presence.traits,
    announced: membership.presence.announced,
  };
  return membership.sender;
};

/**
 * Relays a signal. Between two sessions of this node nothing is awaited; the directory is asked only where the
 * target is not here, or is shared with another node.
 */
export const relay = (hub: HubState, session: Session, command: SignalCommand): void | Promise<void> => {
  const membership = membershipIn(session, command.room);
  if (membership?.entry === undefined) return refuseCommand(hub, session, refusal("not-joined"), command.ref);
  const holder = hub.rooms.get(membership.key)?.holders.get(command.to);
  if (holder !== undefined && isWholeHere(holder)) {
    const fate = relayHere(hub, membership, holder.sessions, command);
    return answer(hub, session, command.ref, fate.fate, fate.protocol);
  }
  return relayAnywhere(hub, membership, command);
};

/** Is nobody else, on another node, holding the same id? */
const isWholeHere = (holder: Holder): boolean => holder.siblings === undefined || holder.siblings.size === 0;

const relayHere = (
  hub: HubState,
  from: Membership,
  sessions: readonly Session[],
  command: SignalCommand,
  soFar: Fate = unknown,
): { readonly fate: Fate; readonly protocol: string | undefined } => {
  const awaiter = awaiterOf(hub, from.session, command.ref, command.wantsDelivery === true);
  const sender = senderOf(from);
  let best: Fate = soFar;
  let protocol: string | undefined;
  for (const target of sessions.length > 1 ? [...sessions] : sessions) {
    if (command.session !== undefined && target.id !== command.session) continue;
    const fate = deliverSignal(hub, membershipOf(target, from), sender, command.signal, awaiter);
    hub.observe({ type: "signalRelayed", from: sender.protocol, to: target.dialect.name, fate: fate.fate });
    protocol ??= target.dialect.name;
    best = better(best, fate);
  }
  return { fate: best, protocol };
};

const membershipOf = (target: Session, from: Membership): Membership | undefined =>
  target.memberships.find((membership) => membership.key === from.key && membership.left === undefined);

/** Hands a signal to one session of this node. */
export const deliverSignal = (
  hub: HubState,
  to: Membership | undefined,
  from: Sender,
  signal: Signal,
  awaiter: Awaiter | undefined,
): Fate => {
  if (to === undefined || to.session.ended) return unknown;
  const { held } = to;
  if (held !== undefined) {
    // It is coming in this moment: what is for it waits until it was told that it is in.
    return hold(hub, to, from, held, awaiter, () => deliverSignal(hub, to, from, signal, awaiter));
  }
  if (crosses(signal, from, to)) return cross(hub, to, from, signal, awaiter);
  return tell(
    hub,
    to.session,
    { type: "signaled", room: to.room, from, signal, wantsDelivery: awaiter?.wantsDelivery === true },
    awaiter,
  );
};

/** Keeps something for a session that is just coming in, until it was told that it is. */
const hold = (
  hub: HubState,
  to: Membership,
  from: Sender,
  held: (() => void)[],
  awaiter: Awaiter | undefined,
  deliver: () => Fate,
): Fate => {
  const { limits, name } = to.session.dialect;
  if (held.length >= limits.heldSignals) return { fate: "refused", refusal: refusal("mailbox-full") };
  held.push(() => {
    // A sender that went meanwhile was never introduced, so nothing of it is told.
    const view = to.presence.listens && from.announced ? hub.rooms.get(to.key)?.view : undefined;
    const stranger = view !== undefined && from.session !== to.session.id && !view.members.has(from.session);
    const fate: Fate = stranger ? { fate: "refused", refusal: refusal("unreachable") } : deliver();
    if (awaiter !== undefined) report(hub, awaiter, fate, name);
  });
  return { fate: "queued", ttlMs: limits.silentMs };
};

const relayAnywhere = async (hub: HubState, from: Membership, command: SignalCommand): Promise<void> => {
  const { session } = from;
  const { entries, here, soFar } = await whereabouts(hub, from, command);
  const local = relayHere(hub, from, here, command, soFar);
  const meaning = once(command.signal.meaning);
  const nodes = byNode(hub, entries);
  const sender = senderOf(from);
  const verbatim = command.signal.verbatim.kind === "text" ? command.signal.verbatim.text : "";
  if (entries.length === 0 && here.length === 0) {
    hub.observe({ type: "signalRelayed", from: sender.protocol, to: undefined, fate: soFar.fate });
  }
  await forward(hub, session, command.ref, nodes, local.fate, local.protocol, (sessions) => ({
    type: "signal",
    room: from.key,
    to: command.to,
    sessions,
    from: sender,
    origin: command.signal.origin,
    verbatim,
    meaning: meaning(),
    wantsDelivery: command.wantsDelivery === true,
    ...(command.ref === undefined ? {} : { receipt: { session: session.id, ref: command.ref } }),
  }));
};

interface Whereabouts {
  /** Who holds the peer id, on whatever node; nobody where that cannot be asked. */
  readonly entries: readonly Entry[];
  /** Those of them that are here. */
  readonly here: readonly Session[];
  /** What is known before anybody was reached. */
  readonly soFar: Fate;
}

/** Asks the directory who is meant. While it cannot be asked, those that are here are reached all the same. */
const whereabouts = async (
  hub: HubState,
  from: Membership,
  { to, session }: { readonly to: PeerId; readonly session?: SessionId | undefined },
): Promise<Whereabouts> => {
  const wanted = (id: SessionId) => session === undefined || session === id;
  const found = await hub.directory.find(from.key, to);
  if (isRefusal(found)) {
    const holder = hub.rooms.get(from.key)?.holders.get(to);
    const here = (holder?.sessions ?? []).filter((target) => wanted(target.id));
    return { entries: [], here, soFar: { fate: "refused", refusal: found } };
  }
  const entries = found.filter((entry) => wanted(entry.session));
  const here = entries.flatMap((entry) =>
    entry.node === hub.node ? (hub.sessions.get(entry.session) ?? []) : [],
  );
  const moving = entries.some((entry) => entry.node === hub.node && hub.moved.has(entry.session));
  return { entries, here, soFar: moving ? outOfReach : unknown };
};

const once = (meaning: () => Meaning): (() => Meaning) => {
  let known: Meaning | undefined;
  return () => (known ??= meaning());
};

const byNode = (hub: HubState, entries: readonly Entry[]): ReadonlyMap<NodeId, readonly SessionId[]> => {
  const nodes = new Map<NodeId, SessionId[]>();
  for (const { node, session } of entries) {
    if (node === hub.node) continue;
    const sessions = nodes.get(node);
    if (sessions === undefined) nodes.set(node, [session]);
    else sessions.push(session);
  }
  return nodes;
};

/** Sends a parcel to each node; the sender is answered when all have said what became of it, or at once where there is none. */
const forward = async (
  hub: HubState,
  session: Session,
  ref: Ref | undefined,
  nodes: ReadonlyMap<NodeId, readonly SessionId[]>,
  soFar: Fate,
  protocol: string | undefined,
  parcel: (sessions: readonly SessionId[]) => Parcel,
): Promise<void> => {
  if (nodes.size === 0) return answer(hub, session, ref, soFar, protocol);
  if (ref !== undefined) awaitReceipts(hub, session, ref, nodes.keys(), soFar, protocol);
  await Promise.all(
    [...nodes].map(async ([node, sessions]) => {
      if ((await hub.bus.send(node, parcel(sessions))) === "accepted") return;
      hub.observe({ type: "nodeUnreachable", node });
      if (ref !== undefined) takeReceipt(hub, node, { session: session.id, ref }, outOfReach, undefined);
    }),
  );
};

const answer = (
  hub: HubState,
  session: Session,
  ref: Ref | undefined,
  fate: Fate,
  protocol: string | undefined,
): void => {
  if (ref === undefined) return;
  tell(
    hub,
    session,
    protocol === undefined ? { type: "receipt", ref, fate } : { type: "receipt", ref, fate, protocol },
  );
};

/** Sends an application message to one peer, or to all others of the room that can take one. */
export const sendMessage = async (hub: HubState, session: Session, command: SendCommand): Promise<void> => {
  const membership = membershipIn(session, command.room);
  if (membership?.entry === undefined) return refuseCommand(hub, session, refusal("not-joined"), command.ref);
  const { to } = command;
  return to === undefined ? sendToAll(hub, membership, command) : sendToOne(hub, membership, command, to);
};

const sendToOne = async (
  hub: HubState,
  from: Membership,
  command: SendCommand,
  to: PeerId,
): Promise<void> => {
  const holder = hub.rooms.get(from.key)?.holders.get(to);
  const { session } = command;
  const { entries, here, soFar } =
    holder !== undefined && isWholeHere(holder)
      ? {
          entries: [],
          here: holder.sessions.filter(({ id }) => session === undefined || session === id),
          soFar: unknown,
        }
      : await whereabouts(hub, from, { to, session });
  const sender = senderOf(from);
  const awaiter = awaiterOf(hub, from.session, command.ref, false);
  let best: Fate = soFar;
  for (const target of [...here]) {
    best = better(best, deliverMessage(hub, membershipOf(target, from), sender, command.body, awaiter));
  }
  hub.observe({ type: "messageRelayed", fate: best.fate });
  await forward(hub, from.session, command.ref, byNode(hub, entries), best, undefined, (sessions) =>
    messageParcel(from, command, sessions),
  );
};

const sendToAll = async (hub: HubState, from: Membership, command: SendCommand): Promise<void> => {
  const sender = senderOf(from);
  const audience = await hub.directory.audience(from.key);
  const away = isRefusal(audience);
  let best: Fate = away ? { fate: "refused", refusal: audience } : unknown;
  for (const membership of [...(hub.rooms.get(from.key)?.listeners ?? [])]) {
    if (membership === from || !membership.presence.traits.messages) continue;
    best = better(best, deliverMessage(hub, membership, sender, command.body, undefined));
  }
  const others = away ? [] : audience.filter((node) => node !== hub.node);
  const parcel = messageParcel(from, { body: command.body }, undefined);
  const sent = await Promise.all(others.map((node) => hub.bus.send(node, parcel)));
  // Another node has listeners: that it took the parcel is all that is known of them.
  if (sent.includes("accepted")) best = better(best, { fate: "sent" });
  hub.observe({ type: "messageRelayed", fate: best.fate });
  answer(hub, from.session, command.ref, best, undefined);
};

const messageParcel = (
  from: Membership,
  command: { readonly body: string; readonly ref?: Ref | undefined },
  sessions: readonly SessionId[] | undefined,
): Parcel => ({
  type: "message",
  room: from.key,
  ...(sessions === undefined ? {} : { sessions }),
  from: senderOf(from),
  body: command.body,
  ...(command.ref === undefined ? {} : { receipt: { session: from.session.id, ref: command.ref } }),
});

/** Hands a message to one session of this node. */
export const deliverMessage = (
  hub: HubState,
  to: Membership | undefined,
  from: Sender,
  body: string,
  awaiter: Awaiter | undefined,
): Fate => {
  if (to === undefined || to.session.ended) return unknown;
  if (!to.presence.traits.messages) {
    return { fate: "refused", refusal: refusal("not-understood", `It speaks ${to.session.dialect.name}.`) };
  }
  const { held } = to;
  if (held !== undefined)
    return hold(hub, to, from, held, awaiter, () => deliverMessage(hub, to, from, body, awaiter));
  return tell(hub, to.session, { type: "sent", room: to.room, from, body }, awaiter);
};
