// SPDX-License-Identifier: MIT
/**
 * PeerNet and the rooms of the hub. Room `hall` here is `rooms/hall` there. Registered servers are peers of their room, as
 * long as their lease; peers of other protocols that declare services are servers of it, as long as they are there.
 */
import {
  type Directory,
  defaultRealm,
  type Entry,
  type Hub,
  isRefusal,
  type Limits,
  parsePeerId,
  parseRoomName,
  roomKey,
} from "@signalbox/core";
import {
  answerKnock,
  isResourceId,
  type KnockRecord,
  type LivePeers,
  noExpiry,
  observed,
  type RegistryGround,
  type ServerRecord,
  StoreAway,
  serverTopic,
  type Write,
} from "@signalbox/core/registry";
import { type Device, openDevice } from "./device.ts";
import { meetingDialect } from "./dialect.ts";
import { knockCall } from "./knock-call.ts";
import { livePeerOf } from "./live-names.ts";
import { reached } from "./reached.ts";
import { isInHand, recall } from "./recall.ts";
import { asServer, mediaOf } from "./services.ts";
import { dialectName } from "./wire.ts";

export interface MeetingParts {
  readonly registry: RegistryGround;
  readonly directory: Pick<Directory, "roster" | "find">;
  readonly limits: Limits;
  /** What the hub's guard asks of every peer, where it asks for something. */
  readonly credential?: string;
  /** A bug, or a broken disk. */
  readonly failed: (error: unknown) => void;
}

export interface Meeting {
  /** The registry, with live peers in it. Whatever changes it has to go through this one. */
  readonly registry: RegistryGround;
  /** From now on there are rooms to be in. */
  start(hub: Pick<Hub, "open">): void;
  /** Another node is gone, and what it had in hand is nobody's. */
  lookAround(): void;
  /** Leaves all rooms. What waits goes on waiting, in the registry. */
  close(): void;
}

/** A server that is in its room, or was refused there. */
interface Present {
  server: ServerRecord;
  /** Undefined: it is not in, and tries again when it is renewed. */
  device: Device | undefined;
  triedAt: number;
  cancelLease: () => void;
  /** While it is in its room: to what other nodes make of it. */
  stopListening: () => void;
}

const noDirectory = "who is in a room cannot be known now";

/** Between two attempts to enter a room that refuses. Milliseconds. As often as a device with the usual lease renews it. */
const againMs = 5_000;

