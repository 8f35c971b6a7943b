// SPDX-License-Identifier: MIT
/** Rooms: made once, owned by whoever holds the token, listed where their owner wants that. */
import { isRefusal, type Refusal, refusal } from "../refusal.ts";
import {
  type Asker,
  decide,
  notOwner,
  owns,
  parsed,
  type Read,
  type RegistryGround,
  read,
} from "./ground.ts";
import { isResourceId } from "./names.ts";
import { type Page, type PageRequest, placeOf, tokenFor } from "./paging.ts";
import type { RoomRecord } from "./records.ts";
import { serverRemoval } from "./server-writes.ts";
import type { Write } from "./store.ts";

export interface Room {
  readonly record: RoomRecord;
  readonly etag: string;
}

export interface RoomSpec {
  /** Absent: minted. */
  readonly id?: string;
  readonly displayName?: string;
  /** Default true. */
  readonly listed?: boolean;
}

export interface CreatedRoom {
  readonly room: Room;
  /** False: it was there already, and is the asker's own. */
  readonly created: boolean;
}

/** All rooms are one group. */
const group = "rooms";

export const roomWrite = (record: RoomRecord, expects: number): Write => ({
  kind: "room",
  key: record.id,
  expects,
  becomes: { group, value: JSON.stringify(record) },
});

const roomOf = ({ value, record }: Read<RoomRecord>): Room => ({
  record: value,
  etag: `"${record.version}"`,
});

/** What a new room will be, or why it cannot be. */
export const newRoom = (ground: RegistryGround, spec: RoomSpec, ownerHash: string): RoomRecord | Refusal => {
  const id = spec.id === undefined || spec.id === "" ? ground.mintId() : spec.id;
  if (!isResourceId(id))
    return refusal(
      "bad-name",
      `A room id is lower-case letters, digits and hyphens, not ${JSON.stringify(id.slice(0, 80))}.`,
    );
  const displayName = spec.displayName ?? "";
  if (displayName.length > ground.limits.displayNameChars)
    return refusal("too-large", "display_name is too long.");
  return { id, displayName, listed: spec.listed ?? true, ownerHash, createdAt: ground.wallNow() };
};

/**
 * Makes a room. The same owner's same room again is that room; another's is refused.
 * @param along what is to be written with a new one, or not at all
 */
export const createRoom = async (
  ground: RegistryGround,
  spec: RoomSpec,
  ownerHash: string,
  along: (id: string) => readonly Write[] = () => [],
): Promise<CreatedRoom | Refusal> => {
  const made = newRoom(ground, spec, ownerHash);
  if (isRefusal(made)) return made;
  const done = await decide(ground, async () => {
    const existing = await read<RoomRecord>(ground, "room", made.id);
    if (existing !== undefined) {
      if (!ground.equal(existing.value.ownerHash, ownerHash)) return refusal("exists", `rooms/${made.id}`);
      const same = existing.value.displayName === made.displayName && existing.value.listed === made.listed;
      const record = { ...made, createdAt: existing.value.createdAt };
      return { writes: same ? [] : [roomWrite(record, existing.record.version)], result: { created: false } };
    }
    if ((await ground.store.count("room", group)) >= ground.limits.roomsKept)
      return refusal("registry-full", `At most ${ground.limits.roomsKept} rooms.`);
    return { writes: [roomWrite(made, 0), ...along(made.id)], result: { created: true } };
  });
  if (isRefusal(done)) return done;
  const room = await getRoom(ground, made.id);
  return isRefusal(room) ? room : { room, created: done.created };
};

export const getRoom = async (ground: RegistryGround, id: string): Promise<Room | Refusal> => {
  const found = await read<RoomRecord>(ground, "room", id);
  return found === undefined ? refusal("not-found", `rooms/${id}`) : roomOf(found);
};

/** Listed rooms only: an unlisted one is reached by its name. */
export const listRooms = async (
  ground: RegistryGround,
  request: PageRequest,
): Promise<Page<Room> | Refusal> => {
  const question = "rooms";
  const place = placeOf(ground, request, question);
  if (isRefusal(place)) return place;
  const items: Room[] = [];
  let { after } = place;
  let more = true;
  while (more && items.length < place.size) {
    const page = await ground.store.scan("room", group, after, place.size);
    more = page.more;
    for (const record of page.records) {
      const room = roomOf(parsed<RoomRecord>(record));
      if (items.length === place.size) {
        more = true;
        break;
      }
      after = record.key;
      if (room.record.listed) items.push(room);
    }
    if (page.records.length === 0) more = false;
  }
  return { items, nextToken: more ? tokenFor(ground, question, after) : "" };
};

export interface DeleteOptions {
  readonly etag?: string;
  readonly allowMissing?: boolean;
}

/** Removes a room. One that still has servers goes only with `force`, and they with it. */
export const deleteRoom = async (
  ground: RegistryGround,
  id: string,
  asker: Asker,
  options: DeleteOptions & { readonly force?: boolean },
): Promise<{ readonly deleted: boolean } | Refusal> =>
  decide<{ readonly deleted: boolean }>(ground, async () => {
    const found = await read<RoomRecord>(ground, "room", id);
    if (found === undefined) {
      return options.allowMissing
        ? { writes: [], result: { deleted: false } }
        : refusal("not-found", `rooms/${id}`);
    }
    if (!owns(ground, asker, found.value.ownerHash)) return notOwner(asker);
    if (options.etag !== undefined && options.etag !== roomOf(found).etag) return refusal("etag-mismatch");
    const servers = await ground.store.scan("server", id, "", 1_000);
    if (servers.records.length > 0 && options.force !== true) return refusal("room-not-empty");
    return {
      writes: [
        { kind: "room", key: id, expects: found.record.version },
        ...servers.records.map(serverRemoval),
      ],
      result: { deleted: true },
    };
  });
