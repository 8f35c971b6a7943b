// SPDX-License-Identifier: MIT
/** The same call over every wire. Each is made the way its own users make it. */
import {
  create,
  type DescMethod,
  fromBinary,
  fromJson,
  type Message,
  toBinary,
  toJson,
} from "@bufbuild/protobuf";
import { createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { createConnectTransport as createBrowserTransport } from "@connectrpc/connect-web";
import { ChannelCredentials, Client, Metadata } from "@grpc/grpc-js";
import { type Route, routes } from "@signalbox/peernet";
import { PeerNetService } from "@signalbox/peernet/schema";

export interface Wire {
  readonly name: string;
  call(method: DescMethod, request: Message, token: string): Promise<Message>;
  /** Messages of a stream until `enough` of them came. */
  watch(method: DescMethod, request: Message, token: string, enough: number): Promise<readonly Message[]>;
  close(): void;
}

export interface Place {
  readonly url: string;
  readonly port: number;
  /** PEM, where the server speaks TLS. */
  readonly ca?: string;
  /** Where there are several servers: each of them. Calls go to one after the other. */
  readonly nodes?: readonly Place[];
}

const bearer = (token: string): { readonly [name: string]: string } =>
  token === "" ? {} : { authorization: `Bearer ${token}` };

type Call = (request: Message, options: object) => unknown;

const overTransport = (name: string, transport: Transport): Wire => {
  // The client is typed per method; here the method is a value.
  const client = createClient(PeerNetService, transport) as unknown as { readonly [method: string]: Call };
  const options = (token: string) => ({ headers: bearer(token) });
  return {
    name,
    call: async (method, request, token) =>
      (await client[method.localName]?.(request, options(token))) as Message,
    async watch(method, request, token, enough) {
      const abort = new AbortController();
      const stream = client[method.localName]?.(request, { ...options(token), signal: abort.signal });
      const seen: Message[] = [];
      for await (const message of stream as AsyncIterable<Message>) {
        seen.push(message);
        if (seen.length === enough) break;
      }
      abort.abort();
      return seen;
    },
    close: () => {},
  };
};

const overGrpcJs = (name: string, { port, ca }: Place): Wire => {
  const credentials =
    ca === undefined ? ChannelCredentials.createInsecure() : ChannelCredentials.createSsl(Buffer.from(ca));
  const client = new Client(`localhost:${port}`, credentials);
  const path = (method: DescMethod) => `/${method.parent.typeName}/${method.name}`;
  const metadata = (token: string) => {
    const all = new Metadata();
    for (const [name, value] of Object.entries(bearer(token))) all.set(name, value);
    return all;
  };
  const write = (method: DescMethod) => (message: Message) => Buffer.from(toBinary(method.input, message));
  const read = (method: DescMethod) => (bytes: Buffer) => fromBinary(method.output, bytes);
  return {
    name,
    call: (method, request, token) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          path(method),
          write(method),
          read(method),
          request,
          metadata(token),
          (error, reply) => (error !== null || reply === undefined ? reject(error) : resolve(reply)),
        );
      }),
    async watch(method, request, token, enough) {
      const stream = client.makeServerStreamRequest(
        path(method),
        write(method),
        read(method),
        request,
        metadata(token),
      );
      const seen: Message[] = [];
      for await (const message of stream) {
        seen.push(message);
        if (seen.length === enough) break;
      }
      stream.cancel();
      return seen;
    },
    close: () => client.close(),
  };
};

// REST

type Json = { [name: string]: unknown };
const objectOf = (value: unknown): Json => (typeof value === "object" && value !== null ? { ...value } : {});

/** A request as REST has it: what stands in the path, in the query and in the body. */
export const restRequest = (route: Route, request: Message) => {
  const json = objectOf(toJson(route.rpc.input, request));
  const field = (name: string) =>
    route.rpc.input.fields.find((one) => one.name === name || one.jsonName === name)?.jsonName ?? name;
  const path = route.template.replace(/\{([^=}]+)=[^}]+\}/g, (_, variable: string) => {
    const [outer = "", inner] = variable.split(".");
    const value = inner === undefined ? json[field(outer)] : objectOf(json[field(outer)])[inner];
    if (inner === undefined) delete json[field(outer)];
    return String(value);
  });
  const bodyField = route.body === "" || route.body === "*" ? undefined : field(route.body);
  const body = route.body === "*" ? json : bodyField === undefined ? undefined : json[bodyField];
  const query = new URLSearchParams();
  if (route.body !== "*") {
    for (const [name, value] of Object.entries(json)) {
      if (name === bodyField) continue;
      if (typeof value === "object" && value !== null)
        for (const [inner, one] of Object.entries(value)) query.set(`${name}.${inner}`, String(one));
      else query.set(name, String(value));
    }
  }
  const binary = (): Uint8Array | undefined => {
    if (route.body === "" || route.body === "*")
      return route.body === "" ? undefined : toBinary(route.rpc.input, request);
    const inner = route.rpc.input.fields.find((one) => one.jsonName === bodyField);
    const message = inner && (request as Message & { [name: string]: Message })[inner.localName];
    return inner?.message === undefined || message === undefined
      ? undefined
      : toBinary(inner.message, message);
  };
  const search = query.size === 0 ? "" : `?${query}`;
  return { url: `${path}${search}`, method: route.method, body, binary };
};

