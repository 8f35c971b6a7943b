// SPDX-License-Identifier: MIT
/** Joining, leaving and changing: claims in the directory, and who is told of them. */
import { exceedsBytes } from "./frame.ts";
import { type NodeId, type PeerId, parsePeerId, type RoomKey, type RoomName, roomKey } from "./ids.ts";
import type { Limits } from "./limits.ts";
import type { Claim, Entry, LeaveReason, Presence, Revision, Service } from "./member.ts";
import { announce, applyChange, letGo, viewOf } from "./news.ts";
import type { Change } from "./parcel.ts";
import type { Claimed, NotedSession } from "./ports.ts";
import { isRefusal, type Refusal, refusal } from "./refusal.ts";
import { tellSnapshot } from "./rosters.ts";
import { askSiblings, tellSiblings } from "./siblings.ts";
import {
  type HubState,
  type LocalRoom,
  localRoom,
  type Membership,
  membershipIn,
  type Session,
} from "./state.ts";
import { refuseCommand, tell } from "./telling.ts";
import type { Command } from "./vocabulary.ts";

type Join = Extract<Command, { readonly type: "join" }>;

/** Too many or too large services, in words; undefined where they fit. */
const servicesRefusal = (services: readonly Service[], limits: Limits): Refusal | undefined => {
  if (services.length > limits.servicesPerPeer)
    return refusal("too-many-services", `At most ${limits.servicesPerPeer}.`);
  if (services.length === 0 || !exceedsBytes(JSON.stringify(services), limits.serviceBytes)) return undefined;
  return refusal("too-large", `All services together: at most ${limits.serviceBytes} bytes.`);
};

const joinRefusal = (hub: HubState, session: Session, command: Join): Refusal | undefined => {
  const { limits } = session.dialect;
  if (
    session.memberships.some(
      (membership) => membership.room === command.room && membership.left === undefined,
    )
  ) {
    return refusal("already-joined");
  }
  if (session.memberships.length >= limits.roomsPerSession)
    return refusal("too-many-rooms", `At most ${limits.roomsPerSession}.`);
  if (session.grant.peer !== undefined && command.peer !== undefined && command.peer !== session.grant.peer) {
    return refusal("forbidden", "It names another id.");
  }
  return servicesRefusal(command.presence.services, limits) ?? hub.guard.allows(session.grant, command);
};

/** Enters a room, and says whether the session is in. */
export const join = async (hub: HubState, session: Session, command: Join): Promise<boolean> => {
  const no = joinRefusal(hub, session, command);
  if (no !== undefined) {
    refuseCommand(hub, session, no, command.ref);
    return false;
  }
  const { presence } = command;
  const key = roomKey(session.grant.realm, command.room);
  const peer = command.peer ?? session.grant.peer ?? mintPeerId(hub);
  const membership = seatedAt(session, key, command.room, peer, presence);
  // Not spread: an array that is grown reserves room for sixteen more.
  session.memberships = session.memberships.concat(membership);
  const question = askSiblings(hub, key, peer);
  const answer = await hub.directory.claim(
    wantedBy(hub, membership, command.claim),
    session.dialect.limits.roomMembers,
    session.dialect.limits.sessionsPerId,
  );
  const siblings = question.end(isRefusal(answer) ? [] : answer.siblings);
  if (isRefusal(answer)) {
    drop(session, membership);
    releaseHeld(membership);
    refuseCommand(hub, session, answer, command.ref);
    return false;
  }
  const claimed = { ...answer, siblings };
  const { entry } = claimed;
  membership.entry = entry;
  if (membership.left !== undefined) {
    releaseHeld(membership);
    await withdraw(hub, membership, claimed);
    return false;
  }
  const room = localRoom(hub, key);
  occupy(room, membership, siblings);
  tellSiblings(hub, siblings, key, peer, true);
  if (presence.announced) announce(hub, key, claimed.audience, claimed.revision, { kind: "joined", entry });
  if (presence.listens && (room.view === undefined || room.opening !== undefined)) {
    const view = await viewOf(hub, room);
    if (isRefusal(view)) {
      await leave(hub, membership, "left");
      refuseCommand(hub, session, view, command.ref);
      return false;
    }
    room.view ??= view;
  }
  if (presence.announced) applyChange(hub, room, claimed.revision, { kind: "joined", entry }, session);
  if (membership.left !== undefined) {
    tidy(hub, room);
    return false;
  }
  if (presence.listens) room.listeners.add(membership);
  const { held } = membership;
  membership.held = undefined;
  hub.observe({
    type: "joined",
    session: session.id,
    dialect: session.dialect.name,
    room: command.room,
    peer,
  });
  noteSession(hub, session);
  tellSnapshot(hub, room, membership, false, command.ref);
  for (const run of held ?? []) run();
  return true;
};

