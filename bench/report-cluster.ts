// SPDX-License-Identifier: MIT
/** What was measured of a cluster, as tables. */
import type { CostName } from "./cluster/costs.ts";
import type { CostRow, CostSheet, PerTime, RelayRow } from "./cluster/sheet.ts";
import { shown, table } from "./tables.ts";

const amount = (value: number): string => Math.round(value).toLocaleString("en");
/** Small numbers of things: one digit behind the point where there is something. */
const few = (value: number): string => (value < 0.05 ? "0" : String(Number(value.toFixed(1))));

export const costTitles: { readonly [Name in CostName]: string } = {
  come: "a native peer comes in, rooms of two on one node",
  go: "a native peer goes, rooms of two on one node",
  "come across": "a native peer comes in, rooms of two on two nodes",
  "go across": "a native peer goes, rooms of two on two nodes",
  "come to all": "native peers come in at all nodes in turn",
  "come unannounced": "an Unrupt peer comes in (one room, unannounced)",
  "go unannounced": "an Unrupt peer goes",
  visit: "a native peer comes into a room of 20 on one node, and goes",
  "visit across": "a native peer comes into a room of 20 on three nodes, and goes",
  signal: "a native signal with receipt, within a node",
  "signal across": "a native signal with receipt, to another node",
  "signal unannounced across": "an Unrupt signal, to another node",
  resume: "a native peer resumes at its node",
  "resume elsewhere": "a native peer resumes at another node: its session is handed over",
  register: "a PeerNet device registers",
  renew: "a PeerNet device renews",
  poll: "a PeerNet device waits for knocks until nothing comes, which renews it too",
  knock: "a knock and its answer, at one node",
  "knock across": "a knock and its answer, client and device at two nodes",
};

export const clusterReport = (sheet: CostSheet): string =>
  [
    `${sheet.machine}\n`,
    relayTable(sheet.relays),
    tripTable(sheet.relays),
    costTable(sheet),
    aroundTable(sheet),
    joinTable(sheet),
    memoryTable(sheet),
    leaseTable(sheet),
    lossTable(sheet),
  ].join("\n");

const wireTitles = { native: "native, with receipts", unrupt: "unrupt" } as const;

const relayTable = (rows: readonly RelayRow[]): string =>
  table(
    "Relay across nodes: messages a second, nodes and Redis together on one core",
    ["dialect", "in flight", "where", "in units of a node alone", "here", "µs of CPU each: nodes", "Redis"],
    rows.map((row) => [
      wireTitles[row.wire],
      String(row.inFlight),
      row.place,
      row.rate === undefined ? "1" : shown(row.rate),
      amount(row.perSecond),
      few(row.nodeMicros),
      row.place === "two nodes" ? few(row.redisMicros) : "0",
    ]),
  );

const tripTable = (rows: readonly RelayRow[]): string =>
  table(
    "Round trip between two peers, in units of a node alone",
    ["dialect", "in flight", "where", "median", "99 %", "median here, µs", "99 % here, µs"],
    rows.map((row) => [
      wireTitles[row.wire],
      String(row.inFlight),
      row.place,
      row.p50 === undefined ? "1" : shown(row.p50),
      row.p99 === undefined ? "1" : shown(row.p99),
      amount(row.p50Micros),
      amount(row.p99Micros),
    ]),
  );

/** The fullest cluster without anything around. */
const nodesMost = 3;

export const costOf = ({ costs }: CostSheet, name: CostName): CostRow | undefined =>
  costs.find(
    (row) =>
      row.name === name &&
      row.around?.nodes === nodesMost &&
      row.around.leases === 0 &&
      row.around.crowd === 0,
  );

const perTime = (row: PerTime): readonly string[] => [
  few(row.scripts),
  few(row.publishes),
  amount(row.scriptMicros),
  amount(row.redisMicros),
  amount(row.nodeMicros),
  amount(row.inBytes),
  amount(row.outBytes),
];

const perTimeHead = [
  "scripts",
  "`PUBLISH`",
  "µs in scripts",
  "µs of Redis' CPU",
  "µs of nodes' CPU",
  "bytes to Redis",
  "bytes from it",
] as const;

const costTable = (sheet: CostSheet): string =>
  table(
    "What each thing costs with three nodes on Redis",
    ["each time", ...perTimeHead, "µs of a node alone"],
    (Object.keys(costTitles) as CostName[]).flatMap((name) => {
      const row = costOf(sheet, name);
      const alone = sheet.costs.find((other) => other.name === name && other.around === null);
      return row === undefined
        ? []
        : [[costTitles[name], ...perTime(row), alone === undefined ? "" : amount(alone.nodeMicros)]];
    }),
  );

