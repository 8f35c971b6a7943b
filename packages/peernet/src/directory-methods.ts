// SPDX-License-Identifier: MIT
/** Rooms and servers: registered, found, kept. */
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { refusal } from "@signalbox/core";
import * as registry from "@signalbox/core/registry";
import { type Room as RoomMessage, Visibility } from "../gen/peernet/v1/peernet_pb.js";
import { boundedWait, ownerOf } from "./context.ts";
import {
  iceServerMessages,
  knockMessage,
  millis,
  roomMessage,
  serverMessage,
  serviceSpec,
} from "./convert.ts";
import { refusalError } from "./errors.ts";
import { etagOf, type Methods, type MethodTools, ok } from "./method.ts";
import { roomId, roomReference, serverId } from "./resource-names.ts";

const roomSpec = (message: RoomMessage | undefined): registry.RoomSpec | undefined =>
  message === undefined
    ? undefined
    : {
        id: message.uniqueId,
        displayName: message.displayName,
        listed: message.visibility !== Visibility.UNLISTED,
      };
type DirectoryMethods = Pick<
  Methods,
  | "createRoom"
  | "getRoom"
  | "listRooms"
  | "deleteRoom"
  | "createServer"
  | "getServer"
  | "updateServer"
  | "renewServer"
  | "deleteServer"
  | "listServers"
>;

export const directoryMethods = (tools: MethodTools): DirectoryMethods => {
  const { ground, ice, asker, attending } = tools;
  const serverView = (server: registry.Server) =>
    serverMessage(
      server,
      server.record.services.map((record) => ({
        server: server.record.id,
        record,
        etag: registry.serviceEtag(record),
      })),
      tools.isAttended(server.record),
    );

  return {
    async createRoom(request, context) {
      const owner = ok(ownerOf(ground, context));
      const { room, created } = ok(
        await registry.createRoom(
          ground,
          roomSpec(request.room) ?? {},
          owner.digest,
          (id) => context.remember?.(`rooms/${id}`) ?? [],
        ),
      );
      return {
        message: {
          room: roomMessage(room),
          ...(owner.minted === undefined ? {} : { ownerToken: owner.minted }),
        },
        created,
        name: `rooms/${room.record.id}`,
        etag: room.etag,
      };
    },
    async getRoom(request) {
      const room = ok(await registry.getRoom(ground, ok(roomId(request.name))));
      return { message: { room: roomMessage(room) }, etag: room.etag };
    },
    async listRooms(request) {
      const page = ok(await registry.listRooms(ground, { size: request.pageSize, token: request.pageToken }));
      return { message: { rooms: page.items.map(roomMessage), nextPageToken: page.nextToken } };
    },
    async deleteRoom(request, context) {
      const options = {
        ...etagOf(request.etag, context),
        force: request.force,
        allowMissing: request.allowMissing,
      };
      ok(await registry.deleteRoom(ground, ok(roomId(request.name)), asker(context), options));
      return { message: {} };
    },

    async createServer(request, context) {
      const { server } = request;
      if (server === undefined) throw refusalError(refusal("bad-argument", "server is missing."));
      const owner = ok(ownerOf(ground, context));
      const spec: registry.ServerSpec = {
        id: server.uniqueId,
        room: ok(roomReference(server.room)),
        displayName: server.displayName,
        identity: server.identity,
        services: server.services.map(serviceSpec),
        ttlMs: millis(server.ttl),
        waitMs: boundedWait(context, millis(request.wait)),
      };
      const made = ok(
        await registry.createServer(
          ground,
          spec,
          roomSpec(request.room),
          owner.digest,
          request.validateOnly,
          (made) => context.remember?.(`servers/${made}`) ?? [],
        ),
      );
      const { id } = made.server.record;
      const wait = boundedWait(context, millis(request.wait));
      const own = { digest: owner.digest };
      const batch =
        request.wait === undefined || request.validateOnly
          ? undefined
          : await attending(id, context, () =>
              registry.takeKnocks(
                ground,
                { server: id, service: "-" },
                own,
                "",
                ground.limits.pageSize,
                wait,
                context.signal,
              ),
            );
      const knocks = batch === undefined ? undefined : ok(batch);
      return {
        message: {
          server: serverView(made.server),
          iceServers: iceServerMessages(ice()),
          ...(owner.minted === undefined ? {} : { ownerToken: owner.minted }),
          ...(knocks === undefined ? {} : { knocks: knocks.knocks.map(knockMessage), cursor: knocks.cursor }),
        },
        created: made.created,
        name: `servers/${id}`,
        etag: made.server.etag,
      };
    },
    async getServer(request) {
      const server = ok(await registry.getServer(ground, ok(serverId(request.name))));
      return { message: { server: serverView(server) }, etag: server.etag };
    },
    async updateServer(request, context) {
      const { server, updateMask } = request;
      if (server === undefined) throw refusalError(refusal("bad-argument", "server is missing."));
      const paths = updateMask?.paths ?? [];
      const all = paths.includes("*");
      const known = ["display_name", "identity", "services", "ttl"];
      const unknown = paths.find((path) => path !== "*" && !known.includes(path));
      if (unknown !== undefined)
        throw refusalError(refusal("bad-argument", `update_mask: ${unknown} cannot be changed.`));
      const means = (path: string, populated: boolean) =>
        paths.length === 0 ? populated : all || paths.includes(path);
      const changed = ok(
        await registry.updateServer(ground, ok(serverId(server.name)), asker(context), {
          ...(means("display_name", server.displayName !== "") ? { displayName: server.displayName } : {}),
          ...(means("identity", server.identity !== "") ? { identity: server.identity } : {}),
          ...(means("services", server.services.length > 0)
            ? { services: server.services.map(serviceSpec) }
            : {}),
          ...(means("ttl", server.ttl !== undefined) ? { ttlMs: millis(server.ttl) } : {}),
          ...etagOf(server.etag, context),
        }),
      );
      return { message: { server: serverView(changed) }, etag: changed.etag };
    },
    async renewServer(request, context) {
      const ttl = request.ttl === undefined ? undefined : millis(request.ttl);
      const { expiresAt } = ok(
        await registry.renewServer(ground, ok(serverId(request.name)), asker(context), ttl),
      );
      return { message: { expireTime: timestampFromMs(expiresAt) } };
    },
    async deleteServer(request, context) {
      const options = { ...etagOf(request.etag, context), allowMissing: request.allowMissing };
      ok(await registry.deleteServer(ground, ok(serverId(request.name)), asker(context), options));
      return { message: {} };
    },
    async listServers(request) {
      if (request.filter !== "")
        throw refusalError(refusal("bad-argument", "filter is reserved; use protocol, version and room."));
      const filter = {
        room: ok(roomReference(request.room)),
        protocol: request.protocol,
        version: request.version,
      };
      const page = ok(
        await registry.listServers(ground, filter, { size: request.pageSize, token: request.pageToken }),
      );
      return { message: { servers: page.items.map(serverView), nextPageToken: page.nextToken } };
    },
  };
};
