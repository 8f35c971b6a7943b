// SPDX-License-Identifier: MIT
/** Finding a service: who offers it here, and where nobody does, who offers it in a room of a server. One call for both. */
import type { LanGround } from "../exchange.ts";
import { systemGround } from "../system-ground.ts";
import type { AnnouncedService } from "./announcement.ts";
import type { Discovery } from "./discovery.ts";
import type { Neighbour } from "./neighbour.ts";

/** What is looked for. */
export interface Wanted {
  /** Name of the service. */
  readonly service: string;
  readonly protocol?: string;
  /** Public key of the only one that will do. A server's rooms know no such keys, so then nobody there is found. */
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

export type Found<Member extends RoomMember = RoomMember> =
  | { readonly where: "lan"; readonly neighbour: Neighbour; readonly service: AnnouncedService }
  | { readonly where: "server"; readonly member: Member; readonly service: AnnouncedService };

export interface FindOptions<Member extends RoomMember = RoomMember> {
  readonly discovery: Pick<Discovery, "neighbours" | "ask" | "watch">;
  /** The server's part: a room, or what joins one when it is needed. */
  readonly room?: RoomOfMembers<Member> | (() => Promise<RoomOfMembers<Member>>);
  /** How long answers from the LAN are awaited. Milliseconds. 600: those who are asked answer within 200, and one may be slow. */
  readonly withinMs?: number;
  readonly ground?: Pick<LanGround, "after">;
  readonly signal?: AbortSignal;
}

const fits = (wanted: Wanted, service: AnnouncedService): boolean =>
  service.name === wanted.service && (wanted.protocol === undefined || service.protocol === wanted.protocol);

/**
 * Finds who offers a service. On the LAN first: all that are known there, or the first that answers in time; else all in
 * the room; or nobody. Rejects as the room does, and when aborted.
 */
export const findService = async <Member extends RoomMember = RoomMember>(
  wanted: Wanted,
  options: FindOptions<Member>,
): Promise<readonly Found<Member>[]> => {
  options.signal?.throwIfAborted();
  const near = await onTheLan(wanted, options);
  if (near.length > 0) return near;
  options.signal?.throwIfAborted();
  if (options.room === undefined || wanted.key !== undefined) return [];
  const room = typeof options.room === "function" ? await options.room() : options.room;
  return [...room.peers.values()].flatMap((member) =>
    member.services
      .filter((service) => fits(wanted, service))
      .map((service): Found<Member> => ({ where: "server", member, service })),
  );
};

const onTheLan = <Member extends RoomMember>(
  wanted: Wanted,
  { discovery, withinMs = 600, ground = systemGround, signal }: FindOptions<Member>,
): Promise<readonly Found<Member>[]> => {
  const look = (neighbours: readonly Neighbour[]) =>
    neighbours
      .filter(({ key }) => wanted.key === undefined || key === wanted.key)
      .flatMap((neighbour) =>
        neighbour.services
          .filter((service) => fits(wanted, service))
          .map((service): Found<Member> => ({ where: "lan", neighbour, service })),
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
