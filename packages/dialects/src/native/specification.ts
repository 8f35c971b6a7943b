// SPDX-License-Identifier: MIT
/** The protocol as documents for machines, made from the same shapes that check its frames. */
import type { JsonSchema } from "./shape.ts";
import { peerFrame, serverFrame, subprotocol } from "./wire.ts";

const titled = (variants: { readonly [name: string]: { readonly schema: JsonSchema } }) =>
  Object.fromEntries(Object.entries(variants).map(([name, shape]) => [name, shape.schema]));

/** JSON Schema 2020-12 of all frames: `#/$defs/peer` is what a peer sends, `#/$defs/server` what it is told. */
export const jsonSchema = (): JsonSchema => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "urn:signalbox:v1",
  title: subprotocol,
  $defs: { peer: peerFrame.schema, server: serverFrame.schema },
  anyOf: [{ $ref: "#/$defs/peer" }, { $ref: "#/$defs/server" }],
});

/** The server as its clients see it. */
export interface PublicAddress {
  readonly protocol: "ws" | "wss";
  /** Host, and port where it is not the protocol's own. */
  readonly host: string;
  /** Path of the native endpoint, base path included. */
  readonly pathname: string;
}

/**
 * AsyncAPI 3.0 of the native endpoint, from the server's point of view: it receives peer frames and sends server frames.
 */
export const asyncApi = (server: PublicAddress, version: string): JsonSchema => {
  const peers = titled(peerFrame.variants);
  const servers = titled(serverFrame.variants);
  const messages = (prefix: string, schemas: { readonly [name: string]: JsonSchema }) =>
    Object.fromEntries(
      Object.entries(schemas).map(([name, schema]) => [
        `${prefix}.${name}`,
        {
          name,
          contentType: "application/json",
          payload: { schemaFormat: "application/schema+json;version=draft-07", schema },
        },
      ]),
    );
  const refs = (prefix: string, schemas: { readonly [name: string]: JsonSchema }) =>
    Object.keys(schemas).map((name) => ({ $ref: `#/channels/box/messages/${prefix}.${name}` }));
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Signalbox native protocol",
      version,
      description:
        "WebRTC signaling with receipts and resume, over WebSocket. docs/native-protocol.md is normative.",
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    servers: { box: { ...server } },
    channels: {
      box: {
        address: server.pathname,
        messages: { ...messages("peer", peers), ...messages("server", servers) },
        bindings: {
          ws: {
            method: "GET",
            query: {
              type: "object",
              properties: { room: { type: "string", description: "Room of a join that names none." } },
            },
            headers: { type: "object", properties: { "Sec-WebSocket-Protocol": { const: subprotocol } } },
          },
        },
      },
    },
    operations: {
      takePeerFrame: {
        action: "receive",
        channel: { $ref: "#/channels/box" },
        messages: refs("peer", peers),
      },
      tellServerFrame: {
        action: "send",
        channel: { $ref: "#/channels/box" },
        messages: refs("server", servers),
      },
    },
  };
};
