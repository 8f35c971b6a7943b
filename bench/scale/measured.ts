// SPDX-License-Identifier: MIT
/** From what was measured of a cluster to what the paper counts with: which row is which number. */
import type { CostSheet, PerTime } from "../cluster/sheet.ts";
import { costOf } from "../report-cluster.ts";
import type { Counted, MeasuredCosts } from "./model.ts";

const missing = (what: string): never => {
  throw new Error(`costs.json has nothing of ${what}: run \`npm run bench -- --only cluster\``);
};

export const measuredCosts = (sheet: CostSheet): MeasuredCosts => {
  const each = (name: Counted): PerTime => costOf(sheet, name) ?? missing(name);
  const held = (what: "line" | "server") =>
    sheet.held.find((row) => row.what === what && row.wire === "native" && row.redis) ?? missing(what);
  const line = (wanted: boolean) => sheet.secure.find(({ secure }) => secure === wanted) ?? missing("TLS");
  const { sweeps, drain } = sheet;
  const sweep = sweeps.find(({ where }) => where === "rooms of two") ?? missing("a killed node");
  return {
    each: {
      "come across": each("come across"),
      "go across": each("go across"),
      "signal across": each("signal across"),
      "resume elsewhere": each("resume elsewhere"),
      poll: each("poll"),
      "knock across": each("knock across"),
    },
    lineBytes: held("line").nodeBytes,
    seatBytes: held("line").redisBytes,
    deviceBytes: held("server").redisBytes,
    tlsMicros: line(true).nodeMicros - line(false).nodeMicros,
    tlsBytes: line(true).nodeBytes - line(false).nodeBytes,
    renewal: sheet.leases.at(-1) ?? missing("leases"),
    sweptSeconds: sweep.seconds / sweep.members,
    drainedSeconds: drain.seconds / drain.sessions,
  };
};
