// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { tableRows } from "@signalbox/core/testing";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type JsonSchema, parse, type Shape } from "./shape.ts";
import { asyncApi, jsonSchema } from "./specification.ts";
import { features, peerFrame, serverFrame, signalBody, subprotocol } from "./wire.ts";

const published = new URL(import.meta.resolve("@asyncapi/specs/schemas/3.0.0.json"));
// It brings its own copy of the JSON Schema meta-schema.
const validates = new Ajv({
  strict: false,
  meta: false,
  validateSchema: false,
  validateFormats: false,
}).compile(JSON.parse(readFileSync(published, "utf8")));
const document = () => asyncApi({ protocol: "wss", host: "box.example:8443", pathname: "/base/" }, "1.2.3");
const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (inner, name) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );

describe("the AsyncAPI document", () => {
  test("is a valid AsyncAPI 3.0 document", () => {
    assert.ok(validates(document()), JSON.stringify(validates.errors?.slice(0, 5), null, 2));
  });

  test("would not be with a wrong word in it, so that the validator says something", () => {
    assert.equal(validates({ ...document(), operations: { take: { action: "take" } } }), false);
    assert.equal(validates({ ...document(), info: {} }), false);
  });

  test("refers to nothing that is not in it", () => {
    const whole = document();
    const references = [...JSON.stringify(whole).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, pointer = ""]) => pointer,
    );
    assert.ok(references.length > 0);
    for (const pointer of references) assert.notEqual(at(whole, ...pointer.split("/")), undefined, pointer);
  });

  test("has each frame once, sent or received", () => {
    const whole = document();
    const names = (operation: string) =>
      (at(whole, "operations", operation, "messages") as readonly { $ref: string }[]).map(({ $ref }) =>
        $ref.split(".").at(-1),
      );
    assert.deepEqual(names("takePeerFrame"), Object.keys(peerFrame.variants));
    assert.deepEqual(names("tellServerFrame"), Object.keys(serverFrame.variants));
    assert.equal(
      Object.keys(at(whole, "channels", "box", "messages") as object).length,
      Object.keys(peerFrame.variants).length + Object.keys(serverFrame.variants).length,
    );
  });

  test("says where the server is, and how it is asked for", () => {
    assert.deepEqual(at(document(), "servers", "box"), {
      protocol: "wss",
      host: "box.example:8443",
      pathname: "/base/",
    });
    assert.equal(
      at(
        document(),
        "channels",
        "box",
        "bindings",
        "ws",
        "headers",
        "properties",
        "Sec-WebSocket-Protocol",
        "const",
      ),
      subprotocol,
    );
    assert.equal(at(document(), "info", "version"), "1.2.3");
  });

  test("survives JSON, as it is served", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(document())), document());
  });
});

describe("the JSON Schema", () => {
  test("is valid 2020-12, and strict about its own words", () => {
    const ajv = new Ajv2020({ strict: true, strictTypes: "log", allowUnionTypes: true });
    assert.equal(ajv.validateSchema(jsonSchema()), true);
    assert.doesNotThrow(() => ajv.compile(jsonSchema()));
  });

  test("describes every frame in words", () => {
    for (const frame of [peerFrame, serverFrame]) {
      for (const [type, { schema }] of Object.entries(frame.variants))
        assert.match(String(schema.description), /^[A-Z].*\.$/, type);
    }
  });

  test("asks for a number in every frame that the page says is numbered", () => {
    const unnumbered = (variants: { readonly [type: string]: { readonly schema: JsonSchema } }) =>
      Object.entries(variants).flatMap(([type, { schema }]) =>
        (schema.required as readonly string[]).includes("seq") ? [] : [type],
      );
    assert.deepEqual(unnumbered(peerFrame.variants), ["resume", "ack", "ping", "end"]);
    assert.deepEqual(unnumbered(serverFrame.variants), ["resumed", "pong", "closing"]);
  });
});

describe("docs/native-protocol.md", () => {
  const page = readFileSync(new URL("../../../../docs/native-protocol.md", import.meta.url), "utf8");
  const examples = [...page.matchAll(/`(\{"type":.*?\})`/g)].map(([, example = ""]) => example);

  test("has examples", () => {
    assert.ok(examples.length >= 5, `${examples.length}`);
  });

  for (const example of new Set(examples)) {
    test(`shows a frame of the protocol: ${example}`, () => {
      // `…` stands for a text, a single capital letter for a number.
      const frame = JSON.parse(example.replaceAll("…", '"text"').replace(/:([A-Z])(?=[,}])/g, ":7"));
      const shape: Shape<unknown> = Object.hasOwn(peerFrame.variants, frame.type) ? peerFrame : serverFrame;
      assert.deepEqual(parse(shape, frame), { ok: true, value: frame });
    });
  }

  for (const [heading, { variants }] of [
    ["Frames of a peer", peerFrame],
    ["Frames of the server", serverFrame],
  ] as const) {
    const listed = tableRows(page, heading);
    test(`lists under "${heading}" every frame, and no other`, () => {
      assert.deepEqual(
        [...listed.keys()],
        Object.keys(variants).map((type) => `\`${type}\``),
      );
    });

    for (const [type, { schema }] of Object.entries(variants)) {
      test(`says under "${heading}" of ${type} what the schema says`, () => {
        const required = schema.required as readonly string[];
        const fields = Object.keys(schema.properties as object)
          .filter((name) => name !== "type")
          .map((name) => `\`${name}${required.includes(name) ? "" : "?"}\``);
        assert.deepEqual(listed.get(`\`${type}\``), [fields.join(", "), schema.description]);
      });
    }
  }

  test("lists the kinds of signals with their fields", () => {
    const rows = tableRows(page, "Signals and their fate");
    const listed = new Map<string, readonly string[]>();
    for (const [kinds, [fields = ""]] of rows) {
      for (const [, kind = ""] of kinds.matchAll(/`([a-z-]+)`/g))
        listed.set(
          kind,
          [...fields.matchAll(/`([a-z]+\??)`/g)].map(([, name = ""]) => name),
        );
    }
    const reserved = ["kind", "signer", "signature"];
    for (const [kind, { schema }] of Object.entries(signalBody.variants)) {
      const required = schema.required as readonly string[];
      const fields = Object.keys(schema.properties as object).filter((name) => !reserved.includes(name));
      const expected = fields
        .filter((name) => !(kind === "opaque" && name === "call"))
        .map((name) => (required.includes(name) || kind === "opaque" ? name : `${name}?`));
      assert.deepEqual(listed.get(kind), expected, kind);
    }
  });

  test("lists every fate", () => {
    const { properties } = serverFrame.variants.receipt.schema as {
      readonly properties: { readonly fate: { readonly enum: readonly string[] } };
    };
    const rows = tableRows(page, "Signals and their fate");
    for (const fate of properties.fate.enum) assert.ok(rows.has(`\`${fate}\``), fate);
  });

  test("names the subprotocol, and no feature that is not there", () => {
    assert.ok(page.includes(`\`${subprotocol}\``));
    assert.ok(features.length > 0);
  });
});
