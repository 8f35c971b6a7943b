// SPDX-License-Identifier: MIT
/** OpenAPI 3.1 of the REST routes, made from the schema and its comments. */
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromBinary,
  getOption,
  hasOption,
  ScalarType,
} from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { FieldBehavior, field_behavior } from "../gen/google/api/field_behavior_pb.js";
import { PeerNetService } from "../gen/peernet/v1/peernet_pb.js";
import { type Route, routes } from "./routes.ts";

type Json = { [key: string]: unknown };

/** Comments of the .proto, by the path of what they belong to. */
const commentsOf = (descriptor: Uint8Array): ReadonlyMap<string, string> => {
  const set = fromBinary(FileDescriptorSetSchema, descriptor);
  const file = set.file.find((one) => one.name === PeerNetService.file.proto.name);
  return new Map(
    (file?.sourceCodeInfo?.location ?? []).map((location) => [
      location.path.join("."),
      text(location.leadingComments, location.trailingComments),
    ]),
  );
};

const text = (leading: string, trailing: string): string =>
  (leading.trim() || trailing.trim())
    .replace(/\s*\n\s*/g, " ")
    .replace(/buf:lint\S*( \S+)?/g, "")
    .trim();

const wellKnown: { readonly [typeName: string]: Json } = {
  "google.protobuf.Timestamp": { type: "string", format: "date-time" },
  "google.protobuf.Duration": { type: "string", pattern: "^-?[0-9]+(\\.[0-9]{1,9})?s$", examples: ["30s"] },
  "google.protobuf.Struct": { type: "object", additionalProperties: true },
  "google.protobuf.FieldMask": { type: "string", examples: ["displayName,version"] },
  "google.protobuf.Any": {
    type: "object",
    properties: { "@type": { type: "string" } },
    required: ["@type"],
    additionalProperties: true,
  },
};

interface Maker {
  readonly comments: ReadonlyMap<string, string>;
  readonly schemas: { [name: string]: Json };
}

const nameOf = (desc: DescMessage | DescEnum): string => desc.typeName.replace(/^peernet\.v1\./, "");

const described = (schema: Json, comment: string | undefined): Json =>
  comment === undefined || comment === "" ? schema : { ...schema, description: comment };

const scalar = (type: ScalarType): Json => {
  switch (type) {
    case ScalarType.BOOL:
      return { type: "boolean" };
    case ScalarType.INT32:
      return { type: "integer", format: "int32" };
    case ScalarType.UINT32:
      return { type: "integer", format: "int64", minimum: 0 };
    case ScalarType.INT64:
      return { type: "string", format: "int64", pattern: "^-?[0-9]+$" };
    default:
      return { type: "string" };
  }
};

const reference = (maker: Maker, desc: DescMessage): Json => {
  const known = wellKnown[desc.typeName];
  if (known !== undefined) return known;
  const name = nameOf(desc);
  if (!(name in maker.schemas)) {
    maker.schemas[name] = {};
    maker.schemas[name] = objectOf(maker, desc);
  }
  return { $ref: `#/components/schemas/${name}` };
};

const fieldSchema = (maker: Maker, field: DescField): Json => {
  switch (field.fieldKind) {
    case "scalar":
      return scalar(field.scalar);
    case "enum":
      return { type: "string", enum: field.enum.values.map((value) => value.name) };
    case "message":
      return reference(maker, field.message);
    case "list":
      return {
        type: "array",
        items:
          field.listKind === "message"
            ? reference(maker, field.message)
            : field.listKind === "scalar"
              ? scalar(field.scalar)
              : { type: "string" },
      };
    case "map":
      return { type: "object" };
  }
};

const objectOf = (maker: Maker, desc: DescMessage): Json => {
  const path = pathOf(desc);
  const properties: Json = {};
  const required: string[] = [];
  for (const field of desc.fields) {
    const behaviors = hasOption(field, field_behavior) ? getOption(field, field_behavior) : [];
    const comment = maker.comments.get(`${path}.2.${desc.fields.indexOf(field)}`);
    const schema = described(fieldSchema(maker, field), comment);
    properties[field.jsonName] = {
      ...schema,
      ...(behaviors.includes(FieldBehavior.OUTPUT_ONLY) ? { readOnly: true } : {}),
      ...(behaviors.includes(FieldBehavior.INPUT_ONLY) ? { writeOnly: true } : {}),
    };
    if (behaviors.includes(FieldBehavior.REQUIRED)) required.push(field.jsonName);
  }
  const extendable = desc.proto.extensionRange.length > 0;
  return described(
    {
      type: "object",
      properties,
      ...(required.length === 0 ? {} : { required }),
      ...(extendable ? { patternProperties: { "^\\[[\\w.]+\\]$": {} } } : {}),
    },
    maker.comments.get(path),
  );
};

const pathOf = (desc: DescMessage): string =>
  desc.parent === undefined
    ? `4.${desc.file.messages.indexOf(desc)}`
    : `${pathOf(desc.parent)}.3.${desc.parent.nestedMessages.indexOf(desc)}`;

/** `/v1/{name=servers/*}:renew` as OpenAPI writes it, with a parameter for each star. */
const openPath = (template: string): { readonly path: string; readonly parameters: readonly string[] } => {
  const parameters: string[] = [];
  const path = template.replace(/\{[^=}]+=([^}]+)\}/g, (_, inner: string) =>
    inner
      .split("/")
      .map((piece, index, pieces) => {
        if (piece !== "*") return piece;
        const name = (pieces[index - 1] ?? "id").replace(/s$/, "");
        parameters.push(name);
        return `{${name}}`;
      })
      .join("/"),
  );
  return { path, parameters };
};

