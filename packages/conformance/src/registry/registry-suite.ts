// SPDX-License-Identifier: MIT
/** What the registry of rooms, servers and services promises, on any store. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createRoom,
  createServer,
  createService,
  deleteRoom,
  deleteServer,
  deleteService,
  getRoom,
  getServer,
  getService,
  listRooms,
  listServers,
  listServices,
  type RegistryLimits,
  renewServer,
  sweep,
  updateServer,
  updateService,
} from "@signalbox/core/registry";
import type { StoreUnderTest } from "../backplane/store-suite.ts";
import { granted, refusedWith, type TestGround, testGround } from "./ground.ts";

export const registrySuite = (engine: string, make: () => Promise<StoreUnderTest>): void => {
  const clause = (
    name: string,
    run: (ground: TestGround) => Promise<void>,
    limits: Partial<RegistryLimits> = {},
  ) =>
    test(name, async () => {
      const { store, stop } = await make();
      try {
        await run(testGround(store, limits));
      } finally {
        await stop();
      }
    });
  const hash = (ground: TestGround, token: string) => ground.digest(token);

  describe(`the registry on the ${engine} store`, () => {
    clause(
      "makes a room once; its owner's same room again is that room, another's is refused",
      async (ground) => {
        const made = granted(
          await createRoom(ground, { id: "hall", displayName: "Hall" }, hash(ground, "ann")),
        );
        assert.equal(made.created, true);
        const again = granted(
          await createRoom(ground, { id: "hall", displayName: "Hall" }, hash(ground, "ann")),
        );
        assert.equal(again.created, false);
        assert.equal(again.room.etag, made.room.etag);
        assert.equal(refusedWith(await createRoom(ground, { id: "hall" }, hash(ground, "bob"))), "exists");
        assert.equal(
          refusedWith(await createRoom(ground, { id: "Hall of fame" }, hash(ground, "bob"))),
          "bad-name",
        );
        const minted = granted(await createRoom(ground, {}, hash(ground, "ann")));
        assert.match(minted.room.record.id, /^minted-/);
      },
    );

    clause("lists listed rooms by name and page, and never an unlisted one", async (ground) => {
      for (const id of ["d", "b", "a", "c"]) granted(await createRoom(ground, { id }, hash(ground, "ann")));
      granted(await createRoom(ground, { id: "bb", listed: false }, hash(ground, "ann")));
      const first = granted(await listRooms(ground, { size: 3 }));
      assert.deepEqual(
        first.items.map((room) => room.record.id),
        ["a", "b", "c"],
      );
      const second = granted(await listRooms(ground, { size: 3, token: first.nextToken }));
      assert.deepEqual(
        second.items.map((room) => room.record.id),
        ["d"],
      );
      assert.equal(second.nextToken, "");
      assert.equal(granted(await getRoom(ground, "bb")).record.listed, false);
      assert.equal(refusedWith(await listRooms(ground, { size: -1 })), "bad-argument");
      assert.equal(refusedWith(await listRooms(ground, { token: "made up" })), "bad-argument");
    });

    clause(
      "removes a room for its owner only, empty or by force, and of the edition that was read",
      async (ground) => {
        const { room } = granted(await createRoom(ground, { id: "hall" }, hash(ground, "ann")));
        granted(await createServer(ground, { id: "cam", room: "hall" }, undefined, hash(ground, "cam")));
        assert.equal(refusedWith(await deleteRoom(ground, "hall", {}, {})), "unauthorized");
        assert.equal(refusedWith(await deleteRoom(ground, "hall", ground.asker("bob"), {})), "forbidden");
        assert.equal(
          refusedWith(await deleteRoom(ground, "hall", ground.asker("ann"), { etag: '"0"' })),
          "etag-mismatch",
        );
        assert.equal(
          refusedWith(await deleteRoom(ground, "hall", ground.asker("ann"), {})),
          "room-not-empty",
        );
        granted(await deleteRoom(ground, "hall", ground.asker("ann"), { etag: room.etag, force: true }));
        assert.equal(refusedWith(await getServer(ground, "cam")), "not-found");
        assert.equal(refusedWith(await deleteRoom(ground, "hall", ground.asker("ann"), {})), "not-found");
        assert.deepEqual(
          granted(await deleteRoom(ground, "hall", ground.asker("ann"), { allowMissing: true })),
          { deleted: false },
        );
      },
    );

    clause("registers a server with its services and its missing room in one step", async (ground) => {
      const spec = {
        id: "cam-1",
        room: "hall",
        services: [
          { protocol: "camera", version: "1.2" },
          { id: "door", protocol: "org.example.door" },
        ],
      };
      assert.equal(
        refusedWith(await createServer(ground, spec, undefined, hash(ground, "cam"))),
        "not-found",
      );
      const made = granted(await createServer(ground, spec, { displayName: "Hall" }, hash(ground, "cam")));
      assert.equal(made.created, true);
      assert.deepEqual(
        made.server.record.services.map((service) => service.id),
        ["camera", "door"],
      );
      assert.equal(granted(await getRoom(ground, "hall")).record.displayName, "Hall");
    });

    clause(
      "takes the same owner's same server again as a renewal that changes nothing others see",
      async (ground) => {
        const spec = { id: "cam", services: [{ protocol: "camera" }] };
        const first = granted(await createServer(ground, spec, undefined, hash(ground, "cam")));
        ground.clock.advance(50_000);
        const again = granted(await createServer(ground, spec, undefined, hash(ground, "cam")));
        assert.equal(again.created, false);
        assert.equal(again.server.etag, first.server.etag);
        ground.clock.advance(50_000);
        assert.equal(granted(await getServer(ground, "cam")).etag, first.server.etag);
        const changed = granted(
          await createServer(ground, { ...spec, displayName: "Door" }, undefined, hash(ground, "cam")),
        );
        assert.notEqual(changed.server.etag, first.server.etag);
        assert.equal(
          refusedWith(await createServer(ground, spec, undefined, hash(ground, "thief"))),
          "exists",
        );
      },
    );

    clause(
      "lets a lease lapse in time, after which the name is free, and sweeps what is left of it",
      async (ground) => {
        granted(await createServer(ground, { id: "cam", ttlMs: 20_000 }, undefined, hash(ground, "cam")));
        ground.clock.advance(19_999);
        granted(await renewServer(ground, "cam", ground.asker("cam")));
        ground.clock.advance(19_999);
        granted(await getServer(ground, "cam"));
        ground.clock.advance(1);
        assert.equal(refusedWith(await getServer(ground, "cam")), "not-found");
        assert.equal(refusedWith(await renewServer(ground, "cam", ground.asker("cam"))), "not-found");
        assert.equal(await sweep(ground), 1);
        assert.equal(await ground.store.get("server", "cam"), undefined);
        assert.equal(
          granted(await createServer(ground, { id: "cam" }, undefined, hash(ground, "other"))).created,
          true,
        );
      },
    );

    clause(
      "finds servers by room, protocol and version, a page at a time, unlisted rooms only by name",
      async (ground) => {
        granted(await createRoom(ground, { id: "hall" }, hash(ground, "ann")));
        granted(await createRoom(ground, { id: "hidden", listed: false }, hash(ground, "ann")));
        const versions = ["1", "1.4", "2.0.1", "2", "21"];
        for (const [index, version] of versions.entries()) {
          granted(
            await createServer(
              ground,
              { id: `cam-${index}`, room: "hall", services: [{ protocol: "camera", version }] },
              undefined,
              hash(ground, "c"),
            ),
          );
        }
        granted(
          await createServer(
            ground,
            { id: "secret", room: "hidden", services: [{ protocol: "camera" }] },
            undefined,
            hash(ground, "c"),
          ),
        );
        granted(
          await createServer(
            ground,
            { id: "thermo", services: [{ protocol: "sensor" }] },
            undefined,
            hash(ground, "c"),
          ),
        );
        const ids = async (filter: object, size = 50, token = "") => {
          const page = granted(await listServers(ground, filter, { size, token }));
          return [page.items.map((server) => server.record.id), page.nextToken] as const;
        };
        assert.deepEqual((await ids({ room: "hall", protocol: "camera", version: "2" }))[0], [
          "cam-2",
          "cam-3",
        ]);
        assert.deepEqual((await ids({ protocol: "sensor" }))[0], ["thermo"]);
        assert.deepEqual((await ids({ room: "hidden" }))[0], ["secret"]);
        assert.ok(!(await ids({}))[0].includes("secret"));
        const [first, next] = await ids({ room: "hall" }, 3);
        const [second, end] = await ids({ room: "hall" }, 3, next);
        assert.deepEqual([first, second, end], [["cam-0", "cam-1", "cam-2"], ["cam-3", "cam-4"], ""]);
        assert.equal(
          refusedWith(await listServers(ground, { room: "hidden" }, { token: next })),
          "bad-argument",
        );
        assert.equal(refusedWith(await listServers(ground, { room: "nowhere" }, {})), "not-found");
      },
    );

    clause("changes a server for its owner, of the edition that was read", async (ground) => {
      const { server } = granted(await createServer(ground, { id: "cam" }, undefined, hash(ground, "cam")));
      const asker = ground.asker("cam");
      assert.equal(
        refusedWith(await updateServer(ground, "cam", ground.asker("bob"), { displayName: "x" })),
        "forbidden",
      );
      const changed = granted(
        await updateServer(ground, "cam", asker, { displayName: "Door", etag: server.etag }),
      );
      assert.equal(changed.record.displayName, "Door");
      assert.equal(
        refusedWith(await updateServer(ground, "cam", asker, { displayName: "Gate", etag: server.etag })),
        "etag-mismatch",
      );
      assert.equal(
        refusedWith(await deleteServer(ground, "cam", asker, { etag: server.etag })),
        "etag-mismatch",
      );
      granted(await deleteServer(ground, "cam", asker, { etag: changed.etag }));
      assert.equal(refusedWith(await getServer(ground, "cam")), "not-found");
    });

    clause("keeps each service's own edition, and what binary peers wrote", async (ground) => {
      granted(
        await createServer(
          ground,
          { id: "cam", services: [{ protocol: "camera", binary: "wqEDCg==" }] },
          undefined,
          hash(ground, "cam"),
        ),
      );
      const asker = ground.asker("cam");
      const camera = granted(await getService(ground, "cam", "camera"));
      assert.equal(camera.record.binary, "wqEDCg==");
      granted(await createService(ground, "cam", asker, { protocol: "sensor" }));
      assert.equal(granted(await getService(ground, "cam", "camera")).etag, camera.etag);
      const changed = granted(
        await updateService(ground, "cam", "camera", asker, { etag: camera.etag }, (before) => ({
          ...before,
          protocol: "camera",
          displayName: "Front",
        })),
      );
      assert.notEqual(changed.etag, camera.etag);
      assert.equal(changed.record.binary, "wqEDCg==");
      assert.equal(
        refusedWith(
          await updateService(ground, "cam", "camera", asker, { etag: camera.etag }, () => ({
            protocol: "camera",
          })),
        ),
        "etag-mismatch",
      );
      assert.equal(refusedWith(await createService(ground, "cam", asker, { protocol: "sensor" })), "exists");
      assert.equal(
        refusedWith(await createService(ground, "cam", asker, { protocol: "Sensor!" })),
        "bad-argument",
      );
      assert.equal(
        refusedWith(await createService(ground, "cam", asker, { protocol: "x", version: "1.x" })),
        "bad-argument",
      );
      assert.deepEqual(
        granted(await listServices(ground, "cam", {})).items.map((service) => service.record.id),
        ["camera", "sensor"],
      );
      granted(await deleteService(ground, "cam", "sensor", asker, {}));
      assert.equal(refusedWith(await getService(ground, "cam", "sensor")), "not-found");
    });

    clause(
      "refuses what is over its bounds",
      async (ground) => {
        granted(await createRoom(ground, { id: "a" }, hash(ground, "ann")));
        granted(await createRoom(ground, { id: "b" }, hash(ground, "ann")));
        assert.equal(
          refusedWith(await createRoom(ground, { id: "c" }, hash(ground, "ann"))),
          "registry-full",
        );
        granted(await createServer(ground, { id: "one", room: "a" }, undefined, hash(ground, "x")));
        assert.equal(
          refusedWith(await createServer(ground, { id: "two", room: "a" }, undefined, hash(ground, "x"))),
          "registry-full",
        );
        const services = [{ protocol: "p" }, { protocol: "q" }];
        assert.equal(
          refusedWith(
            await createServer(ground, { id: "one", room: "a", services }, undefined, hash(ground, "x")),
          ),
          "too-many-services",
        );
        const attributes = { text: "x".repeat(200) };
        assert.equal(
          refusedWith(
            await createServer(
              ground,
              { id: "one", room: "a", services: [{ protocol: "p", attributes }] },
              undefined,
              hash(ground, "x"),
            ),
          ),
          "too-large",
        );
      },
      { roomsKept: 2, serversPerRoom: 1, servicesPerServer: 1, attributesBytes: 100 },
    );
  });
};
