// SPDX-License-Identifier: MIT
/** What was measured of PeerNet and of the connections it brings about, as tables. */
import type { WaitingWay } from "./calls/device.ts";
import type { CallTimes } from "./calls.ts";
import type { Opening } from "./dtls.ts";
import type { KnockCase, KnockSlice } from "./load/knocks.ts";
import { pollMs } from "./plan.ts";
import { compare, median, ratioOf } from "./statistics.ts";
import { shown, table } from "./tables.ts";

const wayTitles: { readonly [Way in WaitingWay]: string } = {
  poll: `a request every ${pollMs / 1000} s`,
  "long poll": "a request that waits",
  exchange: "an exchange",
  stream: "a stream",
};

/** Of signaling, beyond the four ways that offer and answer have to go. Milliseconds. */
const beyondMs = 20;

export const callTable = (calls: readonly CallTimes[]): string => {
  if (calls.length === 0) return "";
  const rows = [...Map.groupBy(calls, ({ way, oneWayMs }) => `${way} ${oneWayMs}`).values()].map((times) => {
    const [{ way, oneWayMs } = { way: "poll" as const, oneWayMs: 0 }] = times;
    const of = (value: (time: CallTimes) => number) => times.map(value);
    const bound = 4 * oneWayMs + beyondMs;
    const signaling = of(({ signalingMs }) => signalingMs);
    return [
      wayTitles[way],
      String(oneWayMs),
      `${median(of(({ clientRequests }) => clientRequests))} + ${median(of(({ deviceRequests }) => deviceRequests))}`,
      inMs(signaling),
      inMs(of(({ answerMs }) => answerMs)),
      inMs(of(({ openMs }) => openMs)),
      `at most ${bound}: ${median(signaling) <= bound ? "met" : "**short**"}`,
    ];
  });
  return table(
    "From the wish for a device to its answer and an open channel, milliseconds",
    [
      "the device waits by",
      "one way",
      "requests, client + device",
      "signaling",
      "answer, both stacks' work included",
      "open channel",
      "aim for signaling",
    ],
    rows,
  );
};

const inMs = (values: readonly number[]): string => {
  const { median: middle, least, most } = ratioOf(values);
  return `${middle.toFixed(0)} (${least.toFixed(0)} to ${most.toFixed(0)})`;
};

const knockRows: readonly { readonly title: string; readonly ours: KnockCase; readonly theirs: KnockCase }[] =
  [
    { title: "REST JSON / bare `node:http`", ours: "rest", theirs: "bare" },
    { title: "Connect, binary / REST JSON", ours: "connect", theirs: "rest" },
    { title: "gRPC over h2c / REST JSON", ours: "grpc", theirs: "rest" },
    { title: "REST JSON, kept on disk / in memory", ours: "disk", theirs: "rest" },
  ];

export const knockTable = (slices: readonly KnockSlice[]): string => {
  if (slices.length === 0) return "";
  const of = (wanted: KnockCase) => slices.filter(({ name }) => name === wanted);
  const rows = knockRows.map(({ title, ours, theirs }) => [
    title,
    shown(compare(of(ours), of(theirs), ({ knocks, seconds }) => knocks / seconds)),
    shown(
      compare(of(ours), of(theirs), ({ knocks, serverSeconds }) => serverSeconds && knocks / serverSeconds),
    ),
  ]);
  return table(
    "Knocks, each made and answered",
    ["measured / reference", "knocks a second", "knocks a second of server CPU"],
    rows,
  );
};

/** Nothing but a lost ClientHello makes a connection over so short a way take so long. Milliseconds. */
const lateMs = 900;

export const dtlsTable = (openings: readonly Opening[]): string => {
  if (openings.length === 0) return "";
  const pairs = Map.groupBy(openings, ({ offerer, answerer, oneWayMs }) =>
    [offerer, answerer, oneWayMs].join(" "),
  );
  const rows = [...pairs.values()].map((pair) => {
    const [{ offerer = "", answerer = "", oneWayMs = 0 } = {}] = pair;
    const of = (wanted: Opening["setup"]) => pair.filter(({ setup }) => setup === wanted);
    const late = (wanted: Opening["setup"]) => of(wanted).filter(({ ms }) => ms > lateMs).length;
    return [
      offerer,
      answerer,
      String(oneWayMs),
      shown(compare(of("passive"), of("active"), ({ ms }) => ms)),
      `${late("active")} and ${late("passive")} of ${of("active").length}`,
    ];
  });
  return table(
    "From the answer to an open channel: the answer says `passive` / it says `active`",
    ["offerer", "answerer", "one way, ms", "time", `later than ${lateMs} ms: active, passive`],
    rows,
  );
};
