// SPDX-License-Identifier: MIT
/** A REST request as a message: path, query and body come together. Unknown fields are refused: a typo is told. */
import {
  create,
  type DescField,
  type DescMessage,
  fromBinary,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  mergeFromJson,
  type Registry,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { refusal } from "@signalbox/core";
import { refusalError } from "./errors.ts";
import type { Route } from "./routes.ts";

export interface RestRequest {
  readonly route: Route;
  readonly values: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
  readonly binary: boolean;
}

const bad = (detail: string) => refusalError(refusal("bad-argument", detail));

export const requestMessage = (
  { route, values, query, body, binary }: RestRequest,
  registry: Registry | undefined,
): Message => {
  const { input } = route.rpc;
  const options = registry === undefined ? {} : { registry };
  const inBody =
    route.body === "" ? undefined : route.body === "*" ? input : fieldOf(input, route.body)?.message;
  const outside = fromOutside(route, values, query);
  if (inBody === undefined || body.length === 0) {
    if (inBody === undefined && body.length > 0) throw bad("This request has no body.");
    return merged(input, create(input), outside, options);
  }
  try {
    if (!binary) {
      const json: JsonValue = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
      if (typeof json !== "object" || json === null || Array.isArray(json))
        throw bad("The body must be a JSON object.");
      const whole = route.body === "*" ? json : { [route.body]: json };
      return merged(input, fromJson(input, whole, options), outside, options);
    }
    const message = fromBinary(inBody, body);
    if (route.body === "*") return merged(input, message, outside, options);
    const request = create(input);
    const field = fieldOf(input, route.body);
    if (field !== undefined) reflect(input, request).set(field, reflect(inBody, message));
    return merged(input, request, outside, options);
  } catch (error) {
    throw error instanceof Error && error.name !== "ConnectError" ? bad(readable(error)) : error;
  }
};

const readable = (error: Error): string =>
  error.message.replace(/^cannot (decode|encode) message /, "").slice(0, 300);

const merged = (
  desc: DescMessage,
  message: Message,
  json: JsonObject,
  options: { readonly registry?: Registry },
): Message => {
  if (Object.keys(json).length === 0) return message;
  try {
    return mergeFromJson(desc, message, json, options);
  } catch (error) {
    throw bad(error instanceof Error ? readable(error) : "A parameter cannot be read.");
  }
};

const fieldOf = (message: DescMessage, name: string): DescField | undefined =>
  message.fields.find((field) => field.name === name || field.jsonName === name);

/** What path and query say, as JSON of the request. Nested fields are written with dots: `room.display_name`. */
const fromOutside = (route: Route, values: readonly string[], query: URLSearchParams): JsonObject => {
  const json: JsonObject = {};
  const { input } = route.rpc;
  const inPath = new Set(route.variables);
  for (const [name, value] of query) {
    const top = name.split(".")[0] ?? "";
    if (inPath.has(name) || route.body === "*" || top === route.body)
      throw bad(`The query cannot set ${name} here.`);
    set(json, input, name, value);
  }
  route.variables.forEach((name, index) => {
    set(json, input, name, values[index] ?? "");
  });
  return json;
};

const set = (json: JsonObject, message: DescMessage, path: string, value: string): void => {
  const [name = "", ...rest] = path.split(".");
  const field = fieldOf(message, name);
  if (field === undefined || field.fieldKind === "map") throw bad(`There is no parameter ${path}.`);
  if (rest.length > 0) {
    if (field.message === undefined || field.fieldKind === "list")
      throw bad(`There is no parameter ${path}.`);
    const inner = json[field.jsonName];
    const object: JsonObject =
      typeof inner === "object" && inner !== null && !Array.isArray(inner) ? inner : {};
    json[field.jsonName] = object;
    return set(object, field.message, rest.join("."), value);
  }
  const boolean = field.fieldKind === "scalar" && field.scalar === 8;
  const read: JsonValue = boolean && (value === "true" || value === "false") ? value === "true" : value;
  if (field.fieldKind === "list") {
    const before = json[field.jsonName];
    json[field.jsonName] = [...(Array.isArray(before) ? before : []), read];
  } else json[field.jsonName] = read;
};
