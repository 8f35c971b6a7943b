// SPDX-License-Identifier: MIT
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary, type Registry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import type { IceServers } from "@signalbox/core";
import type { Abort, RegistryGround } from "@signalbox/core/registry";
import { type Known, knownCall, registerRpc, seedTypeName } from "./connect.ts";
import { idempotent } from "./idempotency.ts";
import { createMethods } from "./methods.ts";
import { openApi } from "./open-api.ts";
import { reporting } from "./report.ts";
import { handleRest, type Request, type Response, refuseRest, sendPreflight } from "./rest.ts";

export interface PeerNetOptions {
  readonly registry: RegistryGround;
  /** ICE servers for whoever registers or knocks. */
  readonly ice: () => IceServers;
  /** Path in front of all routes. Default: none. */
  readonly basePath?: string;
  /** Descriptor set (`buf build -o types.binpb`) of private extensions and details, so that JSON peers can read them. */
  readonly types?: Uint8Array;
  /** Largest request body. Bytes. Default 256 KiB: a server with all its services, or a dozen answers. */
  readonly bodyBytesMax?: number;
  /** Once aborted, whoever waits is answered with how things stand, and streams end. Default: never. */
  readonly ending?: Abort;
  /** Pages of these origins may read the answers. Default: pages of any. */
  readonly origins?: readonly string[];
  /** A method failed, which is a bug or a broken disk; the asker has been told that something went wrong. */
  readonly failed: (error: unknown) => void;
}

export interface PeerNet {
  /**
   * Answers a request below the base path that belongs to the API, whatever wire it speaks; false where it does not.
   * What is known of it beforehand: a refusal, which is told in the words of its wire; whom it is counted for.
   */
  handle(
    request: Request,
    response: Response,
    path: string,
    query: URLSearchParams,
    known?: Known,
  ): Promise<boolean>;
}

/** A file of this package: beside src and dist alike. */
const schemaFile = (name: string): Buffer => readFileSync(new URL(`../${name}`, import.meta.url));

/** What a page of another origin may read of an answer, whichever wire it speaks. */
const exposed =
  "ETag, Location, Retry-After, WWW-Authenticate, Grpc-Status, Grpc-Message, Grpc-Status-Details-Bin";

/** PeerNet on a registry: REST, Connect, gRPC, gRPC-Web, and its own description. */
export const peerNet = (options: PeerNetOptions): PeerNet => {
  const { registry: ground, ice, basePath = "", bodyBytesMax = 256 * 1024 } = options;
  const types: Registry | undefined =
    options.types === undefined
      ? undefined
      : createFileRegistry(fromBinary(FileDescriptorSetSchema, options.types));
  const methods = reporting(
    idempotent(createMethods({ registry: ground, ice, failed: options.failed }), ground, ice),
    options.failed,
  );
  const knownOf = new WeakMap<object, Known>();
  const rpc = connectNodeAdapter({
    routes: registerRpc(methods, options.ending),
    contextValues: (request) => knownCall(knownOf.get(request)),
    requestPathPrefix: basePath,
    readMaxBytes: bodyBytesMax,
    maxTimeoutMs: 120_000,
    ...(types === undefined ? {} : { jsonOptions: { registry: types } }),
  });
  const descriptor = schemaFile("gen/peernet.binpb");
  const description = JSON.stringify(openApi(descriptor, basePath), null, 2);
  const documents: { readonly [path: string]: readonly [string, () => string | Buffer] } = {
    "/openapi.json": ["application/json", () => description],
    "/peernet.proto": ["text/plain; charset=utf-8", () => schemaFile("proto/peernet/v1/peernet.proto")],
    "/descriptor.binpb": ["application/octet-stream", () => descriptor],
  };
  return {
    async handle(request, response, path, query, known = {}) {
      const { no, address } = known;
      const { origin } = request.headers;
      if (options.origins === undefined) response.setHeader("access-control-allow-origin", "*");
      else {
        response.setHeader("vary", "Origin");
        if (origin !== undefined && options.origins.includes(origin))
          response.setHeader("access-control-allow-origin", origin);
      }
      response.setHeader("access-control-expose-headers", exposed);
      if (path.startsWith("/peernet.v1.PeerNetService/") || path.startsWith(`/${seedTypeName}/`)) {
        if (request.method === "OPTIONS") {
          sendPreflight(response, "GET, POST, OPTIONS");
          return true;
        }
        knownOf.set(request, known);
        rpc(request as Parameters<typeof rpc>[0], response as Parameters<typeof rpc>[1]);
        return true;
      }
      if (no !== undefined && request.method !== "OPTIONS") {
        refuseRest(response, request.method === "HEAD", no);
        return true;
      }
      const document = documents[path];
      if (document !== undefined && (request.method === "GET" || request.method === "HEAD")) {
        const [type, make] = document;
        const body = Buffer.from(make());
        response.setHeader("content-type", type);
        response.setHeader("content-length", body.length);
        response.statusCode = 200;
        if (request.method === "HEAD") response.end();
        else response.end(body);
        return true;
      }
      return handleRest(request, response, path, query, {
        methods,
        bodyBytesMax,
        basePath,
        ...(address === undefined ? {} : { address }),
        ...(options.ending === undefined ? {} : { ending: options.ending }),
        ...(types === undefined ? {} : { registry: types }),
      });
    },
  };
};
