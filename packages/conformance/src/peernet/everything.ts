// SPDX-License-Identifier: MIT
/** One story that uses every method of PeerNet, and what was answered on the way. */
import assert from "node:assert/strict";
import { create, type MessageInitShape, type MessageShape, toJson } from "@bufbuild/protobuf";
import { PeerNetService, Visibility } from "@signalbox/peernet/schema";
import { answer, camera, candidate, clientToken, deviceToken, offer } from "./bench.ts";
import type { Wire } from "./wires.ts";

type Methods = (typeof PeerNetService)["method"];
const { method: methods } = PeerNetService;

/** Without what is different each time: moments, minted names, etags. */
const steady = (json: unknown): unknown =>
  JSON.parse(
    JSON.stringify(json)
      .replaceAll(/"\d{4}-\d\d-\d\dT[^"]*Z"/g, '"(time)"')
      .replaceAll(/knocks\/[0-9a-z-]+/g, "knocks/(id)")
      .replaceAll(/"etag":"(?:[^"\\]|\\.)*"/g, '"etag":"(etag)"')
      .replaceAll(/"cursor":"\d+"/g, '"cursor":"(cursor)"'),
  );

export interface Told {
  readonly method: string;
  readonly reply: unknown;
}

export const everything = async (wire: Wire): Promise<readonly Told[]> => {
  const told: Told[] = [];
  const note = (name: keyof Methods, reply: unknown) => told.push({ method: name, reply: steady(reply) });
  const call = async <M extends keyof Methods>(
    name: M,
    request: MessageInitShape<Methods[M]["input"]>,
    token = deviceToken,
  ): Promise<MessageShape<Methods[M]["output"]>> => {
    const method = methods[name];
    const reply = await wire.call(method, create(method.input, request as never), token);
    note(name, toJson(method.output, reply as never));
    return reply as MessageShape<Methods[M]["output"]>;
  };

  await call("createRoom", { room: { uniqueId: "hall", displayName: "Hall" } });
  await call("getRoom", { name: "rooms/hall" });
  await call("listRooms", { pageSize: 10 });
  await call("createServer", {
    server: { ...camera, room: "rooms/den", ttl: { seconds: 120n } },
    room: { uniqueId: "den", visibility: Visibility.UNLISTED },
    requestId: "first",
  });
  await call("getServer", { name: "servers/cam" });
  await call("updateServer", {
    server: { name: "servers/cam", displayName: "Back door" },
    updateMask: { paths: ["display_name"] },
  });
  await call("renewServer", { name: "servers/cam", ttl: { seconds: 60n } });
  await call("listServers", { room: "rooms/den", protocol: "camera", version: "1" }, clientToken);
  await call("createService", { parent: "servers/cam", service: { protocol: "sensor", version: "1" } });
  await call("getService", { name: "servers/cam/services/sensor" });
  await call("listServices", { parent: "servers/cam", pageSize: 1 });
  await call("updateService", { service: { name: "servers/cam/services/sensor", displayName: "Loft" } });

  const knocked = await call(
    "createKnock",
    { parent: "servers/cam/services/camera", knock: { offer, iceCandidates: [candidate(1)] } },
    clientToken,
  );
  const { name = "" } = knocked.knock ?? {};
  const { knocks, cursor } = await call("listKnocks", {
    parent: "servers/cam/services/-",
    wait: { seconds: 5n },
  });
  assert.equal(knocks[0]?.name, name);
  await call("listKnocks", { parent: "servers/cam", cursor });
  await call(
    "addIceCandidates",
    { name, iceCandidates: [candidate(2)], candidatesComplete: true },
    clientToken,
  );
  await call("answerKnock", { name, answer, iceCandidates: [candidate(3, "answ")] });
  await call("getKnock", { name, wait: { seconds: 5n } }, clientToken);

  // The fewest messages: the device waits in an exchange, the client in its knock.
  const waits = wire.call(
    methods.exchangeKnocks,
    create(methods.exchangeKnocks.input, { parent: "servers/cam", cursor, wait: { seconds: 20n } }),
    deviceToken,
  );
  const asked = wire.call(
    methods.createKnock,
    create(methods.createKnock.input, {
      selector: { room: "rooms/den", protocol: "camera" },
      knock: { offer },
      wait: { seconds: 20n },
    }),
    clientToken,
  );
  const handed = (await waits) as MessageShape<Methods["exchangeKnocks"]["output"]>;
  assert.equal(handed.knocks.length, 1);
  await call("exchangeKnocks", {
    parent: "servers/cam",
    cursor: handed.cursor,
    answers: [
      { name: handed.knocks[0]?.name ?? "", answer },
      { name: "servers/cam/services/camera/knocks/none" },
    ],
  });
  note("createKnock", toJson(methods.createKnock.output, (await asked) as never));

  const third = await call(
    "createKnock",
    { parent: "servers/cam/services/sensor", knock: { offer } },
    clientToken,
  );
  const watched = await wire.watch(
    methods.watchKnocks,
    create(methods.watchKnocks.input, { parent: "servers/cam", cursor: handed.cursor }),
    deviceToken,
    1,
  );
  for (const event of watched) note("watchKnocks", toJson(methods.watchKnocks.output, event as never));
  const { name: thirdName = "" } = third.knock ?? {};
  await call("deleteKnock", { name: thirdName }, clientToken);
  const fates = await wire.watch(
    methods.watchKnock,
    create(methods.watchKnock.input, { name: thirdName }),
    clientToken,
    1,
  );
  for (const fate of fates) note("watchKnock", toJson(methods.watchKnock.output, fate as never));

  await call("deleteService", { name: "servers/cam/services/sensor" });
  await call("deleteServer", { name: "servers/cam" });
  await call("deleteRoom", { name: "rooms/hall", force: true });
  return told;
};
