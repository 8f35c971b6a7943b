// SPDX-License-Identifier: MIT
/** The REST side: plain HTTP in, the same methods as every other wire, problem details (RFC 9457) where it fails. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import {
  create,
  type DescMessage,
  type JsonValue,
  type Message,
  type Registry,
  toBinary,
} from "@bufbuild/protobuf";
import { type Refusal, refusal } from "@signalbox/core";
import type { Abort } from "@signalbox/core/registry";
import { type CallContext, either } from "./context.ts";
import { problemOf, refusalError } from "./errors.ts";
import { jsonOf } from "./json.ts";
import type { Methods } from "./method.ts";
import { findRoute, type Route } from "./routes.ts";
import { requestMessage } from "./transcode.ts";

export type Request = IncomingMessage | Http2ServerRequest;
export type Response = ServerResponse | Http2ServerResponse;

export interface RestOptions {
  readonly methods: Methods;
  /** Types of private extensions, where the operator gave their descriptors. */
  readonly registry?: Registry;
  /** Largest request body. Bytes. */
  readonly bodyBytesMax: number;
  /** Whom its knocks are counted for. */
  readonly address?: string;
  /** Path in front of all routes, such as `/box`. */
  readonly basePath: string;
  /** Aborted when the server ends. */
  readonly ending?: Abort;
}

const headerOf = (request: Request, name: string): string | undefined => {
  const value = request.headers[name];
  return typeof value === "string" ? value : value?.[0];
};

/** What a browser asks before a page of another origin may call. */
export const sendPreflight = (response: Response, allow: string): void => {
  writeHead(response, 204, {
    allow,
    "access-control-allow-methods": allow,
    "access-control-allow-headers": "*, Authorization",
    "access-control-max-age": "600",
  });
  response.end();
};

export const refuseRest = (response: Response, head: boolean, no: Refusal): void =>
  fail(sender(response, head), refusalError(no));

/** Answers a request whose path is a route of the API; false where it is not. `path` is below the base path. */
export const handleRest = async (
  request: Request,
  response: Response,
  path: string,
  query: URLSearchParams,
  options: RestOptions,
): Promise<boolean> => {
  const method = request.method ?? "GET";
  const found = findRoute(method, path);
  const send = sender(response, method === "HEAD");
  if (found.kind === "none") {
    if (!path.startsWith("/v1/")) return false;
    fail(send, refusalError(refusal("not-found", `${method} ${path.slice(0, 200)}`)));
    return true;
  }
  if (found.kind === "method") {
    const allow = [...found.allowed, "OPTIONS"].join(", ");
    if (method === "OPTIONS") sendPreflight(response, allow);
    else
      sendProblem(
        send,
        { status: 405, title: "Method not allowed", detail: `${method} is not possible here.` },
        { allow },
      );
    return true;
  }
  const abort = new AbortController();
  const gone = () => abort.abort();
  response.on("close", gone);
  try {
    const context: CallContext = {
      ...(options.address === undefined ? {} : { address: options.address }),
      authorization: headerOf(request, "authorization"),
      idempotencyKey: headerOf(request, "idempotency-key"),
      ifMatch: headerOf(request, "if-match"),
      signal: either(abort.signal, options.ending),
      deadlineMs: undefined,
    };
    const body = await readBody(request, options.bodyBytesMax);
    const message = requestMessage(
      {
        route: found.route,
        values: found.values,
        query,
        body,
        binary: isBinary(headerOf(request, "content-type"), body),
      },
      options.registry,
    );
    await answer(found.route, message, context, { request, response, send, options });
  } catch (error) {
    if (abort.signal.aborted) return true;
    if (response.headersSent) response.end();
    else fail(send, error);
  } finally {
    response.off("close", gone);
  }
  return true;
};

interface Exchange {
  readonly request: Request;
  readonly response: Response;
  readonly send: Send;
  readonly options: RestOptions;
}

const answer = async (
  route: Route,
  message: Message,
  context: CallContext,
  exchange: Exchange,
): Promise<void> => {
  const { rpc } = route;
  const { methods, registry, basePath } = exchange.options;
  if (rpc.methodKind === "server_streaming") return stream(route, message, context, exchange);
  // The schema fixes which method takes which message; the table of methods is typed against it.
  const run = methods[rpc.localName as keyof Methods] as unknown as (
    request: Message,
    context: CallContext,
  ) => Promise<{ message: Message; created?: boolean; pending?: boolean; name?: string; etag?: string }>;
  const wants = accepts(headerOf(exchange.request, "accept"));
  if (wants === "none" && route.method !== "DELETE")
    throw refusalError(refusal("not-acceptable", "It can be had as JSON or Protobuf."));
  const reply = await run(message, context);
  const [desc, shown] = shownPart(route, create(rpc.output, reply.message));
  const headers: { [name: string]: string } = { "cache-control": "no-store" };
  if (reply.etag !== undefined) headers.etag = reply.etag;
  if (reply.name !== undefined && (reply.created || reply.pending))
    headers.location = `${basePath}/v1/${reply.name}`;
  if (
    route.method === "GET" &&
    reply.etag !== undefined &&
    matches(headerOf(exchange.request, "if-none-match"), reply.etag)
  ) {
    return exchange.send(304, headers);
  }
  if (route.method === "DELETE") return exchange.send(204, headers);
  const status = reply.pending ? 202 : reply.created ? 201 : 200;
  if (wants === "binary")
    return exchange.send(
      status,
      { ...headers, "content-type": "application/x-protobuf" },
      toBinary(desc, shown),
    );
  exchange.send(
    status,
    { ...headers, "content-type": "application/json; charset=utf-8" },
    JSON.stringify(jsonOf(desc, shown, registry)),
  );
};

