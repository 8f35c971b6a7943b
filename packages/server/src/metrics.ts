// SPDX-License-Identifier: MIT
/** What Prometheus sees. docs/metrics.md lists it, and a test holds the two together. */
import type { HubStats, Observation } from "@signalbox/core";
import type { GatewayStats } from "@signalbox/gateway";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { LanTallies } from "./lan.ts";
import { tally } from "./tally.ts";

/** What is asked at every scrape. */
export interface MetricSources {
  readonly hub: () => HubStats;
  readonly gateway: () => GatewayStats;
  readonly draining: () => boolean;
  /** Addresses whose rates are remembered. */
  readonly addresses: () => number;
  /** When the certificate ends. Milliseconds since 1970; undefined without TLS. */
  readonly certificateExpiry: () => number | undefined;
  /** Undefined where this server is alone. */
  readonly cluster: () => ClusterState | undefined;
  /** Datagrams of the local network by what became of them. */
  readonly lan: () => LanTallies;
}

/** How this node stands with the others. */
export interface ClusterState {
  readonly open: boolean;
  readonly nodes: number;
  /** Milliseconds. */
  readonly lagMs: number;
  /** What is left of its lease. Milliseconds. */
  readonly leaseLeftMs: number;
  /** How often it was lost, by why. */
  readonly losses: { readonly [why: string]: number };
  readonly sweptLeases: number;
  readonly sweptMembers: number;
  readonly parcelsSent: number;
  readonly parcelsRefused: number;
  readonly parcelsReceived: number;
}

export interface Metrics {
  readonly registry: Registry;
  observe(seen: Observation): void;
  answered(route: string, status: number): void;
  /** What this node told itself through the bus took so many milliseconds. */
  heardItself(lagMs: number): void;
}

/** From a visit to a working day. Seconds. */
const sessionBuckets = [1, 10, 60, 300, 1_800, 7_200, 28_800];

/** From a Redis beside this process to one that is hardly there: half a usual lease. Seconds. */
const busBuckets = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

