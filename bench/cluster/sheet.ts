// SPDX-License-Identifier: MIT
/** What was measured of a cluster, as numbers to go on with: costs.json. All tables are made from it. */
import type { ClusterResults } from "../cluster.ts";
import type { RelaySlice } from "../load/relay.ts";
import { compare, median, quantile, type Ratio } from "../statistics.ts";
import type { Around, Cost, CostName } from "./costs.ts";
import type { Held } from "./held.ts";
import type { SweptWhere } from "./losses.ts";
import type { ClusterRelay, ClusterWire, RelayPlace } from "./relays.ts";
import type { Spent } from "./site.ts";

/** What one thing costs, each time it is done. Microseconds of CPU, bytes to and from Redis. */
export interface PerTime {
  readonly nodeMicros: number;
  readonly redisMicros: number;
  readonly scripts: number;
  /** Inside Redis, without what it takes to read the question and write the answer. */
  readonly scriptMicros: number;
  readonly publishes: number;
  readonly inBytes: number;
  readonly outBytes: number;
}

export interface CostRow extends PerTime {
  readonly name: CostName;
  /** Null: a node alone, without Redis. */
  readonly around: Around | null;
  readonly perSecond: number;
}

export interface RelayRow {
  readonly wire: ClusterWire;
  readonly place: RelayPlace;
  readonly inFlight: number;
  readonly perSecond: number;
  readonly nodeMicros: number;
  readonly redisMicros: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** In units of a node alone. */
  readonly rate?: Ratio | undefined;
  readonly p50?: Ratio | undefined;
  readonly p99?: Ratio | undefined;
}

export interface HeldRow {
  readonly what: Held["what"];
  readonly wire: Held["wire"];
  readonly redis: boolean;
  readonly nodeBytes: number;
  readonly redisBytes: number;
}

export interface CostSheet {
  readonly machine: string;
  readonly costs: readonly CostRow[];
  readonly relays: readonly RelayRow[];
  readonly held: readonly HeldRow[];
  /** A line, without a peer's memory in a room. */
  readonly secure: readonly {
    readonly secure: boolean;
    readonly nodeMicros: number;
    readonly nodeBytes: number;
  }[];
  readonly leases: readonly (PerTime & { readonly leases: number })[];
  readonly sweeps: readonly (PerTime & {
    readonly where: SweptWhere;
    readonly members: number;
    readonly seconds: number;
    readonly slowestMicros: number;
  })[];
  readonly drain: PerTime & { readonly sessions: number; readonly seconds: number; readonly gaps: number };
}

/** Three digits that count: more was not measured. */
const rounded = (value: number): number => Number(value.toPrecision(3));

const per = ({ nodeSeconds, redisSeconds, redis }: Spent, count: number): PerTime => ({
  nodeMicros: rounded((nodeSeconds * 1e6) / count),
  redisMicros: rounded((redisSeconds * 1e6) / count),
  scripts: rounded(redis.scripts / count),
  scriptMicros: rounded(redis.scriptMicros / count),
  publishes: rounded(redis.publishes / count),
  inBytes: rounded(redis.inBytes / count),
  outBytes: rounded(redis.outBytes / count),
});

const middle = <Item>(items: readonly Item[], value: (item: Item) => number): number =>
  rounded(median(items.map(value)));

const costRow = (same: readonly Cost[]): CostRow | undefined => {
  const [one] = same;
  if (one === undefined) return undefined;
  const each = same.map((cost) => per(cost, cost.count));
  return {
    name: one.name,
    around: one.around ?? null,
    perSecond: middle(same, ({ count, seconds }) => count / seconds),
    nodeMicros: middle(each, ({ nodeMicros }) => nodeMicros),
    redisMicros: middle(each, ({ redisMicros }) => redisMicros),
    scripts: middle(each, ({ scripts }) => scripts),
    scriptMicros: middle(each, ({ scriptMicros }) => scriptMicros),
    publishes: middle(each, ({ publishes }) => publishes),
    inBytes: middle(each, ({ inBytes }) => inBytes),
    outBytes: middle(each, ({ outBytes }) => outBytes),
  };
};

const roundedRatio = (given: Ratio | undefined) =>
  given === undefined
    ? undefined
    : { median: rounded(given.median), least: rounded(given.least), most: rounded(given.most) };

const relayRow = (relay: ClusterRelay, all: readonly ClusterRelay[]): RelayRow => {
  const { wire, place, inFlight, slices, trips } = relay;
  const alone = all.find(
    (other) => other.wire === wire && other.inFlight === inFlight && other.place === "alone",
  );
  const helpers = ({ helperSeconds: [redis = 0, other = 0] }: RelaySlice) => ({ redis, other });
  const ratios =
    alone === undefined || alone === relay
      ? {}
      : {
          rate: roundedRatio(compare(slices, alone.slices, ({ messages, seconds }) => messages / seconds)),
          p50: roundedRatio(compare(trips, alone.trips, ({ micros }) => quantile(micros, 0.5))),
          p99: roundedRatio(compare(trips, alone.trips, ({ micros }) => quantile(micros, 0.99))),
        };
  return {
    wire,
    place,
    inFlight,
    perSecond: middle(slices, ({ messages, seconds }) => messages / seconds),
    nodeMicros: middle(
      slices,
      (slice) => (((slice.serverSeconds ?? 0) + helpers(slice).other) * 1e6) / slice.messages,
    ),
    redisMicros: middle(slices, (slice) => (helpers(slice).redis * 1e6) / slice.messages),
    p50Micros: middle(trips, ({ micros }) => quantile(micros, 0.5)),
    p99Micros: middle(trips, ({ micros }) => quantile(micros, 0.99)),
    ...ratios,
  };
};

export const sheetOf = (machine: string, results: ClusterResults): CostSheet => {
  const { costs, relays, held, secure, leases, sweeps, drain } = results;
  const sorts = Map.groupBy(costs, ({ name, around }) => JSON.stringify([around, name]));
  const kinds = Map.groupBy(held, ({ what, wire, redis }) => JSON.stringify([what, wire, redis]));
  return {
    machine,
    costs: [...sorts.values()].flatMap((same) => costRow(same) ?? []),
    relays: relays.map((relay) => relayRow(relay, relays)),
    held: [...kinds.values()].flatMap((same) => {
      const [one] = same;
      if (one === undefined) return [];
      const { what, wire, redis } = one;
      const nodeBytes = middle(same, (item) => item.nodeBytes);
      return [{ what, wire, redis, nodeBytes, redisBytes: middle(same, (item) => item.redisBytes) }];
    }),
    secure: [false, true].map((wanted) => {
      const same = secure.filter((line) => line.secure === wanted);
      const nodeMicros = middle(same, (line) => line.nodeMicros);
      return { secure: wanted, nodeMicros, nodeBytes: middle(same, (line) => line.nodeBytes) };
    }),
    leases: leases.map((one) => ({ ...per(one, one.redis.scripts), leases: one.leases })),
    sweeps: sweeps.map((sweep) => ({
      ...per(sweep, sweep.members),
      where: sweep.where,
      members: sweep.members,
      seconds: rounded(sweep.sweepSeconds),
      slowestMicros: sweep.slowestMicros,
    })),
    drain: {
      ...per(drain, drain.sessions),
      sessions: drain.sessions,
      seconds: rounded(drain.seconds),
      gaps: drain.gaps,
    },
  };
};