/** A seat that is about to be claimed. */
const seatedAt = (
  session: Session,
  key: RoomKey,
  room: RoomName,
  peer: PeerId,
  presence: Presence,
): Membership => ({
  session,
  key,
  room,
  peer,
  presence,
  entry: undefined,
  held: [],
  snapshotOrder: 0,
  left: undefined,
  sender: undefined,
});

const wantedBy = (hub: HubState, membership: Membership, claim: Claim): Omit<Entry, "order"> => {
  const { session, key, peer, presence } = membership;
  return {
    room: key,
    peer,
    session: session.id,
    node: hub.node,
    protocol: session.dialect.name,
    traits: presence.traits,
    services: presence.services,
    ...(presence.displayName === undefined ? {} : { displayName: presence.displayName }),
    claim,
    announced: presence.announced,
    listens: presence.listens,
  };
};

/**
 * Takes back a claim whose session left while it was on its way. Both changes count in the room's history, so they are
 * told: nobody is left with a hole.
 */
export const withdraw = async (
  hub: HubState,
  { key, peer, session }: Membership,
  claimed: Claimed,
): Promise<void> => {
  const { entry } = claimed;
  const released = await hub.directory.release(key, peer, session.id);
  if (!entry.announced) return;
  const room = hub.rooms.get(key);
  const say = (audience: readonly NodeId[], revision: Revision, change: Change): void => {
    announce(hub, key, audience, revision, change);
    if (room !== undefined) applyChange(hub, room, revision, change, session);
  };
  say(claimed.audience, entry.order, { kind: "joined", entry });
  // Otherwise it is another node's by now, which took it over as it stands.
  if (released !== undefined)
    say(released.audience, released.revision, { kind: "left", entry, reason: "left" });
};

const mintPeerId = (hub: HubState): PeerId => {
  const minted = parsePeerId(hub.chance.id());
  if (minted === undefined) throw new Error("the chance handed in mints ids outside the grammar");
  return minted;
};

const occupy = (room: LocalRoom, membership: Membership, siblings: readonly HubState["node"][]): void => {
  const holder = room.holders.get(membership.peer);
  if (holder === undefined) {
    room.holders.set(membership.peer, {
      sessions: [membership.session],
      siblings: siblings.length === 0 ? undefined : new Set(siblings),
    });
    return;
  }
  holder.sessions.push(membership.session);
  for (const node of siblings) {
    holder.siblings ??= new Set();
    holder.siblings.add(node);
  }
};

const vacate = (room: LocalRoom, membership: Membership): void => {
  const holder = room.holders.get(membership.peer);
  if (holder === undefined) return;
  const at = holder.sessions.indexOf(membership.session);
  if (at >= 0) holder.sessions.splice(at, 1);
  if (holder.sessions.length === 0) room.holders.delete(membership.peer);
};

const drop = (session: Session, membership: Membership): void => {
  session.memberships = session.memberships.filter((other) => other !== membership);
};

const releaseHeld = (membership: Membership): void => {
  const { held } = membership;
  membership.held = undefined;
  for (const run of held ?? []) run();
};

export type Seat = NotedSession["rooms"][number];

/** Where a session sits, as it is written down; undefined while its claim is on its way. */
export const seatOf = ({ room, peer, presence, entry }: Membership): Seat | undefined =>
  entry === undefined ? undefined : { room, peer, presence, claim: entry.claim };

/** What is written down of a session, for when its node is gone. */
export const noteSession = (hub: HubState, session: Session): void => {
  const { book } = hub;
  if (book === undefined || !session.dialect.resumable) return;
  const rooms = session.memberships.flatMap((membership) => seatOf(membership) ?? []);
  if (session.ended || rooms.length === 0) return book.forget(session.id);
  const { id, token, incarnation, grant, dialect } = session;
  book.note(id, token, incarnation, { node: hub.node, protocol: dialect.name, grant, rooms });
};

/**
 * Takes the seat of a session that came from another node. What comes for it is held until it was told how things stand.
 * False where the seat is another's by now, or cannot be had.
 */
