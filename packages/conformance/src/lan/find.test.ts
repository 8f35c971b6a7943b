// SPDX-License-Identifier: MIT
/** Finding a service with the real parts: announcements on the loopback network, a real server's room and directory. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { connect } from "@signalbox/client";
import { find } from "@signalbox/client/peernet";
import {
  type Discovery,
  findService,
  reachableUrl,
  startDiscovery,
  type Wanted,
} from "@signalbox/lan/discovery";
import { startServer } from "@signalbox/server";

/** Broadcasts of the loopback network: they never leave the machine. */
const loopback = { interfaces: ["127.0.0.1"], broadcast: "127.255.255.255" };

const freePort = async (): Promise<number> => {
  const socket = createSocket("udp4");
  socket.bind(0);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return port;
};

const listen = async (context: TestContext, port: number): Promise<Discovery> => {
  const discovery = await startDiscovery({ ...loopback, port });
  context.after(() => discovery.close());
  return discovery;
};

/** A server that announces itself, with a camera in its room and another in its directory. */
const box = async (context: TestContext, discoveryPort: number) => {
  const { host, broadcast } = { host: "127.0.0.1", broadcast: loopback.broadcast };
  const server = await startServer({
    host,
    port: 0,
    level: "silent",
    lan: { lines: [], host, broadcast, discoveryPort, announce: "Box" },
  });
  const url = server.url.replace("localhost", host);
  const camera = await connect({
    url,
    room: "hall",
    id: "porch",
    media: [],
    services: [{ name: "camera", protocol: "webrtc" }],
  });
  context.after(async () => {
    camera.session.close();
    const closed = server.close();
    server.cut();
    await closed;
  });
  const registered = await fetch(`${url}/v1/servers`, {
    method: "POST",
    headers: { authorization: `Bearer ${"device-".repeat(5)}` },
    body: JSON.stringify({ uniqueId: "cam-1", services: [{ uniqueId: "camera", protocol: "rtsp" }] }),
  });
  assert.equal(registered.status, 201, await registered.text());
};

const directoryAt =
  (url: string) =>
  ({ protocol }: Wanted) =>
    find({ url, ...(protocol === undefined ? {} : { protocol }) });

test("a peer finds the server by its announcement, and there what nobody on the LAN offers; once somebody does, that one comes first", async (context) => {
  const port = await freePort();
  const discovery = await listen(context, port);
  await box(context, port);
  const servers = await findService({ service: "signaling", protocol: "native" }, { discovery });
  const url = servers.map((found) => found.where === "lan" && reachableUrl(found.neighbour))[0] || "";
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);

  const findCamera = () =>
    findService(
      { service: "camera" },
      {
        discovery,
        async room() {
          const room = await connect({ url, room: "hall", media: [] });
          context.after(() => room.session.close());
          return room;
        },
        directory: directoryAt(url),
      },
    );
  const far = await findCamera();
  assert.deepEqual(
    far.map((found) => [
      found.where,
      found.where === "room" ? found.member.id : found.where === "directory" ? found.server.id : "",
      found.service.protocol,
    ]),
    [
      ["room", "porch", "webrtc"],
      ["directory", "cam-1", "rtsp"],
    ],
  );

  const near = await startDiscovery({
    ...loopback,
    port,
    announce: { kind: "peer", name: "Bench", services: [{ name: "camera", protocol: "webrtc" }] },
  });
  context.after(() => near.close());
  const found = await findCamera();
  assert.deepEqual(
    found.map((one) => one.where === "lan" && one.neighbour.name),
    ["Bench"],
  );
});

test("a server that cannot be reached is told as such, not as nobody", async (context) => {
  const discovery = await listen(context, await freePort());
  const nowhere = `http://127.0.0.1:${await freePort()}`;
  await assert.rejects(findService({ service: "camera" }, { discovery, directory: directoryAt(nowhere) }), {
    name: "PeerNetError",
  });
});
