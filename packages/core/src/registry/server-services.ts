// SPDX-License-Identifier: MIT
/** The services of a server, one by one: parts of its record, each with an etag of its own. */
import { isRefusal, type Refusal, refusal } from "../refusal.ts";
import type { Asker, RegistryGround } from "./ground.ts";
import { type Page, type PageRequest, placeOf, tokenFor } from "./paging.ts";
import type { ServiceRecord } from "./records.ts";
import type { DeleteOptions } from "./rooms.ts";
import { changeServer, getServer } from "./servers.ts";
import { newService, type ServiceSpec, serviceEtag } from "./services.ts";
import type { Write } from "./store.ts";

export interface Service {
  readonly server: string;
  readonly record: ServiceRecord;
  readonly etag: string;
}

const serviceOf = (server: string, record: ServiceRecord): Service => ({
  server,
  record,
  etag: serviceEtag(record),
});
const missingService = (server: string, id: string): Refusal =>
  refusal("not-found", `servers/${server}/services/${id}`);

/** @param along what is to be written with it, or not at all */
export const createService = async (
  ground: RegistryGround,
  server: string,
  asker: Asker,
  spec: ServiceSpec,
  along: (id: string) => readonly Write[] = () => [],
): Promise<Service | Refusal> => {
  const done = await changeServer(ground, server, asker, (record, now) => {
    const service = newService(spec, ground.limits, now);
    if (isRefusal(service)) return service;
    if (record.services.some((other) => other.id === service.id))
      return refusal("exists", `servers/${server}/services/${service.id}`);
    if (record.services.length >= ground.limits.servicesPerServer)
      return refusal("too-many-services", `At most ${ground.limits.servicesPerServer}.`);
    return {
      server: { ...record, services: [...record.services, service], edition: record.edition + 1 },
      result: { service },
      along: along(service.id),
    };
  });
  return isRefusal(done) ? done : serviceOf(server, done.service);
};

export const getService = async (
  ground: RegistryGround,
  server: string,
  id: string,
): Promise<Service | Refusal> => {
  const found = await getServer(ground, server);
  if (isRefusal(found)) return found;
  const service = found.record.services.find((one) => one.id === id);
  return service === undefined ? missingService(server, id) : serviceOf(server, service);
};

export const listServices = async (
  ground: RegistryGround,
  server: string,
  request: PageRequest,
): Promise<Page<Service> | Refusal> => {
  const found = await getServer(ground, server);
  if (isRefusal(found)) return found;
  const question = `services ${server}`;
  const place = placeOf(ground, request, question);
  if (isRefusal(place)) return place;
  const rest = [...found.record.services]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .filter((service) => service.id > place.after);
  const items = rest.slice(0, place.size).map((service) => serviceOf(server, service));
  const last = items.at(-1);
  return {
    items,
    nextToken:
      rest.length > items.length && last !== undefined ? tokenFor(ground, question, last.record.id) : "",
  };
};

/** Replaces a service. `merge` gets what is there and gives what it shall be. */
export const updateService = async (
  ground: RegistryGround,
  server: string,
  id: string,
  asker: Asker,
  options: DeleteOptions,
  merge: (before: ServiceRecord | undefined) => ServiceSpec,
): Promise<Service | Refusal> => {
  const done = await changeServer(ground, server, asker, (record, now) => {
    const before = record.services.find((service) => service.id === id);
    if (before === undefined && options.allowMissing !== true) return missingService(server, id);
    if (before !== undefined && options.etag !== undefined && options.etag !== serviceEtag(before))
      return refusal("etag-mismatch");
    const service = newService({ ...merge(before), id }, ground.limits, now, before);
    if (isRefusal(service)) return service;
    const services =
      before === undefined
        ? [...record.services, service]
        : record.services.map((one) => (one === before ? service : one));
    if (services.length > ground.limits.servicesPerServer)
      return refusal("too-many-services", `At most ${ground.limits.servicesPerServer}.`);
    return { server: { ...record, services, edition: record.edition + 1 }, result: { service } };
  });
  return isRefusal(done) ? done : serviceOf(server, done.service);
};

export const deleteService = async (
  ground: RegistryGround,
  server: string,
  id: string,
  asker: Asker,
  options: DeleteOptions,
): Promise<{ readonly deleted: boolean } | Refusal> =>
  changeServer<{ readonly deleted: boolean }>(ground, server, asker, (record) => {
    const before = record.services.find((service) => service.id === id);
    if (before === undefined)
      return options.allowMissing
        ? { server: record, result: { deleted: false } }
        : missingService(server, id);
    if (options.etag !== undefined && options.etag !== serviceEtag(before)) return refusal("etag-mismatch");
    const services = record.services.filter((service) => service !== before);
    return { server: { ...record, services, edition: record.edition + 1 }, result: { deleted: true } };
  });
