// SPDX-License-Identifier: MIT
import {
  type Claimed,
  type Directory,
  type Entry,
  isRefusal,
  type NodeId,
  type PeerId,
  type Refusal,
  type Released,
  type Revision,
  type RoomKey,
  type RosterPage,
  refusal,
} from "@signalbox/core";

interface Room {
  /** Entries by peer id: one, or for a shared id several. */
  readonly peers: Map<PeerId, Entry | Entry[]>;
  /** How many members of each node listen. */
  readonly listening: Map<NodeId, number>;
  members: number;
  revision: Revision;
}

const entriesOf = (room: Room | undefined, peer: PeerId): readonly Entry[] => {
  const found = room?.peers.get(peer);
  return found === undefined ? [] : Array.isArray(found) ? found : [found];
};

const others = (nodes: Iterable<NodeId>, self: NodeId): readonly NodeId[] =>
  [...new Set(nodes)].filter((node) => node !== self);

/**
 * Who is where, in the memory of one process. Shared by all nodes of that process, it is the directory of a
 * cluster in tests.
 */
export const memoryDirectory = (): Directory => {
  const rooms = new Map<RoomKey, Room>();
  // A room that comes back goes on counting above every room that went: late news of its past life stays in the past.
  let retired: Revision = 0;

  const roomFor = (key: RoomKey): Room => {
    let room = rooms.get(key);
    if (room === undefined) {
      room = { peers: new Map(), listening: new Map(), members: 0, revision: retired };
      rooms.set(key, room);
    }
    return room;
  };

  const listens = (room: Room, node: NodeId, by: 1 | -1): void => {
    const count = (room.listening.get(node) ?? 0) + by;
    if (count <= 0) room.listening.delete(node);
    else room.listening.set(node, count);
  };

  /** The same entry, on another node. */
  const moved = (room: Room, before: Entry, node: NodeId): Entry => {
    const now = { ...before, node };
    const rest = entriesOf(room, before.peer).map((entry) => (entry === before ? now : entry));
    room.peers.set(before.peer, rest.length === 1 ? now : rest);
    if (before.listens) {
      listens(room, before.node, -1);
      listens(room, node, 1);
    }
    return now;
  };

  const claim = (
    wanted: Omit<Entry, "order">,
    roomMembersMax: number,
    sessionsPerIdMax: number,
  ): Claimed | Refusal => {
    const known = rooms.get(wanted.room);
    const holders = entriesOf(known, wanted.peer);
    const mine = holders.find((entry) => entry.session === wanted.session);
    const siblings = others(
      holders.filter((entry) => entry !== mine).map((entry) => entry.node),
      wanted.node,
    );
    if (known !== undefined && mine !== undefined) {
      const entry = mine.node === wanted.node ? mine : moved(known, mine, wanted.node);
      return {
        entry,
        revision: known.revision,
        audience: others(known.listening.keys(), wanted.node),
        siblings,
        stood: true,
      };
    }
    const [holder] = holders;
    if (holder !== undefined && (holder.claim === "exclusive" || wanted.claim === "exclusive"))
      return refusal("id-taken");
    if (holders.length >= sessionsPerIdMax)
      return refusal("id-taken", `At most ${sessionsPerIdMax} may share it.`);
    if (known !== undefined && known.members >= roomMembersMax)
      return refusal("room-full", `At most ${roomMembersMax}.`);
    const room = known ?? roomFor(wanted.room);
    room.members += 1;
    if (wanted.announced) room.revision += 1;
    // Orders of announced members are revisions; the others only need to differ from nothing.
    const entry: Entry = { ...wanted, order: room.revision };
    room.peers.set(entry.peer, holders.length === 0 ? entry : [...holders, entry]);
    if (entry.listens) listens(room, entry.node, 1);
    const audience = others(room.listening.keys(), entry.node);
    return { entry, revision: room.revision, audience, siblings, stood: false };
  };

  const release = (key: RoomKey, peer: PeerId, session: Entry["session"]): Released | undefined => {
    const room = rooms.get(key);
    const holders = entriesOf(room, peer);
    const entry = holders.find((holder) => holder.session === session);
    if (room === undefined || entry === undefined) return undefined;
    const rest = holders.filter((holder) => holder !== entry);
    const [only] = rest;
    if (only === undefined) room.peers.delete(peer);
    else room.peers.set(peer, rest.length === 1 ? only : rest);
    room.members -= 1;
    if (entry.announced) room.revision += 1;
    if (entry.listens) listens(room, entry.node, -1);
    if (room.members === 0) {
      rooms.delete(key);
      retired = Math.max(retired, room.revision);
    }
    return {
      entry,
      revision: room.revision,
      audience: others(room.listening.keys(), entry.node),
      siblings: others(
        rest.map((holder) => holder.node),
        entry.node,
      ),
    };
  };

  const change = (entry: Entry): Released | undefined => {
    const room = rooms.get(entry.room);
    const holders = entriesOf(room, entry.peer);
    const before = holders.find((holder) => holder.session === entry.session);
    if (room === undefined || before === undefined) return undefined;
    if (before.announced) room.revision += 1;
    // What was claimed stays as it was: only what is told of the peer changes.
    const now: Entry = {
      ...entry,
      order: before.order,
      claim: before.claim,
      announced: before.announced,
      listens: before.listens,
    };
    const rest = holders.map((holder) => (holder === before ? now : holder));
    room.peers.set(entry.peer, rest.length === 1 ? now : rest);
    return {
      entry: now,
      revision: room.revision,
      audience: others(room.listening.keys(), now.node),
      siblings: [],
    };
  };

  const roster = (key: RoomKey, after: Revision, limit: number): RosterPage => {
    const room = rooms.get(key);
    if (room === undefined) return { entries: [], revision: 0 };
    const rest = [...room.peers.values()]
      .flat()
      .filter((entry) => entry.announced && entry.order > after)
      .sort((a, b) => a.order - b.order);
    const entries = rest.slice(0, limit);
    const more = rest.length > limit;
    const last = entries.at(-1);
    return { entries, revision: room.revision, ...(more && last !== undefined ? { next: last.order } : {}) };
  };

  return {
    claim: async (entry, roomMembersMax, sessionsPerIdMax = Number.POSITIVE_INFINITY) =>
      claim(entry, roomMembersMax, sessionsPerIdMax),
    async reclaim(entry) {
      const any = Number.POSITIVE_INFINITY;
      const done = claim(entry, any, any);
      return isRefusal(done) ? done : { ...done, changed: !done.stood };
    },
    release: async (room, peer, session) => release(room, peer, session),
    change: async (entry) => change(entry),
    find: async (room, peer) => entriesOf(rooms.get(room), peer),
    roster: async (room, after, limit) => roster(room, after, limit),
    audience: async (room) => [...(rooms.get(room)?.listening.keys() ?? [])],
  };
};
