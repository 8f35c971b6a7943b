// SPDX-License-Identifier: MIT
/** The paper's tables: what is assumed, what it comes to, and where it breaks first. */

import type { CostSheet } from "../cluster/sheet.ts";
import { costTitles } from "../report-cluster.ts";
import { table } from "../tables.ts";
import { boundsOf } from "./bounds.ts";
import { measuredCosts } from "./measured.ts";
import { counted, type Ground, type Load, type MeasuredCosts, type Needs, needsOf } from "./model.ts";

/** Three digits that count. */
export const amount = (value: number): string => {
  if (value === 0) return "0";
  const rounded = Number(value.toPrecision(value >= 100 ? 3 : 2));
  return rounded >= 10_000 ? rounded.toLocaleString("en") : String(rounded);
};

export const peersShown = (peers: number): string =>
  peers >= 1e6 ? `${amount(peers / 1e6)} million` : peers.toLocaleString("en");

/** What the paper counts with, from the measured rows of the same name. */
export const costsTable = (costs: MeasuredCosts): string =>
  [
    table(
      "Measured, each time",
      ["", "µs of nodes' CPU", "µs of Redis' CPU", "bytes to and from Redis"],
      [
        ...counted.map((name) => [
          costTitles[name],
          amount(costs.each[name].nodeMicros),
          amount(costs.each[name].redisMicros),
          amount(costs.each[name].inBytes + costs.each[name].outBytes),
        ]),
        ["a TLS handshake, where a node has the certificate", amount(costs.tlsMicros), "0", "0"],
        [
          "a node renews its lease, and hears its own mark",
          "",
          amount(costs.renewal.redisMicros),
          amount(costs.renewal.inBytes + costs.renewal.outBytes),
        ],
      ],
    ),
    table(
      "Measured, each held",
      ["", "bytes on a node", "bytes in Redis"],
      [
        ["a native peer in a room of two", amount(costs.lineBytes), amount(costs.seatBytes)],
        ["the same with TLS at the node: more by", amount(costs.tlsBytes), "0"],
        ["a registered PeerNet device", "0", amount(costs.deviceBytes)],
      ],
    ),
  ].join("\n");

const loadWords: { readonly [Name in Exclude<keyof Load, "peers">]: string } = {
  sessionMinutes: "how long a peer stays, minutes",
  callsPerHour: "calls a peer begins in an hour",
  signalsPerCall: "signals of a call: two descriptions, nine candidates each way",
  breaksPerHour: "lines of a peer that break and are resumed in an hour",
  devicesPerPeer: "PeerNet devices for each peer",
  pollEverySeconds: "how long a device waits for knocks before it asks anew, seconds",
  knocksPerHour: "knocks at a device in an hour",
  peak: "how much more happens in a busy second than on average",
};

const groundWords: { readonly [Name in keyof Ground]: string } = {
  linesPerNode: "lines a node takes: the limit `connections`",
  busyShare: "the part of a core that is planned for in a busy second; the rest is for storms",
  leaseMs: "the limit `leaseMs`",
  portsPerPair: "ports of one balancer's address towards one node's",
  linesPerBalancer: "peers whose lines one balancer holds",
};

const assumedTable = (load: Load, ground: Ground): string =>
  table(
    "Assumed",
    ["option of `npm run scale`", "", "here"],
    [...Object.entries(loadWords), ...Object.entries(groundWords)].map(([name, words]) => [
      `\`${name}\``,
      words,
      amount({ ...load, ...ground }[name as keyof Load | keyof Ground]),
    ]),
  );

const line = (title: string, all: readonly Needs[], value: (needs: Needs) => string): readonly string[] => [
  title,
  ...all.map(value),
];

const time = (seconds: number): string =>
  seconds < 1 ? "under 1 s" : seconds < 120 ? `${amount(seconds)} s` : `${amount(seconds / 60)} min`;

