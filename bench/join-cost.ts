// SPDX-License-Identifier: MIT
/** A process that times joins: a hub without sockets, and peers that come into one unannounced room, a thousand at a time. */
import { randomBytes } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { memoryDirectory, memoryNetwork } from "@signalbox/backplane/memory";
import { type Chance, createHub, type Hub, type LinePort, type NodeId } from "@signalbox/core";
import { handClock, handshakeAt, noIceServers, openDoor } from "@signalbox/core/testing";
import { unrupt } from "@signalbox/dialects/unrupt";
import { answering } from "./child.ts";
import { joinBatch } from "./plan.ts";

export interface JoinJob {
  readonly peers: number;
  readonly rounds: number;
}

/** Microseconds per join of each thousand, in order. */
export type JoinTimes = readonly number[];

const chance: Chance = {
  id: () => randomBytes(12).toString("base64url"),
  secret: () => randomBytes(18).toString("base64url"),
  equal: (a, b) => a === b,
};

const port: LinePort = { write() {}, close() {}, pause() {}, resume() {}, backlogBytes: () => 0 };
const dialect = unrupt();

const crowd = async (peers: number): Promise<JoinTimes> => {
  let joined = 0;
  const node = "bench" as NodeId;
  const hub = createHub({
    node,
    directory: memoryDirectory(),
    bus: memoryNetwork().bus(node),
    clock: handClock(),
    chance,
    guard: openDoor,
    ice: noIceServers,
    observe(observation) {
      if (observation.type === "failed") throw observation.error;
      if (observation.type === "joined") joined += 1;
    },
  });
  const times: number[] = [];
  for (let begun = 0; begun < peers; begun += joinBatch) times.push(await batch(hub, begun, () => joined));
  hub.close();
  return times;
};

const batch = async (hub: Hub, begun: number, joined: () => number): Promise<number> => {
  const handshakes = Array.from({ length: joinBatch }, (_, index) =>
    handshakeAt(`/websocket/?finger=peer-${begun + index}`),
  );
  const at = performance.now();
  for (const handshake of handshakes) hub.open(port, dialect, handshake);
  // Everything is promised already: one turn of the event loop lets it happen.
  while (joined() < begun + joinBatch) await turn();
  return ((performance.now() - at) * 1000) / joinBatch;
};

answering(async ({ peers, rounds }: JoinJob) => {
  const times: JoinTimes[] = [];
  // The first crowd warms up.
  for (let round = 0; round <= rounds; round += 1) {
    globalThis.gc?.();
    const crowded = await crowd(peers);
    if (round > 0) times.push(crowded);
  }
  return times;
});
