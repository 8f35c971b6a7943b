// SPDX-License-Identifier: MIT
/** Results as tables of ratios, in Markdown. */
import type { ReceiptCase } from "./load/receipts.ts";
import { receiptCases } from "./load/receipts.ts";
import type { RelaySlice } from "./load/relay.ts";
import type { WireName } from "./load/wires.ts";
import { entranceWires, joinBatch, type Plan } from "./plan.ts";
import { callTable, dtlsTable, knockTable } from "./report-peernet.ts";
import type { RelayCell, Results } from "./run.ts";
import { compare, mean, median, quantile, ratioOf } from "./statistics.ts";
import { type Aim, judged, shown, table } from "./tables.ts";

/** What is compared, and what the project aims at. The first name is measured in units of the second. */
const relayRows: readonly { readonly ours: WireName; readonly theirs: WireName; readonly aim?: Aim }[] = [
  { ours: "unrupt", theirs: "parse-to", aim: { bound: 0.9, kind: "at least" } },
  { ours: "native", theirs: "receipt", aim: { bound: 0.85, kind: "at least" } },
  { ours: "native", theirs: "peer", aim: { bound: 1, kind: "at least" } },
  { ours: "unrupt", theirs: "peer" },
  { ours: "flitter", theirs: "peer" },
  { ours: "flitter", theirs: "parse-to" },
  { ours: "parse-to", theirs: "forward" },
  { ours: "receipt", theirs: "forward" },
  { ours: "peer", theirs: "forward" },
];

const titles: { readonly [Name in WireName]: string } = {
  forward: "`ws`, forwards untouched",
  "parse-to": "`ws`, parses `to`",
  receipt: "`ws`, writes receipts",
  peer: "`peer`",
  native: "native, with receipts",
  flitter: "flitter",
  unrupt: "unrupt",
};

/** A server that has its core for less than this part of the time could have done more. */
const busyShare = 0.95;

export const report = (plan: Plan, results: Results): string =>
  [
    relayTable(results.relay),
    handshakeTable(results),
    memoryTable(results),
    receiptTable(results),
    joinTable(plan, results),
    callTable(results.calls),
    knockTable(results.knocks),
    dtlsTable(results.dtls),
  ]
    .filter((text) => text !== "")
    .join("\n");

const relayTable = (cells: readonly RelayCell[]): string => {
  if (cells.length === 0) return "";
  const rows = relayRows.flatMap(({ ours, theirs, aim }) =>
    cells.map(({ bytes, inFlight, slices }) => {
      const of = (name: WireName) => slices.filter(({ wire }) => wire === name);
      const rate = compare(of(ours), of(theirs), ({ messages, seconds }) => messages / seconds);
      const work = compare(
        of(ours),
        of(theirs),
        ({ messages, serverSeconds }) => serverSeconds && messages / serverSeconds,
      );
      return [
        `${titles[ours]} / ${titles[theirs]}`,
        String(bytes),
        String(inFlight),
        `${boundOf(of(ours), of(theirs))}${shown(rate)}`,
        shown(work),
        judged(work ?? rate, aim),
      ];
    }),
  );
  return table(
    "Relay rate",
    [
      "measured / reference",
      "bytes",
      "in flight",
      "messages a second",
      "messages a second of server CPU",
      "aim",
    ],
    rows,
  );
};

/** Where a server did not have its core full, its rate is only a bound: it waited for its load, or others had the core. */
const boundOf = (ours: readonly RelaySlice[], theirs: readonly RelaySlice[]): string => {
  const busy = (slices: readonly RelaySlice[]) =>
    median(slices.map(({ serverSeconds = Number.NaN, seconds }) => serverSeconds / seconds)) >= busyShare;
  if (busy(ours)) return busy(theirs) ? "" : "≤ ";
  return busy(theirs) ? "≥ " : "~ ";
};

const handshakeTable = ({ handshakes }: Results): string => {
  if (handshakes.length === 0) return "";
  const of = (name: WireName) => handshakes.filter(({ wire }) => wire === name);
  const rows = entranceWires
    .filter((name) => name !== "parse-to")
    .flatMap((name) =>
      (name === "peer" ? (["parse-to"] as const) : (["parse-to", "peer"] as const)).map((theirs) => [
        `${titles[name]} / ${theirs === "parse-to" ? "bare `ws`" : titles.peer}`,
        shown(compare(of(name), of(theirs), (burst) => burst.handshakes / burst.seconds)),
        shown(
          compare(
            of(name),
            of(theirs),
            ({ serverSeconds, ...burst }) => serverSeconds && burst.handshakes / serverSeconds,
          ),
        ),
      ]),
    );
  return table(
    "Handshakes, until others can reach the peer",
    ["measured / reference", "handshakes a second", "handshakes a second of server CPU"],
    rows,
  );
};

const memoryTable = ({ memory }: Results): string => {
  if (memory.length === 0) return "";
  const of = (name: WireName) => memory.filter(({ wire }) => wire === name);
  const aim: Aim = { bound: 1.4, kind: "at most" };
  const rows = entranceWires
    .filter((name) => name !== "parse-to")
    .map((name) => {
      const settled = compare(of(name), of("parse-to"), ({ settledBytes }) => settledBytes);
      const rss = compare(of(name), of("parse-to"), ({ rssBytes }) => rssBytes);
      return [
        `${titles[name]} / bare \`ws\``,
        shown(settled),
        shown(rss),
        name === "peer" ? "" : judged(settled, aim),
      ];
    });
  const lines = memory[0]?.lines ?? 0;
  return table(
    `Memory of an idle line, with ${lines} open`,
    ["measured / reference", "RSS, heap settled", "RSS after collection", "aim"],
    rows,
  );
};

const receiptTitles: { readonly [Name in ReceiptCase]: string } = {
  echo: "echo",
  "receipt relay": "`ws` relay that writes receipts",
  sent: "native: `sent`",
  unknown: "native: `unknown`",
  delivered: "native: `delivered` (the target's acknowledgement is awaited)",
};

const receiptTable = ({ receipts }: Results): string => {
  if (receipts.length === 0) return "";
  const of = (wanted: ReceiptCase) => receipts.filter(({ name }) => name === wanted);
  const rows = receiptCases
    .filter((name) => name !== "echo")
    .map((name) => [
      receiptTitles[name],
      ...[0.1, 0.5, 0.9, 0.99].map((share) =>
        shown(compare(of(name), of("echo"), ({ micros }) => quantile(micros, share))),
      ),
    ]);
  return table(
    "Time to a receipt, in units of a bare `ws` echo's",
    ["", "10 %", "median", "90 %", "99 %"],
    rows,
  );
};

const joinTable = ({ joins: { peers } }: Plan, { joins }: Results): string => {
  if (joins.length === 0) return "";
  const first = median(joins.map(([time = Number.NaN]) => time));
  const rows = peers.map((size) => {
    const thousands = size / joinBatch;
    // A tenth of the crowd, so that single collections of garbage fall out of the median.
    const last = joins.map(
      (times) => median(times.slice(thousands - Math.max(1, Math.floor(thousands / 10)), thousands)) / first,
    );
    const all = joins.map((times) => mean(times.slice(0, thousands)) / first);
    return [String(size), shown(ratioOf(last)), shown(ratioOf(all))];
  });
  return table(
    "Time per join, in units of the first thousand's",
    [
      "peers in the room",
      "last tenth, median of its thousands",
      "mean of all so far, garbage collection included",
    ],
    rows,
  );
};
