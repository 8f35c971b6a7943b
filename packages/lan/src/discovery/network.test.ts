// SPDX-License-Identifier: MIT
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { describe, type TestContext, test } from "node:test";
import { freePort } from "../testing/free-port.ts";
import { type Discovery, type DiscoveryOptions, startDiscovery } from "./discovery.ts";
import type { Neighbour } from "./neighbour.ts";
import { openDiscovery } from "./network.ts";

const loopback = { interfaces: ["127.0.0.1"], broadcast: "127.255.255.255" } as const;

const started = async (context: TestContext, options: DiscoveryOptions): Promise<Discovery> => {
  const discovery = await startDiscovery({ ...loopback, ...options });
  context.after(() => discovery.close());
  return discovery;
};

const until = (
  discovery: Discovery,
  fits: (neighbours: readonly Neighbour[]) => boolean,
): Promise<readonly Neighbour[]> =>
  new Promise((resolve) => {
    const look = (neighbours: readonly Neighbour[]) => {
      if (!fits(neighbours)) return;
      stop();
      resolve(neighbours);
    };
    const stop = discovery.watch(look);
    look(discovery.neighbours());
  });

describe("the discovery port on real sockets", () => {
  test("is shared by several on one machine, who see each other come, answer and go", async (context) => {
    const port = await freePort();
    const announce = { kind: "server", name: "Box", services: [], url: "http://*:8080" } as const;
    const announcer = await startDiscovery({ ...loopback, port, announce });
    const listener = await started(context, { port });
    listener.ask();
    const [box] = await until(listener, ({ length }) => length === 1);
    assert.deepEqual([box?.name, box?.address, box?.url], ["Box", "127.0.0.1", "http://*:8080"]);
    await announcer.close();
    await until(listener, ({ length }) => length === 0);
    assert.equal(listener.counts.forged + listener.counts.malformed + listener.counts.elsewhere, 0);
  });

  test("says that it cannot be opened where it is somebody's alone", async (context) => {
    const alone = createSocket("udp4");
    context.after(() => alone.close());
    alone.bind(0);
    await once(alone, "listening");
    await assert.rejects(openDiscovery({ ...loopback, port: alone.address().port }), /EADDRINUSE/);
  });

  test("takes a name for an address, and uses as many as an announcement can name", async (context) => {
    const port = await freePort();
    const many = Array.from({ length: 20 }, (_, index) => `127.0.1.${index + 1}`);
    const network = await openDiscovery({ port, interfaces: ["localhost", ...many] });
    context.after(network.close);
    assert.deepEqual(network.addresses(), ["127.0.0.1", ...many.slice(0, 15)]);
    await assert.rejects(openDiscovery({ port, interfaces: ["no such name"] }), { code: "ENOTFOUND" });
  });

  test("tells of an address that is not this machine's, and works on with the others", async (context) => {
    const port = await freePort();
    const errors: Error[] = [];
    const announcer = await started(context, {
      port,
      interfaces: ["192.0.2.254", "127.0.0.1"],
      announce: { kind: "peer", name: "Studio", services: [] },
      onError: (error) => errors.push(error),
    });
    const listener = await started(context, { port });
    listener.ask();
    await until(listener, ({ length }) => length === 1);
    assert.match(String(errors[0]), /EADDRNOTAVAIL/);
    assert.ok(announcer.counts.taken === 0);
  });
});