export const createMetrics = (version: string, sources: MetricSources): Metrics => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number | undefined): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        const value = read();
        if (value === undefined) this.remove();
        else this.set(value);
      },
    });
  };
  /** A total that is counted elsewhere. */
  const total = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  /** The same by one label. */
  const totals = (
    name: string,
    help: string,
    label: string,
    read: () => { readonly [value: string]: number },
  ): void => {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers,
      collect() {
        this.reset();
        for (const [value, counted] of Object.entries(read())) this.inc({ [label]: value }, counted);
      },
    });
  };
  const count = (name: string, help: string, ...labels: readonly string[]) =>
    tally(registry, name, help, labels);

  const { hub, gateway } = sources;
  new Gauge({
    name: "signalbox_build_info",
    help: "Always 1.",
    labelNames: ["version", "node"],
    registers,
  }).set({ version, node: process.versions.node }, 1);
  gauge("signalbox_draining", "1 while the server shuts down.", () => (sources.draining() ? 1 : 0));
  gauge(
    "signalbox_sessions",
    "Sessions that are open, those that await their peer's return included.",
    () => hub().sessions,
  );
  gauge("signalbox_rooms", "Rooms with a member on this node.", () => hub().rooms);
  gauge("signalbox_addresses_tracked", "Addresses whose rates are remembered.", sources.addresses);
  gauge("signalbox_certificate_expiry_seconds", "When the certificate ends, in seconds since 1970.", () => {
    const expiry = sources.certificateExpiry();
    return expiry === undefined ? undefined : expiry / 1000;
  });
  total("signalbox_frames_read_total", "Frames read from lines.", () => gateway().framesRead);
  total("signalbox_frames_written_total", "Frames written to lines.", () => gateway().framesWritten);
  total("signalbox_read_bytes_total", "Payload bytes of frames read.", () => gateway().bytesRead);
  total(
    "signalbox_written_bytes_total",
    "Payload of frames written: bytes, and for text made here UTF-16 units.",
    () => gateway().bytesWritten,
  );
  const { cluster } = sources;
  gauge("signalbox_cluster_nodes", "Nodes that have a lease, this one included.", () => cluster()?.nodes);
  gauge("signalbox_cluster_ready", "1 while this node is one of them.", () => {
    const state = cluster();
    return state === undefined ? undefined : Number(state.open);
  });
  gauge(
    "signalbox_cluster_lag_seconds",
    "How long Redis took to answer the last renewal of the lease.",
    () => {
      const state = cluster();
      return state === undefined ? undefined : state.lagMs / 1000;
    },
  );
  gauge("signalbox_lease_seconds", "What is left of this node's lease; 0 without one.", () => {
    const state = cluster();
    return state === undefined ? undefined : state.leaseLeftMs / 1000;
  });
  totals(
    "signalbox_lease_lost_total",
    "Times that this node had to enter the cluster anew, by why.",
    "why",
    () => cluster()?.losses ?? {},
  );
  total(
    "signalbox_leases_swept_total",
    "Leases of lost nodes that this one took apart.",
    () => cluster()?.sweptLeases ?? 0,
  );
  total(
    "signalbox_members_swept_total",
    "Members of lost nodes that this one took out of their rooms.",
    () => cluster()?.sweptMembers ?? 0,
  );
  const busLag = new Histogram({
    name: "signalbox_bus_lag_seconds",
    help: "How long what this node tells itself through Redis takes.",
    buckets: busBuckets,
    registers,
  });
  totals(
    "signalbox_parcels_total",
    "Parcels to and from other nodes: sent, received, or refused because nobody takes them.",
    "result",
    () => {
      const state = cluster();
      return state === undefined
        ? {}
        : { sent: state.parcelsSent, received: state.parcelsReceived, refused: state.parcelsRefused };
    },
  );
  totals(
    "signalbox_lan_packets_total",
    "Datagrams to the port of LAN calls, counted once for each bridged id, by what became of them.",
    "result",
    () => sources.lan().packets,
  );
  totals(
    "signalbox_lan_announcements_total",
    "Datagrams to the discovery port, by what became of them.",
    "result",
    () => sources.lan().announcements,
  );

  const lines = new Gauge({
    name: "signalbox_lines",
    help: "Lines that are open.",
    labelNames: ["dialect"],
    registers,
  });
  const members = new Gauge({
    name: "signalbox_members",
    help: "Memberships in rooms.",
    labelNames: ["dialect"],
    registers,
  });
  const held = new Histogram({
    name: "signalbox_session_seconds",
    help: "How long sessions lasted.",
    labelNames: ["dialect"],
    buckets: sessionBuckets,
    registers,
  });
  const linesOpened = count("signalbox_lines_opened_total", "Lines opened.", "dialect");
  const opened = count("signalbox_sessions_opened_total", "Sessions opened.", "dialect");
  const closed = count("signalbox_sessions_closed_total", "Sessions closed.", "dialect", "reason");
  const resumed = count(
    "signalbox_sessions_resumed_total",
    "Sessions resumed on a new line; gap: events were lost.",
    "dialect",
    "gap",
  );
  const moved = count(
    "signalbox_sessions_moved_total",
    "Sessions that changed nodes: taken and given with all that was told, late, orphaned (with a gap), or lost.",
    "result",
  );
  const joins = count("signalbox_joins_total", "Joins.", "dialect");
  const leaves = count("signalbox_leaves_total", "Leaves.", "dialect", "reason");
  const signals = count(
    "signalbox_signals_total",
    "Signals by the dialects of their sender and taker (none: nobody took it) and by fate.",
    "from",
    "to",
    "fate",
  );
  const messages = count("signalbox_messages_total", "Application messages by fate.", "fate");
  const refused = count("signalbox_refusals_total", "Refusals by code of the catalogue.", "dialect", "code");
  const requests = count(
    "signalbox_http_requests_total",
    "HTTP requests answered; route none: unknown paths.",
    "route",
    "status",
  );
  const refetched = count(
    "signalbox_rosters_refetched_total",
    "Rosters fetched again because news between nodes was lost.",
  );
  const unreachable = count(
    "signalbox_nodes_unreachable_total",
    "Times that another node could not be reached.",
  );
  const bugs = count(
    "signalbox_failures_total",
    "Bugs: what must not fail and did. The log says where.",
    "what",
  );

  return {
    registry,
    heardItself: (lagMs) => busLag.observe(lagMs / 1000),
    answered: (route, status) => requests.count(route, String(status)),
    observe(seen) {
      switch (seen.type) {
        case "lineOpened":
          lines.inc({ dialect: seen.dialect });
          linesOpened.count(seen.dialect);
          return;
        case "lineClosed":
          lines.dec({ dialect: seen.dialect });
          return;
        case "sessionOpened":
          opened.count(seen.dialect);
          return;
        case "sessionResumed":
          resumed.count(seen.dialect, String(seen.gap));
          return;
        case "sessionClosed":
          closed.count(seen.dialect, seen.reason);
          held.observe({ dialect: seen.dialect }, seen.heldMs / 1000);
          return;
        case "sessionMoved":
          moved.count(seen.result);
          return;
        case "joined":
          members.inc({ dialect: seen.dialect });
          joins.count(seen.dialect);
          return;
        case "left":
          members.dec({ dialect: seen.dialect });
          leaves.count(seen.dialect, seen.reason);
          return;
        case "signalRelayed":
          signals.count(seen.from, seen.to ?? "none", seen.fate);
          return;
        case "messageRelayed":
          messages.count(seen.fate);
          return;
        case "refused":
          refused.count(seen.dialect, seen.code);
          return;
        case "rosterRefetched":
          refetched.count();
          return;
        case "nodeUnreachable":
          unreachable.count();
          return;
        case "failed":
          bugs.count(seen.what);
          return;
      }
    },
  };
};
