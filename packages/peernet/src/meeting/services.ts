// SPDX-License-Identifier: MIT
/** Services of the registry as members of a room have them, and the other way round. */
import { type Entry, exceedsBytes, type Limits, type MediaKind, type Service } from "@signalbox/core";
import {
  type Attributes,
  noExpiry,
  type RegistryLimits,
  type ServerRecord,
  type ServiceRecord,
} from "@signalbox/core/registry";
import { liveId, serviceIdOf } from "./live-names.ts";

export const everything: readonly MediaKind[] = ["audio", "video", "application"];

/**
 * What a server can negotiate: the kinds that its services name in their attribute `media`, separated by spaces. Where none
 * names any it is not known, and may be anything.
 */
export const mediaOf = ({ services }: ServerRecord): readonly MediaKind[] => {
  const named = services.flatMap(({ attributes: { media } }) =>
    typeof media === "string" ? media.split(" ") : [],
  );
  const kinds = everything.filter((kind) => named.includes(kind));
  return kinds.length === 0 ? everything : kinds;
};

/** As members have attributes: texts. What is none is written as JSON. */
const texts = (attributes: Attributes): { readonly [name: string]: string } =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );

const serviceOf = ({ id, protocol, version, attributes }: ServiceRecord, whole: boolean): Service => ({
  name: id,
  protocol,
  ...(version === "" ? {} : { version }),
  ...(whole && Object.keys(attributes).length > 0 ? { attributes: texts(attributes) } : {}),
});

/** What the others of its room are told of a server. Where all is too much, attributes are left out, then the last services. */
export const asMember = (
  { services, displayName }: ServerRecord,
  limits: Limits,
): { readonly services: readonly Service[]; readonly displayName?: string } => {
  const fits = (some: readonly Service[]) => !exceedsBytes(JSON.stringify(some), limits.serviceBytes);
  const named = displayName === "" ? {} : { displayName };
  const all = services.slice(0, limits.servicesPerPeer).map((service) => serviceOf(service, true));
  if (fits(all)) return { services: all, ...named };
  let bare = services.slice(0, limits.servicesPerPeer).map((service) => serviceOf(service, false));
  while (!fits(bare)) bare = bare.slice(0, -1);
  return { services: bare, ...named };
};

/** A number that changes with a text: FNV-1a, 32 bits. */
const markOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  return hash;
};

/** A member of a room as a server. Undefined where it has no service, or no name that fits. */
export const asServer = (room: string, entry: Entry, limits: RegistryLimits): ServerRecord | undefined => {
  const id = liveId(room, entry.peer);
  if (id === undefined || !entry.announced) return undefined;
  const services: ServiceRecord[] = [];
  for (const { name, protocol, version = "", attributes = {} } of entry.services) {
    const serviceId = serviceIdOf(name);
    if (serviceId === undefined || services.some((other) => other.id === serviceId)) continue;
    services.push({
      id: serviceId,
      protocol,
      version,
      displayName: serviceId === name ? "" : name,
      attributes,
      binary: "",
      maxPendingKnocks: limits.knocksPerService,
      createdAt: 0,
      updatedAt: 0,
      edition: markOf(JSON.stringify([entry.session, name, protocol, version, attributes])),
    });
  }
  if (services.length === 0) return undefined;
  const displayName = entry.displayName ?? entry.peer;
  return {
    id,
    room,
    displayName,
    identity: "",
    services,
    // Nobody's digest: nobody can change it here.
    ownerHash: "",
    createdAt: 0,
    ttlMs: 0,
    expiresAt: noExpiry,
    edition: markOf(JSON.stringify([displayName, services])),
    live: { peer: entry.peer, protocol: entry.protocol, order: entry.order },
  };
};
