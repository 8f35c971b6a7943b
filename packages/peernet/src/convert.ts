// SPDX-License-Identifier: MIT
/** Records of the registry as messages of the API, and back. */
import { create, fromBinary, type JsonObject, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { type Duration, type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import type { IceServers } from "@signalbox/core";
import {
  type CandidateRecord,
  type KnockRecord,
  type KnockState,
  knockName,
  type Room,
  type Server,
  type Service,
  type ServiceSpec,
} from "@signalbox/core/registry";
import {
  type IceCandidate,
  type IceServerSchema,
  Knock_State,
  type KnockSchema,
  type RoomSchema,
  type ServerSchema,
  type Service as ServiceMessage,
  ServiceSchema,
  Visibility,
} from "../gen/peernet/v1/peernet_pb.js";

export const millis = (duration: Duration | undefined): number =>
  duration === undefined ? 0 : Number(duration.seconds) * 1000 + Math.floor(duration.nanos / 1_000_000);

const time = (ms: number): Timestamp => timestampFromMs(ms);

export const roomMessage = ({ record, etag }: Room): MessageInitShape<typeof RoomSchema> => ({
  uniqueId: record.id,
  displayName: record.displayName,
  name: `rooms/${record.id}`,
  visibility: record.listed ? Visibility.LISTED : Visibility.UNLISTED,
  createTime: time(record.createdAt),
  etag,
});

/** What only binary peers can say of a service: typed details and the fields of private extensions, whoever knows them. */
const binaryPart = (message: ServiceMessage): string => {
  const rest = create(ServiceSchema, { details: message.details });
  if (message.$unknown !== undefined) rest.$unknown = message.$unknown;
  const bytes = toBinary(ServiceSchema, rest);
  return bytes.length === 0 ? "" : Buffer.from(bytes).toString("base64");
};

export const serviceSpec = (message: ServiceMessage): ServiceSpec => ({
  id: message.uniqueId,
  protocol: message.protocol,
  version: message.version,
  displayName: message.displayName,
  attributes: { ...message.attributes },
  binary: binaryPart(message),
  maxPendingKnocks: message.maxPendingKnocks,
});

export const serviceMessage = ({ server, record, etag }: Service): ServiceMessage => {
  const message =
    record.binary === ""
      ? create(ServiceSchema)
      : fromBinary(ServiceSchema, Buffer.from(record.binary, "base64"));
  message.uniqueId = record.id;
  message.protocol = record.protocol;
  message.version = record.version;
  message.displayName = record.displayName;
  message.name = `servers/${server}/services/${record.id}`;
  // Since when a live peer offers it is not known.
  if (record.createdAt > 0) {
    message.createTime = time(record.createdAt);
    message.updateTime = time(record.updatedAt);
  }
  message.etag = etag;
  message.maxPendingKnocks = record.maxPendingKnocks;
  // The registry took them from a Struct and keeps JSON.
  if (Object.keys(record.attributes).length > 0) message.attributes = record.attributes as JsonObject;
  return message;
};

export const serverMessage = (
  { record, etag }: Server,
  services: readonly Service[],
  online: boolean,
): MessageInitShape<typeof ServerSchema> => ({
  uniqueId: record.id,
  room: record.room === "" ? "" : `rooms/${record.room}`,
  displayName: record.displayName,
  name: `servers/${record.id}`,
  services: services.map(serviceMessage),
  ...(record.live === undefined
    ? { createTime: time(record.createdAt), expireTime: time(record.expiresAt), online }
    : { peer: record.live.peer, peerProtocol: record.live.protocol, online: true }),
  etag,
  identity: record.identity,
});

const states: { readonly [state in KnockState]: Knock_State } = {
  pending: Knock_State.PENDING,
  delivered: Knock_State.DELIVERED,
  answered: Knock_State.ANSWERED,
  rejected: Knock_State.REJECTED,
  expired: Knock_State.EXPIRED,
  cancelled: Knock_State.CANCELLED,
};

export const candidateRecord = (message: IceCandidate): CandidateRecord => ({
  candidate: message.candidate,
  ...(message.sdpMid === "" ? {} : { sdpMid: message.sdpMid }),
  // Number 0 is also what is read where nothing was said; then the other name counts.
  sdpMLineIndex: message.sdpMLineIndex === 0 ? message.sdpLineIndex : message.sdpMLineIndex,
  ...(message.usernameFragment === "" ? {} : { usernameFragment: message.usernameFragment }),
});

export const knockMessage = (knock: KnockRecord): MessageInitShape<typeof KnockSchema> => ({
  name: knockName(knock),
  iceCandidates: [...knock.offerCandidates],
  offer: knock.offer,
  ...(knock.answer === undefined ? {} : { answer: knock.answer }),
  answerIceCandidates: [...knock.answerCandidates],
  offerCandidatesComplete: knock.offerComplete,
  answerCandidatesComplete: knock.answerComplete,
  state: states[knock.state],
  generation: BigInt(knock.generation),
  createTime: time(knock.createdAt),
  expireTime: time(knock.expiresAt),
  rejectReason: knock.rejectReason,
  etag: `"k${knock.generation}"`,
  ...(Object.keys(knock.attributes).length === 0 ? {} : { attributes: knock.attributes as JsonObject }),
});

export const iceServerMessages = (ice: IceServers): MessageInitShape<typeof IceServerSchema>[] =>
  ice.servers.map(({ urls, username, credential }) => ({
    urls: [...urls],
    ...(username === undefined ? {} : { username }),
    ...(credential === undefined ? {} : { credential }),
  }));
