// SPDX-License-Identifier: MIT
/** Servers: registered with their services in one step, kept alive by leases, found by room, protocol and version. */
import type { Millis } from "../ports.ts";
import { isRefusal, type Refusal, refusal } from "../refusal.ts";
import { attendedUntil } from "./attendance.ts";
import {
  type Asker,
  type Decision,
  decide,
  notOwner,
  owns,
  type Read,
  type RegistryGround,
  read,
} from "./ground.ts";
import { isLiveId, isResourceId, livePrefix } from "./names.ts";
import type { RoomRecord, ServerRecord, ServiceRecord } from "./records.ts";
import { type DeleteOptions, newRoom, type RoomSpec, roomWrite } from "./rooms.ts";
import { serverRemoval, serverWrite } from "./server-writes.ts";
import { newServices, type ServiceSpec } from "./services.ts";
import type { Write } from "./store.ts";
import { satisfies } from "./versions.ts";

export interface Server {
  readonly record: ServerRecord;
  readonly etag: string;
}

export interface ServerSpec {
  readonly id?: string;
  /** Id of its room; empty: in none. */
  readonly room?: string;
  readonly displayName?: string;
  readonly identity?: string;
  readonly services?: readonly ServiceSpec[];
  readonly ttlMs?: Millis;
  /** How long its knocks are going to be waited for, here. */
  readonly waitMs?: Millis;
}

export const serverOf = ({ value }: Pick<Read<ServerRecord>, "value">): Server => ({
  record: value,
  // Leases and knocks change the record, not what others see of it.
  etag: `"v${value.edition}-${value.createdAt.toString(36)}"`,
});

/** A server whose lease is over is not there, whether or not anybody has removed it. A live peer is read, and owned by nobody. */
export const readServer = async (
  ground: RegistryGround,
  id: string,
): Promise<Read<ServerRecord> | undefined> => {
  if (isLiveId(id)) {
    const live = await ground.live?.find(id);
    return live === undefined ? undefined : { value: live, record: emptyRecord };
  }
  const found = await read<ServerRecord>(ground, "server", id);
  return found === undefined || found.value.expiresAt <= ground.wallNow() ? undefined : found;
};

const missing = (id: string): Refusal => refusal("not-found", `servers/${id}`);

const leaseMs = (ground: RegistryGround, wanted: Millis | undefined, before: Millis | undefined): Millis => {
  const { serverTtlMs, serverTtlMaxMs } = ground.limits;
  const asked = wanted === undefined || wanted <= 0 ? (before ?? serverTtlMs) : wanted;
  return Math.min(Math.max(asked, 1_000), serverTtlMaxMs);
};

export interface CreatedServer {
  readonly server: Server;
  readonly created: boolean;
}

/**
 * Registers a server with its services, and its room where that is given inline and missing. The same owner's same
 * server again is a renewal and takes what is said anew; another owner's is refused.
 * @param along what is to be written with a new one, or not at all
 */
export const createServer = async (
  ground: RegistryGround,
  spec: ServerSpec,
  inlineRoom: RoomSpec | undefined,
  ownerHash: string,
  validateOnly = false,
  along: (id: string) => readonly Write[] = () => [],
): Promise<CreatedServer | Refusal> => {
  const { limits } = ground;
  const id = spec.id === undefined || spec.id === "" ? ground.mintId() : spec.id;
  if (!isResourceId(id))
    return refusal(
      "bad-name",
      `A server id is lower-case letters, digits and hyphens, not ${JSON.stringify(id.slice(0, 80))}.`,
    );
  if (isLiveId(id))
    return refusal("bad-name", `Ids that begin with ${livePrefix} are those of peers in rooms.`);
  if ((spec.displayName ?? "").length > limits.displayNameChars)
    return refusal("too-large", "display_name is too long.");
  if ((spec.identity ?? "").length > limits.displayNameChars)
    return refusal("too-large", "identity is too long.");
  const wantedRoom = spec.room ?? "";
  const room = wantedRoom === "" ? (inlineRoom?.id ?? "") : wantedRoom;
  return decide(ground, async (): Promise<Decision<CreatedServer> | Refusal> => {
    const now = ground.wallNow();
    const writes: Write[] = [];
    const roomWrites = await writesForRoom(ground, room, inlineRoom, ownerHash);
    if (isRefusal(roomWrites)) return roomWrites;
    writes.push(...roomWrites);
    const stored = await read<ServerRecord>(ground, "server", id);
    const alive = stored !== undefined && stored.value.expiresAt > now;
    if (alive && !ground.equal(stored.value.ownerHash, ownerHash)) return refusal("exists", `servers/${id}`);
    const before = alive ? stored.value : undefined;
    const services =
      spec.services === undefined
        ? (before?.services ?? [])
        : newServices(spec.services, limits, now, before?.services ?? []);
    if (isRefusal(services)) return services;
    const ttlMs = leaseMs(ground, spec.ttlMs, before?.ttlMs);
    const base: ServerRecord = {
      id,
      room,
      displayName: spec.displayName ?? before?.displayName ?? "",
      identity: spec.identity ?? before?.identity ?? "",
      services,
      ownerHash,
      createdAt: before?.createdAt ?? now,
      ttlMs,
      expiresAt: now + ttlMs,
      edition: before?.edition ?? 0,
      ...attendedUntil(ground, before, now, now + (spec.waitMs ?? 0)),
    };
    const changed = before === undefined || !sameToOthers(before, base);
    const record = changed ? { ...base, edition: base.edition + 1 } : base;
    if (before === undefined && (await ground.store.count("server", room)) >= limits.serversPerRoom) {
      return refusal("registry-full", `At most ${limits.serversPerRoom} servers in one room.`);
    }
    if (!validateOnly) writes.push(serverWrite(record, before, stored?.record.version ?? 0));
    if (before === undefined && !validateOnly) writes.push(...along(id));
    const server = { record, etag: serverOf({ value: record }).etag };
    return { writes: validateOnly ? [] : writes, result: { server, created: before === undefined } };
  });
};

