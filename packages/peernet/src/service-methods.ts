// SPDX-License-Identifier: MIT
/** Services: what a server offers, one by one. */
import { create } from "@bufbuild/protobuf";
import { type Refusal, refusal } from "@signalbox/core";
import * as registry from "@signalbox/core/registry";
import { type Service as ServiceMessage, ServiceSchema } from "../gen/peernet/v1/peernet_pb.js";
import { serviceMessage, serviceSpec } from "./convert.ts";
import { refusalError } from "./errors.ts";
import { etagOf, type Methods, type MethodTools, ok } from "./method.ts";
import { serverId, serviceIds } from "./resource-names.ts";

type ServiceMethods = Pick<
  Methods,
  "createService" | "getService" | "listServices" | "updateService" | "deleteService"
>;

export const serviceMethods = ({ ground, asker }: MethodTools): ServiceMethods => ({
  async createService(request, context) {
    if (request.service === undefined) throw refusalError(refusal("bad-argument", "service is missing."));
    const server = ok(serverId(request.parent));
    const service = ok(
      await registry.createService(
        ground,
        server,
        asker(context),
        serviceSpec(request.service),
        (id) => context.remember?.(`servers/${server}/services/${id}`) ?? [],
      ),
    );
    return {
      message: { service: serviceMessage(service) },
      created: true,
      name: `servers/${server}/services/${service.record.id}`,
      etag: service.etag,
    };
  },
  async getService(request) {
    const { server, service } = ok(serviceIds(request.name));
    const found = ok(await registry.getService(ground, server, service));
    return { message: { service: serviceMessage(found) }, etag: found.etag };
  },
  async listServices(request) {
    const page = ok(
      await registry.listServices(ground, ok(serverId(request.parent)), {
        size: request.pageSize,
        token: request.pageToken,
      }),
    );
    return { message: { services: page.items.map(serviceMessage), nextPageToken: page.nextToken } };
  },
  async updateService(request, context) {
    const { service, updateMask } = request;
    if (service === undefined) throw refusalError(refusal("bad-argument", "service is missing."));
    const { server, service: id } = ok(serviceIds(service.name));
    const merge = ok(serviceMerge(service, updateMask?.paths ?? []));
    const options = { ...etagOf(service.etag, context), allowMissing: request.allowMissing };
    const changed = ok(await registry.updateService(ground, server, id, asker(context), options, merge));
    return { message: { service: serviceMessage(changed) }, etag: changed.etag };
  },
  async deleteService(request, context) {
    const { server, service } = ok(serviceIds(request.name));
    const options = { ...etagOf(request.etag, context), allowMissing: request.allowMissing };
    ok(await registry.deleteService(ground, server, service, asker(context), options));
    return { message: {} };
  },
});

/** What an update makes of a service: what the mask names, or without one what is said (AIP-134). */
const serviceMerge = (
  given: ServiceMessage,
  paths: readonly string[],
): ((before: registry.ServiceRecord | undefined) => registry.ServiceSpec) | Refusal => {
  const known = ["protocol", "version", "display_name", "attributes", "details", "max_pending_knocks"];
  const unknown = paths.find((path) => path !== "*" && !known.includes(path));
  if (unknown !== undefined) return refusal("bad-argument", `update_mask: ${unknown} cannot be changed.`);
  const spec = serviceSpec(given);
  const empty = serviceSpec(create(ServiceSchema));
  const all = paths.includes("*");
  const means = (path: string, populated: boolean) =>
    paths.length === 0 ? populated : all || paths.includes(path);
  return (before) => ({
    id: spec.id ?? "",
    protocol:
      means("protocol", spec.protocol !== "") || before === undefined ? spec.protocol : before.protocol,
    version: (means("version", spec.version !== "") ? spec.version : before?.version) ?? "",
    displayName:
      (means("display_name", spec.displayName !== "") ? spec.displayName : before?.displayName) ?? "",
    attributes:
      (means("attributes", given.attributes !== undefined) ? spec.attributes : before?.attributes) ?? {},
    binary: (means("details", spec.binary !== empty.binary) ? spec.binary : before?.binary) ?? "",
    maxPendingKnocks:
      (means("max_pending_knocks", given.maxPendingKnocks !== 0)
        ? given.maxPendingKnocks
        : before?.maxPendingKnocks) ?? 0,
  });
};
