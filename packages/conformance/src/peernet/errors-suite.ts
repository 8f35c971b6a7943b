// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { PeerNetService } from "@signalbox/peernet/schema";
import {
  answer,
  camera,
  candidate,
  clientToken,
  deviceToken,
  offer,
  type StartBox,
  strangerToken,
} from "./bench.ts";
import { secureBox } from "./secure.ts";
import { plainWires, RestError, secureWires, type Wire } from "./wires.ts";

/** Cases that do not hold where it runs, and why. */
export interface Skipped {
  readonly reason: string;
  readonly cases: readonly string[];
}

export const errorsSuite = (startBox: StartBox, skipped?: Skipped): void => {
  const skip = (what: string): string | false =>
    skipped?.cases.includes(what) === true ? skipped.reason : false;

  type Methods = (typeof PeerNetService)["method"];
  const { method: methods } = PeerNetService;

  const grpc = {
    INVALID_ARGUMENT: 3,
    NOT_FOUND: 5,
    ALREADY_EXISTS: 6,
    PERMISSION_DENIED: 7,
    RESOURCE_EXHAUSTED: 8,
    FAILED_PRECONDITION: 9,
    ABORTED: 10,
    UNAUTHENTICATED: 16,
  } as const;

  interface Story {
    readonly call: <M extends keyof Methods>(
      name: M,
      request: MessageInitShape<Methods[M]["input"]>,
      token?: string,
    ) => Promise<unknown>;
    /** A camera in the hall, and a knock at it: its name. */
    readonly knocked: () => Promise<string>;
  }

  interface Case {
    readonly what: string;
    readonly reason: string;
    readonly status: number;
    readonly code: keyof typeof grpc;
    readonly limits?: { readonly [name: string]: number };
    readonly run: (story: Story) => Promise<unknown>;
  }

  const server = (more: object = {}) => ({ server: { ...camera, ...more } });
  const cam = "servers/cam/services/camera";

  const cases: readonly Case[] = [
    {
      what: "a negative page size",
      reason: "BAD_ARGUMENT",
      status: 400,
      code: "INVALID_ARGUMENT",
      run: ({ call }) => call("listRooms", { pageSize: -1 }),
    },
    {
      what: "an offer that is none",
      reason: "BAD_ARGUMENT",
      status: 400,
      code: "INVALID_ARGUMENT",
      async run({ call }) {
        await call("createServer", server());
        return call(
          "createKnock",
          { parent: cam, knock: { offer: { type: "offer", sdp: "hello" } } },
          clientToken,
        );
      },
    },
    {
      what: "an id in upper case",
      reason: "BAD_NAME",
      status: 400,
      code: "INVALID_ARGUMENT",
      run: ({ call }) => call("createRoom", { room: { uniqueId: "Hall" } }),
    },
    {
      what: "a display name without an end",
      reason: "TOO_LARGE",
      status: 413,
      code: "INVALID_ARGUMENT",
      run: ({ call }) => call("createRoom", { room: { uniqueId: "hall", displayName: "x".repeat(300) } }),
    },
    {
      what: "one service too many",
      reason: "TOO_MANY_SERVICES",
      status: 429,
      code: "RESOURCE_EXHAUSTED",
      limits: { servicesPerServer: 1 },
      async run({ call }) {
        await call("createServer", server());
        return call("createService", { parent: "servers/cam", service: { protocol: "sensor" } });
      },
    },
    {
      what: "a room that is not there",
      reason: "NOT_FOUND",
      status: 404,
      code: "NOT_FOUND",
      run: ({ call }) => call("getRoom", { name: "rooms/none" }),
    },
    {
      what: "somebody else's knock",
      reason: "NOT_FOUND",
      status: 404,
      code: "NOT_FOUND",
      run: async ({ call, knocked }) => call("getKnock", { name: await knocked() }, strangerToken),
    },
    {
      what: "another owner's name",
      reason: "EXISTS",
      status: 409,
      code: "ALREADY_EXISTS",
      async run({ call }) {
        await call("createServer", server());
        return call("createServer", server(), strangerToken);
      },
    },
    {
      what: "an etag that is past",
      reason: "ETAG_MISMATCH",
      status: 412,
      code: "ABORTED",
      async run({ call }) {
        await call("createServer", server());
        return call("updateServer", { server: { name: "servers/cam", displayName: "x", etag: '"v0-0"' } });
      },
    },
    {
      what: "removing a room with servers in it",
      reason: "ROOM_NOT_EMPTY",
      status: 409,
      code: "FAILED_PRECONDITION",
      async run({ call }) {
        await call("createServer", { ...server({ room: "hall" }), room: { uniqueId: "hall" } });
        return call("deleteRoom", { name: "rooms/hall" });
      },
    },
    {
      what: "one room too many",
      reason: "REGISTRY_FULL",
      status: 429,
      code: "RESOURCE_EXHAUSTED",
      limits: { roomsKept: 1 },
      async run({ call }) {
        await call("createRoom", { room: { uniqueId: "hall" } });
        return call("createRoom", { room: { uniqueId: "den" } });
      },
    },
    {
      what: "one knock too many",
      reason: "TOO_MANY_KNOCKS",
      status: 429,
      code: "RESOURCE_EXHAUSTED",
      limits: { knocksPerService: 1 },
      async run({ call, knocked }) {
        await knocked();
        return call("createKnock", { parent: cam, knock: { offer } }, strangerToken);
      },
    },
    {
      what: "one knock too many of one address",
      reason: "TOO_MANY_KNOCKS",
      status: 429,
      code: "RESOURCE_EXHAUSTED",
      limits: { knocksPerAddress: 1 },
      async run({ call, knocked }) {
        await knocked();
        await call("createServer", server({ uniqueId: "cam2" }));
        const parent = "servers/cam2/services/camera";
        return call("createKnock", { parent, knock: { offer } }, strangerToken);
      },
    },
    {
      what: "a selector that two services match",
      reason: "AMBIGUOUS_SELECTOR",
      status: 409,
      code: "FAILED_PRECONDITION",
      async run({ call }) {
        await call("createServer", { ...server({ room: "hall" }), room: { uniqueId: "hall" } });
        await call("createServer", server({ room: "hall", uniqueId: "cam2" }));
        return call(
          "createKnock",
          { selector: { room: "hall", protocol: "camera" }, knock: { offer } },
          clientToken,
        );
      },
    },
    {
      what: "a second, different answer",
      reason: "ALREADY_ANSWERED",
      status: 409,
      code: "FAILED_PRECONDITION",
      async run({ call, knocked }) {
        const name = await knocked();
        await call("answerKnock", { name, answer });
        return call("answerKnock", { name, answer: { ...answer, sdp: `${answer.sdp}a=x\r\n` } });
      },
    },
    {
      what: "candidates of an answer that was not given",
      reason: "NOT_ANSWERED",
      status: 409,
      code: "FAILED_PRECONDITION",
      run: async ({ call, knocked }) =>
        call("addIceCandidates", { name: await knocked(), iceCandidates: [candidate(1, "answ")] }),
    },
    {
      what: "answering a knock that was taken back",
      reason: "KNOCK_OVER",
      status: 410,
      code: "NOT_FOUND",
      async run({ call, knocked }) {
        const name = await knocked();
        await call("deleteKnock", { name }, clientToken);
        return call("answerKnock", { name, answer });
      },
    },
    {
      what: "changing a server without a token",
      reason: "UNAUTHORIZED",
      status: 401,
      code: "UNAUTHENTICATED",
      async run({ call }) {
        await call("createServer", server());
        return call("deleteServer", { name: "servers/cam" }, "");
      },
    },
    {
      what: "a token too short to be secret",
      reason: "BAD_ARGUMENT",
      status: 400,
      code: "INVALID_ARGUMENT",
      run: ({ call }) => call("createRoom", { room: { uniqueId: "hall" } }, "short"),
    },
    {
      what: "changing another owner's server",
      reason: "FORBIDDEN",
      status: 403,
      code: "PERMISSION_DENIED",
      async run({ call }) {
        await call("createServer", server());
        return call("deleteServer", { name: "servers/cam" }, strangerToken);
      },
    },
    {
      what: "answering one's own knock",
      reason: "FORBIDDEN",
      status: 403,
      code: "PERMISSION_DENIED",
      run: async ({ call, knocked }) => call("answerKnock", { name: await knocked(), answer }, clientToken),
    },
    {
      what: "more requests than an address may make",
      reason: "RATE_LIMITED",
      status: 429,
      code: "RESOURCE_EXHAUSTED",
      limits: { requestsPerSecondPerAddress: 1, requestBurstPerAddress: 1 },
      async run({ call }) {
        for (;;) await call("listRooms", {});
      },
    },
  ];

  const storyOf = (wire: Wire): Story => {
    const call: Story["call"] = (name, request, token = deviceToken) => {
      const method = methods[name];
      return wire.call(method, create(method.input, request as never), token);
    };
    return {
      call,
      async knocked() {
        await call("createServer", server());
        const { knock } = (await call("createKnock", { parent: cam, knock: { offer } }, clientToken)) as {
          readonly knock: { readonly name: string };
        };
        return knock.name;
      },
    };
  };

  const wireOf = async (t: TestContext, name: string, limits = {}) => {
    const secure = name.endsWith("TLS");
    const place = secure ? await secureBox(startBox, t, { limits }) : await startBox(t, { limits });
    for (const wire of (secure ? secureWires : plainWires)(place)) {
      if (wire.name === name) {
        t.after(() => wire.close());
        return storyOf(wire);
      }
      wire.close();
    }
    return assert.fail(`there is no wire ${name}`);
  };

  const failure = async (run: Promise<unknown>): Promise<unknown> => {
    try {
      await run;
    } catch (error) {
      return error;
    }
    return assert.fail("it was granted");
  };

  describe("refused over REST", () => {
    for (const { what, reason, status, code, limits, run } of cases) {
      test(`${what}: ${status} ${reason}`, { skip: skip(what) }, async (t) => {
        const error = await failure(run(await wireOf(t, "REST JSON", limits)));
        assert.ok(error instanceof RestError, String(error));
        assert.equal(error.status, status);
        assert.equal(error.problem.reason, reason);
        assert.equal(error.problem.code, code.toLowerCase());
        assert.equal(
          error.problem.type,
          `urn:signalbox:problem:${reason.toLowerCase().replaceAll("_", "-")}`,
        );
      });
    }
  });

  for (const wire of ["grpc-js over h2c", "grpc-js over TLS"]) {
    describe(`refused over ${wire}`, () => {
      for (const { what, reason, code, limits, run } of cases) {
        test(`${what}: ${code} ${reason}`, { skip: skip(what) }, async (t) => {
          const error = await failure(run(await wireOf(t, wire, limits)));
          assert.ok(error instanceof Error && "code" in error && "metadata" in error, String(error));
          assert.equal(error.code, grpc[code]);
          const [details] = (error.metadata as { get(name: string): readonly Buffer[] }).get(
            "grpc-status-details-bin",
          );
          assert.ok(details?.includes(reason), "the details name the reason");
        });
      }
    });
  }
};
