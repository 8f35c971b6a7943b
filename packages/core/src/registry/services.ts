// SPDX-License-Identifier: MIT
/** What a server offers: protocol, version and attributes. Rules only; they live in their server's record. */
import type { Millis } from "../ports.ts";
import { type Refusal, refusal } from "../refusal.ts";
import type { RegistryLimits } from "./limits.ts";
import { isResourceId } from "./names.ts";
import type { Attributes, ServiceRecord } from "./records.ts";
import { isVersion } from "./versions.ts";

export interface ServiceSpec {
  /** Absent: the protocol's name, where that can be an id. */
  readonly id?: string;
  readonly protocol: string;
  readonly version?: string;
  readonly displayName?: string;
  readonly attributes?: Attributes;
  readonly binary?: string;
  readonly maxPendingKnocks?: number;
}

/** "camera", or a reverse host name such as "org.example.thermo". */
const protocolGrammar = /^[a-z0-9]([a-z0-9.-]{0,126}[a-z0-9])?$/;

/** A service as it will be kept, or why it cannot be. */
export const newService = (
  spec: ServiceSpec,
  limits: RegistryLimits,
  now: Millis,
  before?: ServiceRecord,
): ServiceRecord | Refusal => {
  if (!protocolGrammar.test(spec.protocol))
    return refusal("bad-argument", "protocol must be a name such as camera or org.example.thermo.");
  const version = spec.version ?? "";
  if (!isVersion(version)) return refusal("bad-argument", "version must be MAJOR[.MINOR[.PATCH]].");
  const id =
    spec.id === undefined || spec.id === "" ? spec.protocol.replaceAll(".", "-").slice(0, 63) : spec.id;
  if (!isResourceId(id))
    return refusal(
      "bad-name",
      `A service id is lower-case letters, digits and hyphens, not ${JSON.stringify(id.slice(0, 80))}.`,
    );
  const attributes = spec.attributes ?? {};
  const binary = spec.binary ?? "";
  if (JSON.stringify(attributes).length + binary.length > limits.attributesBytes) {
    return refusal(
      "too-large",
      `attributes, details and extensions together: at most ${limits.attributesBytes} bytes.`,
    );
  }
  const displayName = spec.displayName ?? "";
  if (displayName.length > limits.displayNameChars) return refusal("too-large", "display_name is too long.");
  const wanted = spec.maxPendingKnocks ?? 0;
  if (!Number.isInteger(wanted) || wanted < 0)
    return refusal("bad-argument", "max_pending_knocks must not be negative.");
  return {
    id,
    protocol: spec.protocol,
    version,
    displayName,
    attributes,
    binary,
    maxPendingKnocks: wanted === 0 ? limits.knocksPerService : Math.min(wanted, limits.knocksPerService),
    createdAt: before?.createdAt ?? now,
    updatedAt: now,
    edition: (before?.edition ?? 0) + 1,
  };
};

export const serviceEtag = (service: ServiceRecord): string =>
  `"s${service.edition}-${service.createdAt.toString(36)}"`;

/** A server's services with some given anew: what is not said stays, what is said again keeps its age. */
export const newServices = (
  specs: readonly ServiceSpec[],
  limits: RegistryLimits,
  now: Millis,
  before: readonly ServiceRecord[],
): readonly ServiceRecord[] | Refusal => {
  if (specs.length > limits.servicesPerServer)
    return refusal("too-many-services", `At most ${limits.servicesPerServer}.`);
  const services: ServiceRecord[] = [];
  for (const spec of specs) {
    const bare = newService(spec, limits, now);
    if ("code" in bare) return bare;
    const known = before.find((service) => service.id === bare.id);
    const service =
      known === undefined ? bare : { ...bare, createdAt: known.createdAt, edition: known.edition + 1 };
    if (services.some((other) => other.id === service.id))
      return refusal("exists", `Two services are named ${service.id}.`);
    services.push(known !== undefined && sameService(known, service) ? known : service);
  }
  return services;
};

const sameService = (a: ServiceRecord, b: ServiceRecord): boolean =>
  JSON.stringify({ ...a, updatedAt: 0, edition: 0 }) === JSON.stringify({ ...b, updatedAt: 0, edition: 0 });
