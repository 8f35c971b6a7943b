// SPDX-License-Identifier: MIT
/** What the server says of itself over HTTP. */
import { asyncApi, jsonSchema } from "@signalbox/dialects/native";
import { type Exchange, type Route, say, sayText } from "@signalbox/gateway";
import type { Registry } from "prom-client";

export interface OwnRoutesParts {
  readonly draining: () => boolean;
  /** Is this node cut off from the others? */
  readonly away: () => boolean;
  readonly registry: Registry;
  readonly version: string;
  readonly secure: boolean;
  readonly basePath: string;
  readonly publicUrl?: string;
}

type PublicAddress = Parameters<typeof asyncApi>[0];

/** Documents that any page may read. */
const document = {
  "content-type": "application/json; charset=utf-8",
  "cache-control": "no-cache",
  "access-control-allow-origin": "*",
};

export const ownRoutes = (parts: OwnRoutesParts): readonly Route[] => {
  const schema = JSON.stringify(jsonSchema());
  return [
    {
      name: "healthz",
      methods: ["GET"],
      path: "/healthz",
      handle: ({ response }) => sayText(response, 200, "ok"),
    },
    {
      name: "readyz",
      methods: ["GET"],
      path: "/readyz",
      handle: ({ response }) =>
        parts.draining()
          ? sayText(response, 503, "draining")
          : parts.away()
            ? sayText(response, 503, "cut off from Redis")
            : sayText(response, 200, "ready"),
    },
    {
      name: "metrics",
      methods: ["GET"],
      path: "/metrics",
      handle: async ({ response }) => {
        const body = await parts.registry.metrics();
        say(response, 200, { "content-type": parts.registry.contentType, "cache-control": "no-store" }, body);
      },
    },
    {
      name: "asyncapi",
      methods: ["GET"],
      path: "/asyncapi.json",
      handle: (exchange) =>
        say(
          exchange.response,
          200,
          document,
          JSON.stringify(asyncApi(publicAddress(exchange, parts), parts.version)),
        ),
    },
    {
      name: "schema",
      methods: ["GET"],
      path: "/schema.json",
      handle: ({ response }) => say(response, 200, document, schema),
    },
  ];
};

const hostOf = (authority: string | readonly string[] | undefined): string =>
  typeof authority === "string" ? authority : "localhost";

/** Where the asker can connect: as the operator says, else as it came here itself. */
const publicAddress = (
  { request }: Exchange,
  { publicUrl, secure, basePath }: OwnRoutesParts,
): PublicAddress => {
  if (publicUrl !== undefined) {
    const { protocol, host, pathname } = new URL(publicUrl);
    return { protocol: protocol === "https:" ? "wss" : "ws", host, pathname: pathname.replace(/\/?$/, "/") };
  }
  // HTTP/2 has it under a name of its own (RFC 9113, 8.3.1).
  const host = request.headers.host ?? hostOf(request.headers[":authority"]);
  return { protocol: secure ? "wss" : "ws", host, pathname: `${basePath}/` };
};
