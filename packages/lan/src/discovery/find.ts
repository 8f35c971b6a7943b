// SPDX-License-Identifier: MIT
/** Finding a service: who offers it here, and where nobody does, who offers it by way of a server. One call for both. */
import type { LanGround } from "../exchange.ts";
import { systemGround } from "../system-ground.ts";
import type { AnnouncedService } from "./announcement.ts";
import type { Discovery } from "./discovery.ts";
import type { Neighbour } from "./neighbour.ts";

/** What is looked for. */
export interface Wanted {
  /** Name of the service; in PeerNet's directory its id. */
  readonly service: string;
  readonly protocol?: string;
  /** Public key of the only one that will do. A server knows no such keys, so then it is not asked. */
  readonly key?: string;
}

/** Who of a server's room offers something: the SDK's members have this shape. */
export interface RoomMember {
  readonly id: string;
  readonly services: readonly AnnouncedService[];
}

/** A server's room: the SDK's `Room` is one. */
export interface RoomOfMembers<Member extends RoomMember = RoomMember> {
  /** By id. */
  readonly peers: ReadonlyMap<string, Member>;
}

/** A server of PeerNet's directory, as the SDK's `find` gives it. */
export interface DirectoryServer {
  readonly id: string;
  /** `name`: `servers/ID/services/ID`. */
  readonly services: readonly { readonly name: string; readonly protocol: string }[];
}

export type Found<Member extends RoomMember = RoomMember, Device extends DirectoryServer = DirectoryServer> =
  | { readonly where: "lan"; readonly neighbour: Neighbour; readonly service: AnnouncedService }
  | { readonly where: "room"; readonly member: Member; readonly service: AnnouncedService }
  | { readonly where: "directory"; readonly server: Device; readonly service: Device["services"][number] };

export interface FindOptions<
  Member extends RoomMember = RoomMember,
  Device extends DirectoryServer = DirectoryServer,
> {
  readonly discovery: Pick<Discovery, "neighbours" | "ask" | "watch">;
  /** A room of the server, or what joins one when it is needed. */
  readonly room?: RoomOfMembers<Member> | (() => Promise<RoomOfMembers<Member>>);
  /** Asks PeerNet's directory of the server. What it gives is looked through once more. */
  readonly directory?: (wanted: Wanted) => Promise<readonly Device[]>;
  /** How long answers from the LAN are awaited. Milliseconds. 600: those who are asked answer within 200, and one may be slow. */
  readonly withinMs?: number;
  readonly ground?: Pick<LanGround, "after">;
  readonly signal?: AbortSignal;
}

const fits = (wanted: Wanted, service: AnnouncedService): boolean =>
  service.name === wanted.service && (wanted.protocol === undefined || service.protocol === wanted.protocol);

/**
 * Finds who offers a service. On the LAN first: all that are known there, or the first that answers in time; else all that
 * the server knows, in the room and in the directory; or nobody. Rejects as the server's parts do, and when aborted.
 */
export const findService = async <
  Member extends RoomMember = RoomMember,
  Device extends DirectoryServer = DirectoryServer,
>(
  wanted: Wanted,
  options: FindOptions<Member, Device>,
): Promise<readonly Found<Member, Device>[]> => {
  const { signal, room, directory } = options;
  signal?.throwIfAborted();
  const near = await onTheLan(wanted, options);
  if (near.length > 0) return near;
  signal?.throwIfAborted();
  if (wanted.key !== undefined) return [];
  const [inRoom, inDirectory] = await Promise.all([
    room === undefined ? [] : inTheRoom<Member, Device>(wanted, room),
    directory === undefined ? [] : inTheDirectory<Member, Device>(wanted, directory),
  ]);
  return [...inRoom, ...inDirectory];
};

const inTheRoom = async <Member extends RoomMember, Device extends DirectoryServer>(
  wanted: Wanted,
  given: NonNullable<FindOptions<Member>["room"]>,
): Promise<readonly Found<Member, Device>[]> => {
  const room = typeof given === "function" ? await given() : given;
  return [...room.peers.values()].flatMap((member) =>
    member.services
      .filter((service) => fits(wanted, service))
      .map((service): Found<Member, Device> => ({ where: "room", member, service })),
  );
};

const inTheDirectory = async <Member extends RoomMember, Device extends DirectoryServer>(
  wanted: Wanted,
  directory: NonNullable<FindOptions<Member, Device>["directory"]>,
): Promise<readonly Found<Member, Device>[]> => {
  const servers = await directory(wanted);
  return servers.flatMap((server) =>
    server.services
      .filter(({ name, protocol }) => fits(wanted, { name: name.split("/").at(-1) ?? name, protocol }))
      .map((service): Found<Member, Device> => ({ where: "directory", server, service })),
  );
};

const onTheLan = <Member extends RoomMember, Device extends DirectoryServer>(
  wanted: Wanted,
  { discovery, withinMs = 600, ground = systemGround, signal }: FindOptions<Member, Device>,
): Promise<readonly Found<Member, Device>[]> => {
  const look = (neighbours: readonly Neighbour[]) =>
    neighbours
      .filter(({ key }) => wanted.key === undefined || key === wanted.key)
      .flatMap((neighbour) =>
        neighbour.services
          .filter((service) => fits(wanted, service))
          .map((service): Found<Member, Device> => ({ where: "lan", neighbour, service })),
      );
  const known = look(discovery.neighbours());
  if (known.length > 0) return Promise.resolve(known);
  return new Promise((resolve, reject) => {
    const done = () => {
      cancel();
      stop();
      signal?.removeEventListener("abort", aborted);
    };
    const aborted = () => {
      done();
      reject(signal?.reason);
    };
    const stop = discovery.watch((neighbours) => {
      const found = look(neighbours);
      if (found.length === 0) return;
      done();
      resolve(found);
    });
    const cancel = ground.after(withinMs, () => {
      done();
      resolve([]);
    });
    signal?.addEventListener("abort", aborted);
    discovery.ask();
  });
};
