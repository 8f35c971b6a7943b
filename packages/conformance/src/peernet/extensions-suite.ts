// SPDX-License-Identifier: MIT
/** Private fields of a protocol: numbers from 100 up, which nobody hands out and the server need not know. */
import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import {
  create,
  createFileRegistry,
  type DescExtension,
  fromBinary,
  getExtension,
  type Message,
  setExtension,
  toBinary,
} from "@bufbuild/protobuf";
import {
  Edition,
  FileDescriptorProtoSchema,
  type FileDescriptorSet,
  FileDescriptorSetSchema,
  FieldDescriptorProto_Label as Label,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { CreateServerResponseSchema, PeerNetService, ServiceSchema } from "@signalbox/peernet/schema";
import { ask, deviceToken, type PeerNetBox, type StartBox } from "./bench.ts";
import { plainWires, type Wire } from "./wires.ts";

export const extensionsSuite = (startBox: StartBox): void => {
  type Box = PeerNetBox;

  /** What somebody's own .proto says: `extend peernet.v1.Service { CameraInfo camera = 1234; }`. */
  const privateFile = create(FileDescriptorProtoSchema, {
    name: "example/camera.proto",
    package: "example.camera",
    dependency: ["peernet/v1/peernet.proto"],
    syntax: "editions",
    edition: Edition.EDITION_2023,
    messageType: [
      {
        name: "CameraInfo",
        field: [
          { name: "width", number: 1, type: Type.UINT32, label: Label.OPTIONAL, jsonName: "width" },
          { name: "codec", number: 2, type: Type.STRING, label: Label.OPTIONAL, jsonName: "codec" },
        ],
      },
    ],
    extension: [
      {
        name: "camera",
        number: 1234,
        type: Type.MESSAGE,
        label: Label.OPTIONAL,
        typeName: ".example.camera.CameraInfo",
        extendee: ".peernet.v1.Service",
        jsonName: "camera",
      },
    ],
  });

  const descriptorsOf = async (box: Box): Promise<FileDescriptorSet> => {
    const bytes = await (await fetch(`${box.url}/descriptor.binpb`)).arrayBuffer();
    const set = fromBinary(FileDescriptorSetSchema, new Uint8Array(bytes));
    return create(FileDescriptorSetSchema, { file: [...set.file, privateFile] });
  };

  /** A service with the private field, as a peer that has the schema makes it. */
  const extended = async (box: Box) => {
    const registry = createFileRegistry(await descriptorsOf(box));
    const extension = registry.getExtension("example.camera.camera");
    const info = registry.getMessage("example.camera.CameraInfo");
    assert.ok(extension && info);
    const service = create(ServiceSchema, { protocol: "camera", version: "1" });
    setExtension(service, extension, create(info, { width: 1280, codec: "vp8" } as never));
    return { service, extension };
  };

  const seen = (service: Message, extension: DescExtension): unknown => {
    const { width, codec } = getExtension(service as never, extension) as unknown as {
      readonly width: number;
      readonly codec: string;
    };
    return { width, codec };
  };

  const wiresOf = (t: TestContext, box: Box): ((name: string) => Wire) => {
    const wires = plainWires(box);
    t.after(() => {
      for (const wire of wires) wire.close();
    });
    return (name) => wires.find((wire) => wire.name === name) ?? assert.fail(name);
  };

  const { createServer, getService } = PeerNetService.method;

  const register = (wire: Wire, service: Message) =>
    wire.call(
      createServer,
      create(createServer.input, { server: { uniqueId: "cam", services: [service as never] } }),
      deviceToken,
    );

  const read = async (wire: Wire) => {
    const reply = await wire.call(
      getService,
      create(getService.input, { name: "servers/cam/services/camera" }),
      deviceToken,
    );
    const { service } = reply as { service?: Message };
    assert.ok(service);
    return service;
  };

  const told = { width: 1280, codec: "vp8" };

  describe("a private field", () => {
    for (const from of ["Connect binary", "grpc-js over h2c", "REST Protobuf", "gRPC-Web"]) {
      test(`sent over ${from} reaches every binary peer, through a server that does not know it`, async (t) => {
        const box = await startBox(t);
        const wire = wiresOf(t, box);
        const { service, extension } = await extended(box);
        await register(wire(from), service);
        for (const to of ["Connect binary", "grpc-js over h2c", "REST Protobuf", "gRPC-Web"])
          assert.deepEqual(seen(await read(wire(to)), extension), told, to);
      });
    }

    test("outlives a restart, and a renewal by the same request", async (t) => {
      const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
      t.after(() => rm(folder, { recursive: true }));
      const first = await startBox(t, { data: folder });
      const { service, extension } = await extended(first);
      const request = create(createServer.input, {
        server: { uniqueId: "cam", services: [service] },
        requestId: "once",
      });
      for (let count = 0; count < 2; count += 1) {
        const reply = await wiresOf(t, first)("Connect binary").call(createServer, request, deviceToken);
        const [kept] = fromBinary(
          CreateServerResponseSchema,
          toBinary(CreateServerResponseSchema, reply as never),
        ).server?.services ?? [assert.fail("no service")];
        assert.deepEqual(seen(kept as Message, extension), told);
      }
      first.cut();
      await first.close();
      const second = await startBox(t, { data: folder });
      assert.deepEqual(seen(await read(wiresOf(t, second)("grpc-js over h2c")), extension), told);
    });

    test("is hidden from JSON where nobody said what it is, and harms nothing", async (t) => {
      const box = await startBox(t);
      const { service } = await extended(box);
      await register(wiresOf(t, box)("Connect binary"), service);
      const { status, json } = await ask(box, "GET", "/v1/servers/cam/services/camera");
      assert.equal(status, 200);
      assert.deepEqual(
        Object.keys(json).filter((name) => name.startsWith("[")),
        [],
      );
    });

    test("is read and written as JSON where the operator gave its descriptor", async (t) => {
      const plain = await startBox(t);
      const folder = await mkdtemp(join(tmpdir(), "signalbox-"));
      t.after(() => rm(folder, { recursive: true }));
      const types = join(folder, "types.binpb");
      await writeFile(types, toBinary(FileDescriptorSetSchema, await descriptorsOf(plain)));
      const box = await startBox(t, { types });
      const { service, extension } = await extended(box);
      await register(wiresOf(t, box)("grpc-js over h2c"), service);
      const key = "[example.camera.camera]";
      assert.deepEqual((await ask(box, "GET", "/v1/servers/cam/services/camera")).json[key], told);
      const rpc = await ask(
        box,
        "POST",
        "/peernet.v1.PeerNetService/GetService",
        { name: "servers/cam/services/camera" },
        undefined,
        { "content-type": "application/json" },
      );
      assert.deepEqual(rpc.json.service[key], told);
      const written = await ask(
        box,
        "POST",
        "/v1/servers",
        {
          uniqueId: "cam",
          services: [{ protocol: "camera", version: "1", [key]: { width: 640, codec: "h264" } }],
        },
        deviceToken,
      );
      assert.equal(written.status, 200);
      assert.deepEqual(seen(await read(wiresOf(t, box)("Connect binary")), extension), {
        width: 640,
        codec: "h264",
      });
    });

    test("details of a type nobody knows are shown as they came, and spoil no list", async (t) => {
      const box = await startBox(t);
      const details = [{ typeUrl: "type.example/Unknown", value: new Uint8Array([1, 2, 3]) }];
      await register(
        wiresOf(t, box)("Connect binary"),
        create(ServiceSchema, { protocol: "camera", details: details as never }),
      );
      const { status, json } = await ask(box, "GET", "/v1/servers");
      assert.equal(status, 200);
      assert.deepEqual(json.servers[0].services[0].details, [
        { "@type": "type.example/Unknown", value: "AQID" },
      ]);
    });
  });
};