export const meeting = (parts: MeetingParts): Meeting => {
  const { registry: inner, directory, limits, credential } = parts;
  const { clock, wallNow } = inner;
  const dialect = meetingDialect(limits);
  const present = new Map<string, Present>();
  const perRoom = new Map<string, number>();
  const ending = new AbortController();
  const failed = (error: unknown): void => {
    // A store that was let go of in between is no failure.
    if (!ending.signal.aborted) parts.failed(error);
  };
  let hub: Pick<Hub, "open"> | undefined;
  let calls = 0;

  // Live peers as servers

  const keyOf = (room: string) => {
    const name = parseRoomName(room);
    return name === undefined ? undefined : roomKey(defaultRealm, name);
  };
  const shown = (room: string, entry: Entry): ServerRecord | undefined =>
    entry.protocol === dialectName ? undefined : asServer(room, entry, limits);
  /** Undefined: it cannot be known now. */
  const entriesOf = async (room: string, peer: string): Promise<readonly Entry[] | undefined> => {
    const key = keyOf(room);
    const id = parsePeerId(peer);
    if (key === undefined || id === undefined) return [];
    const entries = await directory.find(key, id);
    return isRefusal(entries) ? undefined : entries;
  };
  const live: LivePeers = {
    async find(id) {
      const place = livePeerOf(id);
      // A room that has no name here has nobody to be found in it.
      if (place === undefined || !isResourceId(place.room)) return undefined;
      const entries = await entriesOf(place.room, place.peer);
      if (entries === undefined) throw new StoreAway(noDirectory);
      for (const entry of entries) {
        const server = shown(place.room, entry);
        if (server !== undefined) return server;
      }
      return undefined;
    },
    async list(room, after, limit) {
      const key = keyOf(room);
      if (key === undefined || !isResourceId(room)) return { servers: [] };
      const page = await directory.roster(key, after, limit);
      if (isRefusal(page)) throw new StoreAway(noDirectory);
      const servers = page.entries.flatMap((entry) => shown(room, entry) ?? []);
      return { servers, ...(page.next === undefined ? {} : { next: page.next }) };
    },
    knocked: (knock) => call(knock, false),
  };

  // Knocks at live peers

  const call = (knock: KnockRecord, patient: boolean): void => {
    const place = livePeerOf(knock.server);
    const [room, peer] = [parseRoomName(place?.room), parsePeerId(place?.peer)];
    if (hub === undefined || room === undefined || peer === undefined || ending.signal.aborted) return;
    if (calls + present.size >= limits.insideLines) {
      const busy = {
        candidates: [],
        complete: false,
        rejectReason: "As many calls as can be are under way.",
      };
      answerKnock(registry, knock, { house: true }, busy).catch(failed);
      return;
    }
    calls += 1;
    knockCall(knock, {
      ground: registry,
      hub,
      dialect,
      credential,
      target: { room, peer },
      patient,
      isThere: async () => (await entriesOf(room, peer))?.length !== 0,
      abort: ending.signal,
    })
      .catch(failed)
      .finally(() => {
        calls -= 1;
      });
  };

  // Registered servers in their rooms

  const leave = (one: Present): void => {
    if (one.device === undefined) return;
    const { device, server } = one;
    one.device = undefined;
    one.stopListening();
    one.stopListening = () => {};
    const left = (perRoom.get(server.room) ?? 1) - 1;
    if (left === 0) perRoom.delete(server.room);
    else perRoom.set(server.room, left);
    device.close();
  };
  const enter = (one: Present): void => {
    const { server } = one;
    const here = perRoom.get(server.room) ?? 0;
    // Half of a room is left to those who hold a connection for their place.
    if (hub === undefined || here >= limits.roomMembers / 2) return;
    perRoom.set(server.room, here + 1);
    one.triedAt = clock.now();
    one.device = openDevice(server, {
      ground: registry,
      hub,
      dialect,
      credential,
      failed,
      ending: ending.signal,
      in: () => listen(one),
      out() {
        leave(one);
        // Another node may have been faster: then it takes no place here.
        isElsewhere(server)
          .then((there) => {
            if (there && one.device === undefined && present.get(server.id) === one) forget(server.id);
          })
          .catch(failed);
      },
    });
  };
  const isElsewhere = ({ room, id }: ServerRecord): Promise<boolean> =>
    isInHand({ ground: inner, directory, ending: ending.signal }, room, id);
  /** Whoever removes or changes it at another node changes what the room is told from here. */
  const listen = (one: Present): void => {
    const topic = serverTopic(one.server.id);
    one.stopListening = inner.store.watch("server", topic, () => lookAgain(one));
    // What happened before is looked for as well.
    lookAgain(one);
  };
  const lookAgain = (one: Present): void => {
    const { id } = one.server;
    reached(inner, ending.signal, noExpiry, () => inner.store.get("server", id))
      .then((record) => {
        if (ending.signal.aborted || present.get(id) !== one) return;
        if (record === undefined) forget(id);
        else look(JSON.parse(record.value));
      })
      .catch(failed);
  };
  const forget = (id: string): void => {
    const one = present.get(id);
    if (one === undefined) return;
    present.delete(id);
    one.cancelLease();
    leave(one);
  };
  /**
   * Until when it keeps its place. A device that was not heard of for longer than any knock waits could answer no call;
   * and a place in a room is nothing to be had for a whole day by one request.
   */
  const staysUntil = ({ expiresAt, ttlMs }: ServerRecord): number =>
    Math.min(expiresAt, expiresAt - ttlMs + limits.knockTtlMaxMs);
  /** Ends its presence with its time, unless it was renewed meanwhile. */
  const watchLease = (one: Present): void => {
    one.cancelLease = clock.after(Math.max(0, staysUntil(one.server) - wallNow()), () => {
      if (staysUntil(one.server) > wallNow()) return watchLease(one);
      // It may have been renewed at another node.
      reached(inner, ending.signal, noExpiry, () => inner.store.get("server", one.server.id))
        .then((record) => {
          if (ending.signal.aborted || present.get(one.server.id) !== one) return;
          if (record === undefined) forget(one.server.id);
          else look(JSON.parse(record.value));
          if (present.get(one.server.id) === one) watchLease(one);
        })
        .catch(failed);
    });
  };
  /** Settles when it is known whether it is this node's to have in hand. */
  const see = async (server: ServerRecord): Promise<void> => {
    const { id } = server;
    const known = present.get(id);
    if (server.room === "" || staysUntil(server) <= wallNow()) return forget(id);
    if (known !== undefined && known.server.room === server.room) {
      const sooner = staysUntil(server) < staysUntil(known.server);
      const comesAnew = mediaOf(server).join() !== mediaOf(known.server).join();
      known.server = server;
      if (sooner) {
        known.cancelLease();
        watchLease(known);
      }
      if (known.device !== undefined && comesAnew) {
        // Traits are those of a stay.
        leave(known);
        enter(known);
      } else if (known.device !== undefined) known.device.update(server);
      else if (clock.now() - known.triedAt >= againMs) enter(known);
      return;
    }
    forget(id);
    if (present.size + calls >= limits.insideLines) return;
    const one: Present = {
      server,
      device: undefined,
      triedAt: clock.now(),
      cancelLease: () => {},
      stopListening: () => {},
    };
    // What comes of it meanwhile is seen in the record.
    present.set(id, one);
    const there = await isElsewhere(server);
    if (present.get(id) !== one) return;
    if (there) return forget(id);
    one.cancelLease();
    watchLease(one);
    if (one.device === undefined) enter(one);
  };
  const look = (server: ServerRecord): void => void see(server).catch(failed);
  const written = ({ kind, key, becomes }: Write): void => {
    if (kind !== "server" || hub === undefined || ending.signal.aborted) return;
    if (becomes === undefined) forget(key);
    else look(JSON.parse(becomes.value));
  };
  const registry: RegistryGround = { ...inner, store: observed(inner.store, written), live };

  let recalling: Promise<void> | undefined;
  let again = false;
  /** One at a time: of several that are wanted meanwhile one more is enough. */
  const lookAround = (): void => {
    if (hub === undefined || ending.signal.aborted) return;
    again = recalling !== undefined;
    recalling ??= recall({
      ground: inner,
      directory,
      ending: ending.signal,
      hasRoom: () => present.size + calls < limits.insideLines,
      knows: (server) => present.has(server),
      enter: see,
      call: (knock) => call(knock, true),
    })
      .catch(failed)
      .finally(() => {
        recalling = undefined;
        if (again) lookAround();
      });
  };

  return {
    registry,
    start(given) {
      hub = given;
      lookAround();
    },
    lookAround,
    close() {
      ending.abort();
      for (const id of [...present.keys()]) forget(id);
    },
  };
};