export const regain = async (hub: HubState, session: Session, seat: Seat): Promise<boolean> => {
  const { room: name, peer, presence, claim } = seat;
  const key = roomKey(session.grant.realm, name);
  const membership = seatedAt(session, key, name, peer, presence);
  session.memberships = session.memberships.concat(membership);
  const question = askSiblings(hub, key, peer);
  const answer = await hub.directory.claim(
    wantedBy(hub, membership, claim),
    session.dialect.limits.roomMembers,
    session.dialect.limits.sessionsPerId,
  );
  const siblings = question.end(isRefusal(answer) ? [] : answer.siblings);
  if (isRefusal(answer)) {
    drop(session, membership);
    releaseHeld(membership);
    return false;
  }
  const { entry } = answer;
  membership.entry = entry;
  const room = localRoom(hub, key);
  occupy(room, membership, siblings);
  tellSiblings(hub, siblings, key, peer, true);
  const came = { kind: "joined", entry } as const;
  if (!answer.stood && presence.announced) announce(hub, key, answer.audience, answer.revision, came);
  if (presence.listens && (room.view === undefined || room.opening !== undefined)) {
    const view = await viewOf(hub, room);
    if (isRefusal(view)) {
      await leave(hub, membership, "lost");
      return false;
    }
    room.view ??= view;
  }
  // Where it stood already, the news of that may be on its way still.
  if (presence.announced) applyChange(hub, room, entry.order, came, session);
  if (membership.left !== undefined) return false;
  if (presence.listens) room.listeners.add(membership);
  membership.snapshotOrder = entry.order;
  return true;
};

/** Gets up from a seat that another node has taken for the session: nobody is told. */
export const resign = (hub: HubState, membership: Membership): void => {
  const room = hub.rooms.get(membership.key);
  membership.left = "replaced";
  releaseHeld(membership);
  if (room === undefined) return;
  vacate(room, membership);
  room.listeners.delete(membership);
  letGo(hub, room, membership.session.id);
  tidy(hub, room);
};

/** Leaves a room. From this moment the session cannot be reached there; the others are told when the directory agrees. */
export const leave = async (hub: HubState, membership: Membership, reason: LeaveReason): Promise<void> => {
  if (membership.left !== undefined) return;
  membership.left = reason;
  const { session, key, peer, presence, entry } = membership;
  drop(session, membership);
  const room = hub.rooms.get(key);
  // Without an entry the claim is still on its way: `join` sees that the session left, and undoes it.
  if (entry === undefined || room === undefined) return;
  vacate(room, membership);
  room.listeners.delete(membership);
  releaseHeld(membership);
  if (!session.ended) noteSession(hub, session);
  const released = await hub.directory.release(key, peer, session.id);
  await session.sending;
  hub.observe({
    type: "left",
    session: session.id,
    dialect: session.dialect.name,
    room: membership.room,
    peer,
    reason,
  });
  if (released !== undefined) {
    // Another session here may hold the same id still.
    if (!room.holders.has(peer)) tellSiblings(hub, released.siblings, key, peer, false);
    if (presence.announced) {
      const change = { kind: "left", entry: released.entry, reason } as const;
      announce(hub, key, released.audience, released.revision, change);
      applyChange(hub, room, released.revision, change, session);
    }
  } else letGo(hub, room, session.id);
  tidy(hub, room);
};

/** Forgets a room in which this node has nobody left. */
export const tidy = (hub: HubState, room: LocalRoom): void => {
  if (room.listeners.size === 0 && room.opening === undefined) room.view = undefined;
  if (room.holders.size > 0 || room.opening !== undefined) return;
  room.cancelCheck?.();
  if (hub.rooms.get(room.key) === room) hub.rooms.delete(room.key);
};

/** Changes what the others are told of a member. */
export const update = async (
  hub: HubState,
  session: Session,
  command: Extract<Command, { readonly type: "update" }>,
): Promise<void> => {
  const membership = membershipIn(session, command.room);
  if (membership?.entry === undefined) return refuseCommand(hub, session, refusal("not-joined"), command.ref);
  const services = command.services ?? membership.presence.services;
  const no = servicesRefusal(services, session.dialect.limits) ?? hub.guard.allows(session.grant, command);
  if (no !== undefined) return refuseCommand(hub, session, no, command.ref);
  const displayName = command.displayName ?? membership.presence.displayName;
  const named = displayName === undefined ? {} : { displayName };
  const changed = await hub.directory.change({ ...membership.entry, services, ...named });
  if (changed === undefined) return refuseCommand(hub, session, refusal("not-joined"), command.ref);
  if (isRefusal(changed)) return refuseCommand(hub, session, changed, command.ref);
  membership.presence = { ...membership.presence, services, ...named };
  membership.entry = changed.entry;
  const room = hub.rooms.get(membership.key);
  if (membership.presence.announced) {
    const change = { kind: "changed", entry: changed.entry } as const;
    announce(hub, membership.key, changed.audience, changed.revision, change);
    if (room !== undefined) applyChange(hub, room, changed.revision, change, session);
  }
  tell(hub, session, {
    type: "updated",
    room: command.room,
    ...(command.ref === undefined ? {} : { ref: command.ref }),
  });
};
