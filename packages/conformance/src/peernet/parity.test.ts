// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Validator } from "@seriousme/openapi-schema-validator";
import { routes } from "@signalbox/peernet";
import { PeerNetService } from "@signalbox/peernet/schema";
import { ask, startBox } from "./bench.ts";

const rpcs = PeerNetService.methods.map(({ name }) => name).sort();

/** Each operation as `get /v1/servers/{}`, whatever its parameters are called. */
const shape = (method: string, path: string): string =>
  `${method.toLowerCase()} ${path.replaceAll(/\{[^}]*\}/g, "{}")}`;

interface Document {
  readonly openapi: string;
  readonly paths: {
    readonly [path: string]: { readonly [method: string]: { readonly operationId: string } };
  };
}

describe("the description of the API", () => {
  test("is valid OpenAPI 3.1", async (t) => {
    const server = await startBox(t);
    const { json, headers } = await ask(server, "GET", "/openapi.json");
    assert.equal(headers.get("content-type"), "application/json");
    const { valid, errors } = await new Validator().validate(json);
    assert.equal(valid, true, JSON.stringify(errors));
    assert.match(json.openapi, /^3\.1\./);
  });

  test("has the operations that are routes, and every RPC is one of them", async (t) => {
    const server = await startBox(t);
    const document: Document = (await ask(server, "GET", "/openapi.json")).json;
    const operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, { operationId }]) => ({ shape: shape(method, path), operationId })),
    );
    const templates = routes.map(({ method, template }) =>
      shape(
        method,
        template.replaceAll(/\{[^=}]+=([^}]+)\}/g, (_, inner: string) => inner.replaceAll("*", "{}")),
      ),
    );
    assert.deepEqual(operations.map((one) => one.shape).sort(), templates.sort());
    const named = new Set(operations.map(({ operationId }) => operationId.replace(/_\d+$/, "")));
    assert.deepEqual([...named].sort(), rpcs);
    assert.deepEqual([...new Set(routes.map(({ rpc }) => rpc.name))].sort(), rpcs);
    const ids = operations.map(({ operationId }) => operationId);
    assert.equal(new Set(ids).size, ids.length);
  });

  test("knows every path that answers, below a base path too", async (t) => {
    const server = await startBox(t, { basePath: "/below" });
    const { json } = await ask(server, "GET", "/openapi.json");
    assert.deepEqual(json.servers, [{ url: "/below" }]);
    assert.equal((await ask(server, "GET", "/v1/rooms")).status, 200);
    const made = await ask(server, "POST", "/v1/rooms", { uniqueId: "hall" });
    assert.equal(made.headers.get("location"), "/below/v1/rooms/hall");
    const rpc = await ask(server, "POST", "/peernet.v1.PeerNetService/ListRooms", {}, undefined, {
      "content-type": "application/json",
    });
    assert.equal(rpc.json.rooms[0].uniqueId, "hall");
  });

  test("comes as .proto and as a descriptor set that holds the service", async (t) => {
    const server = await startBox(t);
    const proto = await ask(server, "GET", "/peernet.proto");
    assert.match(proto.text, /service PeerNetService \{/);
    for (const name of rpcs) assert.match(proto.text, new RegExp(`rpc ${name}\\(`));
    const bytes = await (await fetch(`${server.url}/descriptor.binpb`)).arrayBuffer();
    const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, new Uint8Array(bytes)));
    const service = registry.getService("peernet.v1.PeerNetService");
    assert.deepEqual(service?.methods.map(({ name }) => name).sort(), rpcs);
  });
});

test("the package of the original text answers as well", async (t) => {
  const server = await startBox(t);
  const type = { "content-type": "application/json" };
  for (const name of ["peernet.PeerNetService", "peernet.v1.PeerNetService"]) {
    const { status, json } = await ask(
      server,
      "POST",
      `/${name}/CreateRoom`,
      { room: { unique_id: "hall" } },
      "one-token-of-at-least-128-bits",
      type,
    );
    assert.equal(status, 200);
    assert.equal(json.room.name, "rooms/hall");
  }
});

test("the first twelve methods are the original's, in its order", () => {
  assert.deepEqual(
    PeerNetService.methods.slice(0, 12).map(({ name }) => name),
    [
      ...["CreateRoom", "DeleteRoom", "CreateServer", "DeleteServer", "ListServers", "CreateService"],
      ...["DeleteService", "UpdateService", "CreateKnock", "DeleteKnock", "GetKnock", "ListKnocks"],
    ],
  );
});