const aroundRows = ["come", "go", "signal across", "come unannounced", "go unannounced"] as const;

/** What must not grow: scripts and what they take, with more and more that is not concerned. */
const aroundTable = ({ costs }: CostSheet): string => {
  const rows = aroundRows.flatMap((name) =>
    costs
      .filter((row) => row.name === name && row.around !== null)
      .map((row) => [
        costTitles[name],
        amount(row.around?.nodes ?? 0),
        amount((row.around?.leases ?? 0) + (row.around?.nodes ?? 0)),
        amount(row.around?.crowd ?? 0),
        few(row.scripts),
        amount(row.scriptMicros),
        amount(row.redisMicros),
        amount(row.nodeMicros),
      ]),
  );
  return table(
    "The same with more around that is not concerned",
    [
      "each time",
      "nodes that run",
      "leases in Redis",
      "others in the unannounced room",
      "scripts",
      "µs in scripts",
      "µs of Redis' CPU",
      "µs of nodes' CPU",
    ],
    rows,
  );
};

const joinTable = ({ costs }: CostSheet): string => {
  const plain = costs.filter(
    ({ name, around }) =>
      (name === "come to all" || name === "come") &&
      around !== null &&
      around.leases + around.crowd === 0 &&
      (name === "come to all" || around.nodes === 1),
  );
  const first = plain[0]?.perSecond ?? Number.NaN;
  return table(
    "Joins a second, connection included, all nodes and Redis on one core",
    [
      "nodes",
      "in units of one node's",
      "here",
      "µs of CPU each: nodes",
      "Redis",
      "one core of Redis would take",
    ],
    plain.map((row) => [
      amount(row.around?.nodes ?? 0),
      (row.perSecond / first).toFixed(2),
      amount(row.perSecond),
      amount(row.nodeMicros),
      amount(row.redisMicros),
      amount(1e6 / row.redisMicros),
    ]),
  );
};

const memoryTable = ({ held, secure }: CostSheet): string => {
  const titles = { line: "an idle line: ", server: "a registered server" } as const;
  const alone = (row: CostSheet["held"][number]) =>
    held.find((other) => other.what === row.what && other.wire === row.wire && !other.redis);
  return table(
    "Memory, bytes each",
    ["", "node alone", "node with Redis", "ratio", "Redis"],
    [
      ...held
        .filter(({ redis }) => redis)
        .map((row) => {
          const own = alone(row)?.nodeBytes ?? Number.NaN;
          return [
            row.what === "line"
              ? `${titles.line}${wireTitles[row.wire as "native" | "unrupt"]}`
              : titles.server,
            amount(own),
            amount(row.nodeBytes),
            row.nodeBytes > 0 && own > 0 ? (row.nodeBytes / own).toFixed(2) : "",
            amount(row.redisBytes),
          ];
        }),
      ...secure
        .toReversed()
        .map((line) => [
          line.secure ? "an idle line, unrupt, with TLS at the node" : "the same without TLS",
          amount(line.nodeBytes),
          "",
          "",
          "",
        ]),
    ],
  );
};

const leaseTable = ({ leases, secure }: CostSheet): string => {
  const [plain, tls] = [false, true].map((wanted) => secure.find((line) => line.secure === wanted));
  return [
    table(
      "A renewal of a lease, with the mark a node sends itself",
      ["leases in the set", "µs of Redis' CPU", "bytes to Redis", "bytes from it"],
      leases.map((row) => [
        amount(row.leases),
        amount(row.redisMicros),
        amount(row.inBytes),
        amount(row.outBytes),
      ]),
    ),
    `A connection until its peer is in costs the node ${amount(plain?.nodeMicros ?? 0)} µs of CPU without TLS, ${amount(tls?.nodeMicros ?? 0)} µs with a full TLS handshake.`,
    "",
  ].join("\n");
};

const lossTable = ({ sweeps, drain }: CostSheet): string =>
  [
    table(
      "A node that ends",
      ["each member or session", ...perTimeHead, "all, s", "slowest script, ms"],
      [
        ...sweeps.map((sweep) => [
          `killed, with ${amount(sweep.members)} members in ${sweep.where}: taken out by the node that is left`,
          ...perTime(sweep),
          few(sweep.seconds),
          sweep.slowestMicros === 0 ? "under 0.2" : few(sweep.slowestMicros / 1000),
        ]),
        [
          `drained: ${amount(drain.sessions)} sessions follow to another node`,
          ...perTime(drain),
          few(drain.seconds),
          "",
        ],
      ],
    ),
    `Of a killed node the time is from the end of its lease. ${amount(drain.gaps)} sessions of the drained one were told of a gap.`,
    "",
  ].join("\n");
