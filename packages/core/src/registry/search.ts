// SPDX-License-Identifier: MIT
/** Finding servers by room, protocol and version: the registered ones by name, then live peers as they came. */
import { isRefusal, type Refusal, refusal } from "../refusal.ts";
import { parsed, type RegistryGround, read } from "./ground.ts";
import { type Page, type PageRequest, placeOf, tokenFor } from "./paging.ts";
import type { RoomRecord, ServerRecord } from "./records.ts";
import { matches, readServer, type Server, type ServerFilter, serverOf } from "./servers.ts";

/** Begins the place of a live peer, and of no registered server: ids hold no slash. */
const livePlace = "at/";

const offers = (server: ServerRecord, filter: ServerFilter): boolean =>
  (filter.protocol ?? "") === "" && (filter.version ?? "") === ""
    ? true
    : server.services.some((service) => matches(service, filter));

interface Placed {
  readonly server: Server;
  /** A search that goes on begins after it. */
  readonly place: string;
}

const registered = async function* (
  ground: RegistryGround,
  room: string,
  from: string,
  batch: number,
): AsyncGenerator<Placed> {
  const now = ground.wallNow();
  let after = from;
  for (let more = true; more; ) {
    const page = await ground.store.scan("server", room === "" ? undefined : room, after, batch);
    for (const record of page.records) {
      after = record.key;
      const found = parsed<ServerRecord>(record);
      if (found.value.expiresAt > now) yield { server: serverOf(found), place: after };
    }
    more = page.more;
  }
};

const livePeers = async function* (
  ground: RegistryGround,
  room: string,
  from: number,
  batch: number,
): AsyncGenerator<Placed> {
  if (room === "" || ground.live === undefined) return;
  for (let after: number | undefined = from; after !== undefined; ) {
    const page: Awaited<ReturnType<typeof ground.live.list>> = await ground.live.list(room, after, batch);
    for (const value of page.servers)
      yield { server: serverOf({ value }), place: `${livePlace}${value.live?.order ?? 0}` };
    after = page.next;
  }
};

/** Registered servers and live peers after a place. */
const from = async function* (
  ground: RegistryGround,
  room: string,
  place: string,
  batch: number,
): AsyncGenerator<Placed> {
  const order = place.startsWith(livePlace) ? Number(place.slice(livePlace.length)) : undefined;
  if (order === undefined) yield* registered(ground, room, place, batch);
  yield* livePeers(ground, room, Number.isSafeInteger(order) ? (order ?? 0) : 0, batch);
};

/** Servers that are there now. Those of an unlisted room only for who names it, and so live peers. */
export const listServers = async (
  ground: RegistryGround,
  filter: ServerFilter,
  request: PageRequest,
): Promise<Page<Server> | Refusal> => {
  const { room = "" } = filter;
  const question = `servers ${room} ${filter.protocol ?? ""} ${filter.version ?? ""}`;
  const place = placeOf(ground, request, question);
  if (isRefusal(place)) return place;
  const batch = Math.max(place.size, 100);
  if (room !== "" && (await read<RoomRecord>(ground, "room", room)) === undefined) {
    const anybody = await livePeers(ground, room, 0, batch).next();
    if (anybody.done) return refusal("not-found", `rooms/${room}`);
  }
  const unlisted = new Map<string, boolean>();
  const isListed = async (id: string): Promise<boolean> => {
    if (room !== "" || id === "") return true;
    const known = unlisted.get(id) ?? (await read<RoomRecord>(ground, "room", id))?.value.listed ?? false;
    unlisted.set(id, known);
    return known;
  };
  const items: Server[] = [];
  let last = place.after;
  for await (const { server, place: here } of from(ground, room, place.after, batch)) {
    if (!offers(server.record, filter) || !(await isListed(server.record.room))) continue;
    // One more that would be shown: there is a next page.
    if (items.length === place.size) return { items, nextToken: tokenFor(ground, question, last) };
    items.push(server);
    last = here;
  }
  return { items, nextToken: "" };
};

/** Which service is meant: by name, or by what it must be. */
export type Target =
  | { readonly by: "name"; readonly server: string; readonly service: string }
  | {
      readonly by: "selector";
      readonly room: string;
      readonly protocol: string;
      readonly version: string;
      readonly server: string;
      readonly displayName: string;
    };

/** The one service a target means. */
export const select = async (
  ground: RegistryGround,
  target: Target,
): Promise<{ readonly server: string; readonly service: string } | Refusal> => {
  if (target.by === "name") return target;
  const found: { readonly server: string; readonly service: string }[] = [];
  const look = (server: ServerRecord) => {
    if (target.displayName !== "" && target.displayName !== server.displayName) return;
    for (const service of server.services)
      if (matches(service, target)) found.push({ server: server.id, service: service.id });
  };
  if (target.server !== "") {
    const server = await readServer(ground, target.server);
    if (server !== undefined && (target.room === "" || server.value.room === target.room)) look(server.value);
  } else {
    if (target.room === "") return refusal("bad-argument", "A selector names a room or a server.");
    for await (const { server } of from(ground, target.room, "", 1_000)) {
      look(server.record);
      if (found.length > 1) break;
    }
  }
  const [only, other] = found;
  if (only === undefined) return refusal("not-found", "No service matches the selector.");
  if (other !== undefined) {
    const names = found.slice(0, 10).map(({ server, service }) => `servers/${server}/services/${service}`);
    return refusal("ambiguous-selector", names.join(", "));
  }
  return only;
};