const emptyRecord = { kind: "server", key: "", group: "", value: "", version: 0 } as const;

const sameToOthers = (a: ServerRecord, b: ServerRecord): boolean =>
  a.room === b.room &&
  a.displayName === b.displayName &&
  a.identity === b.identity &&
  JSON.stringify(a.services) === JSON.stringify(b.services);

const writesForRoom = async (
  ground: RegistryGround,
  room: string,
  inline: RoomSpec | undefined,
  ownerHash: string,
): Promise<readonly Write[] | Refusal> => {
  if (room === "") return [];
  if ((await read<RoomRecord>(ground, "room", room)) !== undefined) return [];
  if (inline === undefined) return refusal("not-found", `rooms/${room}`);
  const made = newRoom(ground, { ...inline, id: room }, ownerHash);
  return isRefusal(made) ? made : [roomWrite(made, 0)];
};

export const getServer = async (ground: RegistryGround, id: string): Promise<Server | Refusal> => {
  const found = await readServer(ground, id);
  return found === undefined ? missing(id) : serverOf(found);
};

/** Changes a server one owns. `change` gets what is there. */
export const changeServer = async <Result extends object>(
  ground: RegistryGround,
  id: string,
  asker: Asker,
  change: (
    server: ServerRecord,
    now: Millis,
  ) =>
    | { readonly server: ServerRecord; readonly result: Result; readonly along?: readonly Write[] }
    | Refusal,
): Promise<Result | Refusal> =>
  decide(ground, async () => {
    const found = await readServer(ground, id);
    if (found === undefined) return missing(id);
    if (!owns(ground, asker, found.value.ownerHash)) return notOwner(asker);
    const changed = change(found.value, ground.wallNow());
    if (isRefusal(changed)) return changed;
    const writes = [serverWrite(changed.server, found.value, found.record.version), ...(changed.along ?? [])];
    return { writes, result: changed.result };
  });

export interface ServerChange {
  readonly displayName?: string;
  readonly identity?: string;
  readonly ttlMs?: Millis;
  readonly services?: readonly ServiceSpec[];
  readonly etag?: string;
}

export const updateServer = async (
  ground: RegistryGround,
  id: string,
  asker: Asker,
  change: ServerChange,
): Promise<Server | Refusal> => {
  const done = await changeServer(ground, id, asker, (server, now) => {
    if (change.etag !== undefined && change.etag !== serverOf({ value: server }).etag)
      return refusal("etag-mismatch");
    const services =
      change.services === undefined
        ? server.services
        : newServices(change.services, ground.limits, now, server.services);
    if (isRefusal(services)) return services;
    if ((change.displayName ?? "").length > ground.limits.displayNameChars)
      return refusal("too-large", "display_name is too long.");
    const ttlMs = leaseMs(ground, change.ttlMs, server.ttlMs);
    const next = {
      ...server,
      displayName: change.displayName ?? server.displayName,
      identity: change.identity ?? server.identity,
      services,
      ttlMs,
      expiresAt: now + ttlMs,
      edition: server.edition + 1,
    };
    return { server: next, result: {} };
  });
  return isRefusal(done) ? done : getServer(ground, id);
};

/**
 * Keeps a server alive. Its answer says until when.
 * @param waitMs how long its knocks are going to be waited for, here
 */
export const renewServer = async (
  ground: RegistryGround,
  id: string,
  asker: Asker,
  ttl?: Millis,
  waitMs: Millis = 0,
): Promise<{ readonly expiresAt: Millis } | Refusal> =>
  changeServer(ground, id, asker, (server, now) => {
    const ttlMs = leaseMs(ground, ttl, server.ttlMs);
    const expiresAt = now + ttlMs;
    const { attended: _, ...rest } = server;
    const marks = attendedUntil(ground, server, now, now + waitMs);
    return { server: { ...rest, ttlMs, expiresAt, ...marks }, result: { expiresAt } };
  });

export const deleteServer = async (
  ground: RegistryGround,
  id: string,
  asker: Asker,
  options: DeleteOptions,
): Promise<{ readonly deleted: boolean } | Refusal> =>
  decide<{ readonly deleted: boolean }>(ground, async () => {
    const found = await readServer(ground, id);
    if (found === undefined)
      return options.allowMissing ? { writes: [], result: { deleted: false } } : missing(id);
    if (!owns(ground, asker, found.value.ownerHash)) return notOwner(asker);
    if (options.etag !== undefined && options.etag !== serverOf(found).etag) return refusal("etag-mismatch");
    return {
      writes: [serverRemoval(found.record)],
      result: { deleted: true },
    };
  });

export interface ServerFilter {
  /** Empty: servers of listed rooms, and those in no room. */
  readonly room?: string;
  readonly protocol?: string;
  readonly version?: string;
}

export const matches = (service: ServiceRecord, filter: ServerFilter): boolean =>
  ((filter.protocol ?? "") === "" || service.protocol === filter.protocol) &&
  satisfies(service.version, filter.version ?? "");
