// SPDX-License-Identifier: MIT
/** Resource names (AIP-122), taken apart. */
import { type Refusal, refusal } from "@signalbox/core";
import { isResourceId, type KnockPlace, type KnockQueue } from "@signalbox/core/registry";

const wrong = (name: string, pattern: string): Refusal =>
  refusal("bad-argument", `${JSON.stringify(name.slice(0, 200))} is not a name like ${pattern}.`);

const parts = (name: string, collections: readonly string[]): readonly string[] | undefined => {
  const pieces = name.split("/");
  if (pieces.length !== collections.length * 2) return undefined;
  const ids: string[] = [];
  for (const [index, collection] of collections.entries()) {
    const id = pieces[index * 2 + 1] ?? "";
    if (pieces[index * 2] !== collection || id === "") return undefined;
    ids.push(id);
  }
  return ids;
};

export const roomId = (name: string): string | Refusal => {
  const [room = ""] = parts(name, ["rooms"]) ?? [];
  return isResourceId(room) ? room : wrong(name, "rooms/hall");
};

/** A room may also be given by its bare id, as the original text does. */
export const roomReference = (name: string): string | Refusal =>
  name === "" || isResourceId(name) ? name : roomId(name);

export const serverId = (name: string): string | Refusal => {
  const [server = ""] = parts(name, ["servers"]) ?? [];
  return isResourceId(server) ? server : wrong(name, "servers/cam-1");
};

export const serverReference = (name: string): string | Refusal =>
  name === "" || isResourceId(name) ? name : serverId(name);

export const serviceIds = (name: string): { readonly server: string; readonly service: string } | Refusal => {
  const [server = "", service = ""] = parts(name, ["servers", "services"]) ?? [];
  return isResourceId(server) && isResourceId(service)
    ? { server, service }
    : wrong(name, "servers/cam-1/services/camera");
};

/** Knocks of one service, of all services of a server (`-`), or of a server by its own name. */
export const knockQueue = (parent: string): KnockQueue | Refusal => {
  const whole = parts(parent, ["servers"]);
  const [server = "", service = "-"] = whole ?? parts(parent, ["servers", "services"]) ?? [];
  return isResourceId(server) && (service === "-" || isResourceId(service))
    ? { server, service }
    : wrong(parent, "servers/cam-1/services/-");
};

export const knockPlace = (name: string): KnockPlace | Refusal => {
  const [server = "", service = "", id = ""] = parts(name, ["servers", "services", "knocks"]) ?? [];
  return isResourceId(server) && isResourceId(service) && /^[0-9a-z-]{1,120}$/.test(id)
    ? { server, service, id }
    : wrong(name, "servers/cam-1/services/camera/knocks/0abc-xyz");
};