const shownPart = (route: Route, output: Message): [DescMessage, Message] => {
  const field =
    route.responseBody === ""
      ? undefined
      : route.rpc.output.fields.find((one) => one.name === route.responseBody);
  const inner =
    field?.message === undefined
      ? undefined
      : (output as Message & { [name: string]: unknown })[field.localName];
  return field?.message !== undefined && inner !== undefined
    ? [field.message, inner as Message]
    : [route.rpc.output, output];
};

const stream = async (
  route: Route,
  message: Message,
  context: CallContext,
  { request, response, options }: Exchange,
): Promise<void> => {
  const lines = headerOf(request, "accept")?.includes("application/x-ndjson") === true;
  const resumed = headerOf(request, "last-event-id");
  const given = message as Message & { cursor?: string };
  if (resumed !== undefined && given.cursor === "") given.cursor = resumed;
  const run = options.methods[route.rpc.localName as "watchKnocks"] as unknown as (
    request: Message,
    context: CallContext,
  ) => AsyncIterable<Message & { event?: { case?: string }; cursor?: string }>;
  const events = run(message, context)[Symbol.asyncIterator]();
  // Each stream begins with how things stand, so what is refused is refused with a status.
  let next = await events.next();
  writeHead(response, 200, {
    "cache-control": "no-store",
    "content-type": lines ? "application/x-ndjson" : "text/event-stream",
    "x-accel-buffering": "no",
  });
  if (request.method === "HEAD") {
    await events.return?.();
    response.end();
    return;
  }
  // Who reads slowly is told slowly: what comes meanwhile waits in the registry, which is bounded.
  const write = async (text: string): Promise<void> => {
    if ((response as ServerResponse).write(text) || response.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        response.off("drain", done);
        response.off("close", done);
        resolve();
      };
      response.on("drain", done);
      response.on("close", done);
    });
  };
  if (!lines) await write(": open\n\n");
  for (;;) {
    const { value, done } = next;
    if (done || context.signal.aborted) break;
    const out = create(route.rpc.output, value);
    const json: JsonValue = jsonOf(route.rpc.output, out, options.registry);
    const { event, cursor } = value;
    if (lines) await write(`${JSON.stringify(json)}\n`);
    else if (event?.case === "heartbeat") await write(": alive\n\n");
    else await write(`${cursor === undefined ? "" : `id: ${cursor}\n`}data: ${JSON.stringify(json)}\n\n`);
    next = await events.next();
  }
  response.end();
};

/** The two kinds of response differ in what else they could take; this much is the same. */
const writeHead = (
  response: Response,
  status: number,
  headers: { readonly [name: string]: string },
): void => {
  (response as ServerResponse).writeHead(status, headers);
};

type Send = (
  status: number,
  headers: { readonly [name: string]: string },
  body?: string | Uint8Array,
) => void;

const sender =
  (response: Response, head: boolean): Send =>
  (status, headers, body) => {
    const bytes =
      body === undefined ? undefined : typeof body === "string" ? Buffer.from(body) : Buffer.from(body);
    const length = bytes === undefined ? {} : { "content-length": String(bytes.length) };
    writeHead(response, status, { ...headers, ...length });
    // A HEAD is answered as its GET would be, without the body.
    if (head || bytes === undefined) response.end();
    else response.end(bytes);
  };

const sendProblem = (
  send: Send,
  problem: { readonly status: number; readonly title: string; readonly detail: string },
  headers: { readonly [name: string]: string } = {},
): void =>
  send(
    problem.status,
    { ...headers, "cache-control": "no-store", "content-type": "application/problem+json" },
    JSON.stringify(problem),
  );

const fail = (send: Send, error: unknown): void => {
  const problem = problemOf(error);
  sendProblem(send, problem, {
    ...(problem.status === 401 ? { "www-authenticate": 'Bearer realm="peernet"' } : {}),
    ...(problem.status === 429 || problem.status === 503 ? { "retry-after": "1" } : {}),
  });
};

const readBody = async (request: Request, max: number): Promise<Uint8Array> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    const piece: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
    bytes += piece.length;
    if (bytes > max) throw refusalError(refusal("too-large", `A request body: at most ${max} bytes.`));
    chunks.push(piece);
  }
  return Buffer.concat(chunks);
};

const binaryTypes = ["application/x-protobuf", "application/protobuf", "application/proto"];

/** Whatever is not said to be Protobuf is read as JSON: simple clients send no content type, or a form's. */
const isBinary = (type: string | undefined, body: Uint8Array): boolean => {
  const bare = type?.split(";")[0]?.trim().toLowerCase();
  if (bare === undefined || body.length === 0) return false;
  if (binaryTypes.includes(bare)) return true;
  if (
    ["application/json", "text/json", "text/plain", "application/x-www-form-urlencoded"].includes(bare) ||
    bare.endsWith("+json")
  )
    return false;
  throw refusalError(
    refusal("media-unsupported", `${bare}: send application/json or application/x-protobuf.`),
  );
};

const accepts = (accept: string | undefined): "json" | "binary" | "none" => {
  if (accept === undefined) return "json";
  const types = accept.split(",").map((part) => part.split(";")[0]?.trim().toLowerCase() ?? "");
  const first = types.find(
    (type) =>
      binaryTypes.includes(type) ||
      ["application/json", "application/*", "*/*", "text/html"].includes(type) ||
      type.endsWith("+json"),
  );
  if (first === undefined) return "none";
  return binaryTypes.includes(first) ? "binary" : "json";
};

const matches = (given: string | undefined, etag: string): boolean =>
  (given ?? "")
    .split(",")
    .some((one) => one.trim() === etag || one.trim() === "*" || one.trim() === `W/${etag}`);