export const needsTable = (loads: readonly Load[], ground: Ground, costs: MeasuredCosts): string => {
  const all = loads.map((load) => needsOf(load, ground, costs));
  const head = ["", ...loads.map(({ peers }) => `${peersShown(peers)} peers`)];
  const most = 5;
  const bounds = loads.map((load, index) => {
    const needs = all[index];
    return needs === undefined ? [] : boundsOf(load, ground, needs);
  });
  return [
    table("What happens in a busy second", head, [
      line("peers come in, and as many go", all, ({ rates }) => amount(rates["come across"])),
      line("signals", all, ({ rates }) => amount(rates["signal across"])),
      line("peers resume on another line", all, ({ rates }) => amount(rates["resume elsewhere"])),
      line("devices ask for knocks, and wait", all, ({ rates }) => amount(rates.poll)),
      line("knocks", all, ({ rates }) => amount(rates["knock across"])),
    ]),
    table("What it takes", head, [
      line("cores that nodes keep busy", all, ({ nodeCores }) => amount(nodeCores)),
      line("**nodes**, one core each", all, ({ nodes }) => amount(nodes)),
      line("lines of a node", all, ({ linesPerNode }) => amount(linesPerNode)),
      line(
        "memory of all lines, GiB, beside up to 0.7 that each busy node had here",
        all,
        ({ nodeGigabytes }) => amount(nodeGigabytes),
      ),
      line("cores that Redis keeps busy", all, ({ redisCores }) => amount(redisCores)),
      line("of them for PeerNet, in one slot", all, ({ registryCores }) => amount(registryCores)),
      line("of them for the nodes' leases", all, ({ leaseCores }) => amount(leaseCores)),
      line("**masters of Redis**, one core each", all, ({ masters }) => amount(masters)),
      line("memory of all masters, GiB", all, ({ redisGigabytes }) => amount(redisGigabytes)),
      line("to and from Redis, Mbit/s", all, ({ redisMegabits }) => amount(redisMegabits)),
      line("connections of each master", all, ({ connectionsPerMaster }) => amount(connectionsPerMaster)),
      line("**balancers**", all, ({ balancers }) => amount(balancers)),
      line("connections between one balancer and one node", all, ({ portsPerPair }) => amount(portsPerPair)),
    ]),
    table("When something is lost", head, [
      line("a node is killed: its members are out, after the lease, within", all, ({ sweepSeconds }) =>
        time(sweepSeconds),
      ),
      line("a node drains: all sessions are elsewhere within", all, ({ drainSeconds }) => time(drainSeconds)),
      line(
        "a balancer is lost: its peers are back, TLS at the nodes, at the earliest after",
        all,
        ({ balancerStormSeconds }) => time(balancerStormSeconds),
      ),
      line(
        "everybody comes back at once: nodes and Redis are done, at the earliest, after",
        all,
        ({ stormSeconds }) => time(stormSeconds),
      ),
      line("a master is lost, each once a year: short pauses for newcomers in a year", all, ({ masters }) =>
        amount(masters),
      ),
    ]),
    ...loads.map(({ peers }, index) =>
      table(
        `Where it breaks first with ${peersShown(peers)} peers`,
        ["", "how full", "and then"],
        (bounds[index] ?? [])
          .slice(0, most)
          .map(({ what, share, remedy }) => [
            what,
            share > 1 ? `**${amount(share * 100)} %**` : `${amount(share * 100)} %`,
            remedy,
          ]),
      ),
    ),
  ].join("\n");
};

/** The generated part of docs/scale.md. */
export const paperTables = (sheet: CostSheet, loads: readonly Load[], ground: Ground): string => {
  const costs = measuredCosts(sheet);
  const [usual] = loads;
  const assumed = usual === undefined ? "" : assumedTable(usual, ground);
  return [costsTable(costs), assumed, needsTable(loads, ground, costs)].join("\n");
};
