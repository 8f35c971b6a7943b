// SPDX-License-Identifier: MIT
import {
  clone,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  type Message,
  type Registry,
  toJson,
} from "@bufbuild/protobuf";
import { type Any, AnySchema } from "@bufbuild/protobuf/wkt";

/**
 * A message as JSON. Fields that only a schema we do not have could name (typed details of strangers) are shown as
 * `{"@type": URL, "value": base64}`: one unknown type must not make a whole list unreadable.
 */
export const jsonOf = (desc: DescMessage, message: Message, registry: Registry | undefined): JsonValue => {
  const options = registry === undefined ? {} : { registry };
  try {
    return toJson(desc, message, options);
  } catch {
    return withOpaqueDetails(desc, message, options);
  }
};

type Open = Message & { [name: string]: unknown };

const withOpaqueDetails = (
  desc: DescMessage,
  message: Message,
  options: { readonly registry?: Registry },
): JsonValue => {
  const bare = clone(desc, message) as Open;
  const kept: { [name: string]: JsonValue } = {};
  for (const field of desc.fields) {
    if (field.message === undefined || field.fieldKind === "map") continue;
    const value = bare[field.localName];
    const inner = field.message;
    const isAny = inner.typeName === "google.protobuf.Any";
    if (field.fieldKind === "list" && Array.isArray(value) && value.length > 0) {
      kept[field.jsonName] = value.map((item: Message) =>
        isAny ? anyJson(item as Any, options) : jsonOf(inner, item, options.registry),
      );
      bare[field.localName] = [];
    } else if (
      field.fieldKind === "message" &&
      field.oneof === undefined &&
      value !== undefined &&
      !Array.isArray(value)
    ) {
      if (inner.typeName.startsWith("google.protobuf.")) continue;
      kept[field.jsonName] = jsonOf(inner, value as Message, options.registry);
      bare[field.localName] = undefined;
    }
  }
  const rest = toJson(desc, bare, options);
  const object: JsonObject = typeof rest === "object" && rest !== null && !Array.isArray(rest) ? rest : {};
  return { ...object, ...kept };
};

const anyJson = (any: Any, options: { readonly registry?: Registry }): JsonValue => {
  const known = options.registry?.getMessage(any.typeUrl.split("/").at(-1) ?? "");
  return known === undefined
    ? { "@type": any.typeUrl, value: Buffer.from(any.value).toString("base64") }
    : toJson(AnySchema, any, options);
};