const problems: Json = {
  "400": { $ref: "#/components/responses/Problem" },
  "401": { $ref: "#/components/responses/Problem" },
  "403": { $ref: "#/components/responses/Problem" },
  "404": { $ref: "#/components/responses/Problem" },
  "409": { $ref: "#/components/responses/Problem" },
  "410": { $ref: "#/components/responses/Problem" },
  "412": { $ref: "#/components/responses/Problem" },
  "413": { $ref: "#/components/responses/Problem" },
  "429": { $ref: "#/components/responses/Problem" },
  default: { $ref: "#/components/responses/Problem" },
};

/** Body forms: JSON, and the same message as Protobuf. */
const content = (schema: Json): Json => ({
  "application/json": { schema },
  "application/x-protobuf": { schema: { type: "string", format: "binary" } },
});

const queryFields = (maker: Maker, route: Route): readonly Json[] => {
  if (route.body === "*") return [];
  const inPath = new Set(route.variables.map((name) => name.split(".")[0]));
  return route.rpc.input.fields
    .filter((field) => field.name !== route.body && !inPath.has(field.name))
    .flatMap((field): Json[] => {
      const message =
        field.fieldKind === "message" && wellKnown[field.message.typeName] === undefined
          ? field.message
          : undefined;
      if (message === undefined)
        return [{ name: field.jsonName, in: "query", schema: fieldSchema(maker, field) }];
      return message.fields
        .filter((inner) => inner.fieldKind === "scalar" || inner.fieldKind === "enum")
        .map((inner) => ({
          name: `${field.jsonName}.${inner.jsonName}`,
          in: "query",
          schema: fieldSchema(maker, inner),
        }));
    });
};

const operation = (maker: Maker, route: Route, index: number): Json => {
  const { rpc } = route;
  const comment =
    maker.comments.get(
      `6.0.2.${PeerNetService.methods.findIndex((method) => method.localName === rpc.localName)}`,
    ) ?? "";
  const { parameters } = openPath(route.template);
  const bodyMessage =
    route.body === ""
      ? undefined
      : route.body === "*"
        ? rpc.input
        : rpc.input.fields.find((field) => field.name === route.body)?.message;
  const shown =
    route.responseBody === ""
      ? rpc.output
      : (rpc.output.fields.find((field) => field.name === route.responseBody)?.message ?? rpc.output);
  const schema = reference(maker, shown);
  const streams = rpc.methodKind === "server_streaming";
  const success: Json = streams
    ? {
        "200": {
          description: "Events as they come.",
          content: {
            "text/event-stream": { schema: { type: "string" } },
            "application/x-ndjson": { schema },
          },
        },
      }
    : route.method === "DELETE"
      ? { "204": { description: "Done." } }
      : {
          "200": { description: "Done.", content: content(schema) },
          ...(rpc.localName.startsWith("create")
            ? {
                "201": {
                  description: "Made.",
                  headers: { Location: { schema: { type: "string" } } },
                  content: content(schema),
                },
              }
            : {}),
          ...(rpc.localName === "createKnock"
            ? { "202": { description: "Taken, and waiting for its answer.", content: content(schema) } }
            : {}),
          ...(route.method === "GET" && route.responseBody !== ""
            ? { "304": { description: "Not changed." } }
            : {}),
        };
  return {
    operationId: index === 0 ? rpc.name : `${rpc.name}_${index + 1}`,
    ...(comment === "" ? {} : { summary: comment }),
    tags: ["PeerNet"],
    parameters: [
      ...parameters.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } })),
      ...queryFields(maker, route),
    ],
    ...(bodyMessage === undefined
      ? {}
      : { requestBody: { required: true, content: content(reference(maker, bodyMessage)) } }),
    responses: { ...success, ...problems },
    security: [{}, { owner: [] }],
  };
};

/** The document. `descriptor` is the descriptor set with comments that the build made of the .proto. */
export const openApi = (descriptor: Uint8Array, basePath: string): Json => {
  const maker: Maker = { comments: commentsOf(descriptor), schemas: {} };
  const paths: { [path: string]: Json } = {};
  for (const route of routes) {
    const { path } = openPath(route.template);
    const index = routes.filter((other) => other.rpc === route.rpc).indexOf(route);
    const item = paths[path] ?? {};
    item[route.method.toLowerCase()] = operation(maker, route, index);
    paths[path] = item;
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "PeerNet",
      version: "1.0.0",
      description:
        "Devices say what they offer, clients knock, and the exchange carries one offer and one answer between them.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: basePath === "" ? "/" : basePath }],
    paths,
    components: {
      schemas: {
        ...maker.schemas,
        Problem: {
          type: "object",
          description: "RFC 9457 problem details.",
          properties: {
            type: { type: "string", format: "uri" },
            title: { type: "string" },
            status: { type: "integer" },
            detail: { type: "string" },
            code: { type: "string" },
            reason: { type: "string" },
          },
          required: ["type", "title", "status"],
        },
      },
      responses: {
        Problem: {
          description: "It could not be done.",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
      securitySchemes: {
        owner: {
          type: "http",
          scheme: "bearer",
          description: "The token that owns the room, server or knock.",
        },
      },
    },
  };
};