export class RestError extends Error {
  readonly status: number;
  readonly problem: { readonly code: string; readonly reason: string; readonly type: string };
  constructor(status: number, text: string) {
    super(`${status} ${text}`);
    this.status = status;
    this.problem = JSON.parse(text);
  }
}

const overRest = (name: string, { url }: Place, form: "json" | "binary"): Wire => {
  const send = async (method: DescMethod, request: Message, token: string, signal?: AbortSignal) => {
    const wanted = "parent" in request && request.parent === "" ? 1 : 0;
    const route = routes.filter(({ rpc }) => rpc.localName === method.localName)[wanted];
    if (route === undefined) throw new Error(`${method.name} has no route`);
    const rest = restRequest(route, request);
    const type = form === "json" ? "application/json" : "application/x-protobuf";
    const body = form === "json" ? rest.body && JSON.stringify(rest.body) : rest.binary();
    const response = await fetch(`${url}${rest.url}`, {
      method: rest.method,
      headers: {
        ...bearer(token),
        ...(body === undefined ? {} : { "content-type": type }),
        accept: method.methodKind === "server_streaming" ? "text/event-stream" : type,
      },
      ...(body === undefined ? {} : { body: body as string }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (response.status >= 400) throw new RestError(response.status, await response.text());
    return { route, response };
  };
  return {
    name,
    async call(method, request, token) {
      const { route, response } = await send(method, request, token);
      if (response.status === 204) return create(method.output);
      const inner = method.output.fields.find((field) => field.name === route.responseBody);
      if (form === "json") {
        const json = await response.json();
        return fromJson(method.output, inner === undefined ? json : { [inner.jsonName]: json });
      }
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (inner?.message === undefined) return fromBinary(method.output, bytes);
      return create(method.output, { [inner.localName]: fromBinary(inner.message, bytes) } as never);
    },
    async watch(method, request, token, enough) {
      const abort = new AbortController();
      const { response } = await send(method, request, token, abort.signal);
      const seen: Message[] = [];
      let text = "";
      const decoder = new TextDecoder();
      if (response.body === null) throw new Error("a stream without a body");
      for await (const chunk of response.body) {
        text += decoder.decode(chunk, { stream: true });
        const events = text.split("\n\n");
        text = events.pop() ?? "";
        for (const event of events) {
          const data = /^data: (.*)$/m.exec(event)?.[1];
          if (data !== undefined) seen.push(fromJson(method.output, JSON.parse(data)));
        }
        if (seen.length >= enough) break;
      }
      abort.abort();
      return seen;
    },
    close: () => {},
  };
};

/** One wire for several: each call takes the next. */
const inTurn = (name: string, wires: readonly Wire[]): Wire => {
  let turn = 0;
  const next = (): Wire => {
    const wire = wires[turn % wires.length];
    turn += 1;
    if (wire === undefined) throw new Error("no wire");
    return wire;
  };
  return {
    name,
    call: (...asked) => next().call(...asked),
    watch: (...asked) => next().watch(...asked),
    close() {
      for (const wire of wires) wire.close();
    },
  };
};

const toEach =
  (wiresTo: (place: Place) => readonly Wire[]) =>
  (place: Place): readonly Wire[] => {
    const [first = [], ...more] = (place.nodes ?? [place]).map(wiresTo);
    return first.map((wire, index) =>
      inTurn(wire.name, [wire, ...more.flatMap((wires) => wires[index] ?? [])]),
    );
  };

/** Wires of a server in the clear. */
export const plainWires = toEach((place) => {
  const baseUrl = place.url;
  return [
    overRest("REST JSON", place, "json"),
    overRest("REST Protobuf", place, "binary"),
    overTransport("Connect JSON", createConnectTransport({ baseUrl, httpVersion: "1.1" })),
    overTransport(
      "Connect binary",
      createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: true }),
    ),
    overTransport(
      "Connect binary over h2c",
      createConnectTransport({ baseUrl, httpVersion: "2", useBinaryFormat: true }),
    ),
    overTransport("a browser's fetch", createBrowserTransport({ baseUrl })),
    overTransport("gRPC-Web", createGrpcWebTransport({ baseUrl, httpVersion: "1.1" })),
    overTransport("gRPC over h2c", createGrpcTransport({ baseUrl })),
    overGrpcJs("grpc-js over h2c", place),
  ];
});

/** Wires of a server with TLS. */
export const secureWires = toEach((place) => {
  const nodeOptions = place.ca === undefined ? {} : { ca: place.ca };
  const baseUrl = place.url;
  return [
    overTransport(
      "Connect binary over TLS",
      createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions }),
    ),
    overTransport("gRPC over TLS", createGrpcTransport({ baseUrl, nodeOptions })),
    overGrpcJs("grpc-js over TLS", place),
  ];
});
