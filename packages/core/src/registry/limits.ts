// SPDX-License-Identifier: MIT
import { defaultLimits, type Limits } from "../limits.ts";

/** Bounds of the registry: rows of the one table of limits. */
export type RegistryLimits = Pick<
  Limits,
  | "roomsKept"
  | "serversPerRoom"
  | "servicesPerServer"
  | "knocksPerService"
  | "knocksPerKnocker"
  | "knocksPerAddress"
  | "sdpBytes"
  | "attributesBytes"
  | "displayNameChars"
  | "serverTtlMs"
  | "serverTtlMaxMs"
  | "knockTtlMs"
  | "knockTtlMaxMs"
  | "waitMaxMs"
  | "pageSize"
  | "pageSizeMax"
  | "requestsKeptMs"
>;

export const defaultRegistryLimits: RegistryLimits = defaultLimits;
