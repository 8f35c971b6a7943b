// SPDX-License-Identifier: MIT
/** Who does not even get to a method: of a page that may not, without the server's secret, while the server ends. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { ChannelCredentials, Client, Metadata, type ServiceError } from "@grpc/grpc-js";
import { PeerNetService } from "@signalbox/peernet/schema";
import type { ServerConfig } from "@signalbox/server";
import { ask, type PeerNetBox, type StartBox } from "./bench.ts";
import { secureBox } from "./secure.ts";

export const doorsSuite = (startBox: StartBox): void => {
  const { listRooms } = PeerNetService.method;

  interface Refused {
    readonly what: string;
    readonly config: ServerConfig;
    readonly headers: { readonly [name: string]: string };
    readonly before?: (box: Pick<PeerNetBox, "drain">) => void;
    readonly rest: readonly [number, string];
    readonly grpc: number;
  }

  const cases: readonly Refused[] = [
    {
      what: "a page of another origin",
      config: { origins: [{ origin: "https://example.org" }] },
      headers: { origin: "https://example.net" },
      rest: [403, "ORIGIN_REFUSED"],
      grpc: 7,
    },
    {
      what: "whoever does not bring the server's secret",
      config: { secret: "a-secret" },
      headers: { "x-signalbox-secret": "another" },
      rest: [401, "UNAUTHORIZED"],
      grpc: 16,
    },
    {
      what: "a newcomer, who may come back,",
      config: {},
      headers: {},
      before: (box) => box.drain(),
      rest: [503, "DRAINING"],
      grpc: 14,
    },
  ];

  /** The error of a real gRPC client. */
  const grpcError = (
    t: TestContext,
    { port, ca }: { readonly port: number; readonly ca?: string },
    headers: Refused["headers"],
  ): Promise<ServiceError | null> => {
    const credentials =
      ca === undefined ? ChannelCredentials.createInsecure() : ChannelCredentials.createSsl(Buffer.from(ca));
    const client = new Client(`localhost:${port}`, credentials);
    t.after(() => client.close());
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return new Promise((resolve) => {
      client.makeUnaryRequest(
        "/peernet.v1.PeerNetService/ListRooms",
        (message) => Buffer.from(toBinary(listRooms.input, message)),
        (bytes) => fromBinary(listRooms.output, bytes),
        create(listRooms.input),
        metadata,
        (error) => resolve(error),
      );
    });
  };

  describe("at the door is refused", () => {
    for (const { what, config, headers, before, rest, grpc } of cases) {
      test(`${what} over REST: ${rest.join(" ")}`, async (t) => {
        const box = await startBox(t, config);
        before?.(box);
        const answer = await ask(box, "GET", "/v1/rooms", undefined, undefined, headers);
        assert.deepEqual([answer.status, answer.json.reason], rest);
        if (rest[0] === 503) assert.equal(answer.headers.get("retry-after"), "1");
      });

      for (const [wire, open] of [
        ["h2c", startBox],
        ["TLS", (t: TestContext, config: ServerConfig) => secureBox(startBox, t, config)],
      ] as const) {
        test(`${what} over gRPC and ${wire}: code ${grpc}`, async (t) => {
          const box = await open(t, config);
          before?.(box);
          const error = await grpcError(t, box, headers);
          assert.equal(error?.code, grpc, String(error));
          const [details] = error?.metadata.get("grpc-status-details-bin") ?? [];
          assert.ok(details?.includes(rest[1]), "the details name the reason");
        });
      }
    }
  });
};
