// SPDX-License-Identifier: MIT
/** Many peers whose lines break again and again while they call each other: right after a signal, in the midst of a frame, or silently. */
import assert from "node:assert/strict";
import { setTimeout as passing } from "node:timers/promises";
import { assertKept, type ChaosRun } from "./chaos.ts";
import { atRest } from "./history.ts";
import type { ServerNode } from "./nodes.ts";
import type { ChaosPeer } from "./peer.ts";
import { picture } from "./picture.ts";
import { eventually, stageFor } from "./stage.ts";

export interface DropsRun extends ChaosRun {
  /** Lines that were broken. */
  readonly drops: number;
  /** Lines on which a session went on. */
  readonly resumes: number;
  /** Of those, on another node than before. */
  readonly moves: number;
  readonly peers: number;
}

/** 200 peers: on average one of them breaks its line each few milliseconds, and each has time to say something in between. */
const rooms = 20;
const perRoom = 10;
/** Pause between two rounds. Milliseconds. */
const roundMs = 5;
/** Of those that have a line, how many signal and how many break it in one round. */
const signalling = 0.1;
const breaking = 0.03;
/** How often a peer comes back to a node that is drawn, which may be the same. */
const moving = 0.4;
/** All peers come from one address, and nothing here is about its limits. */
const limits = ["handshakesPerSecondPerAddress", "handshakeBurstPerAddress", "framesPerSecondPerAddress"].map(
  (limit) => `${limit}=100000`,
);

/** Breaks lines until so many were resumed, and holds the histories against the promises. */
export const drops = async (seed: number, wanted: number): Promise<DropsRun> => {
  const stage = await stageFor(seed, { leaseMs: 10_000, limits });
  const { nodes, draw } = stage;
  let [broken, moves] = [0, 0];
  const comer = (room: number, number: number): ChaosPeer => {
    let at: ServerNode | undefined;
    const place = () => {
      const next = at === undefined || draw() < moving ? nodes[Math.floor(draw() * nodes.length)] : at;
      if (at !== undefined && next !== at) moves += 1;
      at = next;
      return at?.url;
    };
    return stage.guest(`p${number}`, place, { room: `room ${room}`, againMs: 1, patienceMs: 10_000 });
  };
  const crowd = Array.from({ length: rooms }, (_, room) =>
    Array.from({ length: perRoom }, (_, number) => comer(room, number)),
  );
  const everybody = crowd.flat();
  const settled = () => crowd.every((peers) => atRest(peers));
  const breakLine = (peer: ChaosPeer): void => {
    broken += 1;
    const how = Math.floor(draw() * 3);
    if (how === 0) peer.signal(Math.floor(draw() * 100));
    peer.drop(how === 1 ? "mid-frame" : "now");
  };
  const resumes = () => everybody.reduce((sum, { history }) => sum + history.resumes, 0);
  try {
    await eventually(stage, "everybody is in", settled);
    for (let round = 0; resumes() < wanted; round += 1) {
      if (round > 2 * wanted + 1_000)
        assert.fail(`only ${resumes()} lines were resumed\n${await picture(stage)}`);
      for (const peer of everybody) {
        if (!peer.present) continue;
        if (draw() < signalling) peer.signal(Math.floor(draw() * 100));
        if (draw() < breaking) breakLine(peer);
      }
      await passing(roundMs);
    }
    await eventually(stage, "everybody knows exactly the others", settled);
    const run = await assertKept(stage, `seed ${seed}`);
    assert.equal(run.stays, everybody.length, "somebody had to join anew");
    return { ...run, drops: broken, resumes: resumes(), moves, peers: everybody.length };
  } finally {
    await stage.stop();
  }
};
