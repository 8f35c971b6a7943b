// SPDX-License-Identifier: MIT
/** The one place that names concrete things, and puts them together. */
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { fileURLToPath } from "node:url";
import { createHub, type Dialect, type Observation, refusal, withLimits } from "@signalbox/core";
import { StoreAway } from "@signalbox/core/registry";
import { flitter } from "@signalbox/dialects/flitter";
import { native } from "@signalbox/dialects/native";
import { unrupt } from "@signalbox/dialects/unrupt";
import {
  addressBook,
  type Credentials,
  listener,
  requestAddress,
  router,
  trustedProxies,
  webSocketGateway,
} from "@signalbox/gateway";
import { meeting } from "@signalbox/peernet";
import type { DestinationStream } from "pino";
import { expiryOf, readCredentials } from "./certificate.ts";
import { joinCluster } from "./cluster.ts";
import type { ServerConfig } from "./config/configuration.ts";
import type { SomeLimits } from "./config/limits.ts";
import type { MountConfig, MountKeys } from "./config/mounts.ts";
import { openGuard, secretGuard } from "./guard.ts";
import { noLan, openLan } from "./lan.ts";
import { createLog, describeError, type Log, logObservations, standardError } from "./log.ts";
import { createMetrics } from "./metrics.ts";
import { pageRoutes } from "./page.ts";
import { peerNetRoutes } from "./peernet.ts";
import { openRegistry } from "./registry.ts";
import { ownRoutes } from "./routes.ts";
import { selfSigned } from "./self-signed.ts";
import { bindingFailure, StartFailure } from "./start-failure.ts";
import { systemChance, systemClock } from "./system.ts";
import { iceIssuer } from "./turn.ts";

/** What each dialect can be told of a mount. */
export const mountKeys: MountKeys = {
  native: ["path", "room", "origins", "limits", "off"],
  flitter: ["path", "announced", "origins", "limits", "off"],
  unrupt: ["path", "room", "announced", "refuseTaken", "checkFrom", "origins", "limits", "off"],
};

/** The route map that stands when nothing is said. Of two that accept a handshake the first gets it. */
const defaultMounts: readonly MountConfig[] = [
  { dialect: "native", path: "/" },
  { dialect: "flitter", path: "/" },
  { dialect: "unrupt", path: "/websocket/" },
];

const build = (mount: MountConfig, common: SomeLimits): Dialect => {
  const { dialect, ...rest } = mount;
  const limits = { ...common, ...mount.limits };
  switch (dialect) {
    case "native":
      return native({ ...rest, limits: withLimits(limits) });
    case "flitter":
      return flitter({ ...rest, limits });
    case "unrupt":
      return unrupt({ ...rest, limits });
    default:
      throw new StartFailure(`there is no dialect ${JSON.stringify(dialect)}`);
  }
};

/** Pages that may speak this protocol; undefined: all. */
const originsFor = ({ origins = [] }: ServerConfig, protocol: string): readonly string[] | undefined => {
  const rules = origins
    .filter(({ dialect }) => dialect === undefined || dialect === protocol)
    .map(({ origin }) => origin);
  return rules.length === 0 ? undefined : rules;
};

/** Bounds of the whole server are not a mount's to know. */
const dialectsOf = (config: ServerConfig): readonly Dialect[] => {
  const { mounts = [], limits = {} } = config;
  const wanted = mounts.filter(({ off }) => off !== true);
  const own = (mount: MountConfig): MountConfig => {
    const rules = originsFor(config, mount.dialect);
    return mount.origins !== undefined || rules === undefined ? mount : { ...mount, origins: rules };
  };
  const usual = (dialect: string) => defaultMounts.find((mount) => mount.dialect === dialect)?.path;
  const remaining = defaultMounts.filter(
    (mount) =>
      !mounts.some(
        (other) =>
          other.dialect === mount.dialect &&
          (other.off === true || (other.path ?? usual(other.dialect)) === mount.path),
      ),
  );
  const dialects = [...wanted, ...remaining].map((mount) => build(own(mount), limits));
  // Who asks for a subprotocol by name is meant more closely than who takes whatever comes to a path.
  return [
    ...dialects.filter(({ subprotocol }) => subprotocol !== undefined),
    ...dialects.filter(({ subprotocol }) => subprotocol === undefined),
  ];
};

export const version: string = (() => {
  const { version: found }: { version: string } = JSON.parse(
    readFileSync(new URL("../package.json", import.meta.url), "utf8"),
  );
  return found;
})();

export interface RunningServer {
  /** Where it listens, such as `http://localhost:8080` or `https://192.0.2.1:8443/below`; no slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Not ready any more: newcomers are refused, and every peer is told to come back. */
  drain(): void;
  /**
   * Drains, stops listening, and settles when all connections are gone; those that are left after `drainMs` are cut.
   * May be called again: it is the same end.
   */
  close(): Promise<void>;
  /** Ends at once. */
  cut(): void;
  /** Reads the certificate again. The old one stays where that fails, with a StartFailure. */
  renewCertificate(): Promise<void>;
  readonly log: Log;
}

/** What a test may put in place of the world. */
export interface ServerSurroundings {
  /** Where log lines go. Default: standard error. */
  readonly log?: DestinationStream;
  /** The built page. Default: that of `@signalbox/console`. */
  readonly pageFolder?: string;
  /** Milliseconds since 1970. */
  readonly wallNow?: () => number;
  readonly clock?: typeof systemClock;
}

/** Starts a server. Fails with a `StartFailure`, whose message is one sentence for whoever started it. */
export const startServer = async (
  config: ServerConfig = {},
  surroundings: ServerSurroundings = {},
): Promise<RunningServer> => {
  const { basePath = "", publicUrl, host, secret, ice = { servers: [] } } = config;
  const { clock = systemClock, wallNow = Date.now } = surroundings;
  const limits = withLimits(config.limits ?? {});
  const trusts = trustedProxies(config.trustProxy ?? []);
  if (trusts === undefined) throw new StartFailure("a trusted proxy is neither an address nor a CIDR block");
  const log = createLog(config.level ?? "notice", surroundings.log ?? standardError());
  const dialects = dialectsOf(config);
  let credentials = await credentialsOf(config.tls, wallNow());
  let draining = false;
  let lan = noLan;
  const waits = new AbortController();

  const logs = logObservations(log);
  const observe = (seen: Observation): void => {
    metrics.observe(seen);
    logs(seen);
  };
  const addresses = addressBook(limits, clock.now);
  /** A store that is out of reach was told of already, and whoever asked knows. */
  const broke =
    (what: string) =>
    (error: unknown): void => {
      if (!(error instanceof StoreAway)) observe({ type: "failed", what, error });
    };
  const issuer = iceIssuer(ice, { wallNow, freshName: systemChance.id });
  const metrics = createMetrics(version, {
    hub: () => hub.stats,
    gateway: () => gateway.stats,
    draining: () => draining,
    addresses: () => addresses.size,
    certificateExpiry: () => credentials && expiryOf(credentials),
    cluster: () => cluster.state(),
    lan: () => lan.counts(),
  });
  const startedAt = wallNow();
  const cluster = await joinCluster({
    redis: config.redis,
    clock,
    chance: systemChance,
    limits,
    log,
    host: () => ({
      host: hostname(),
      pid: process.pid,
      version,
      startedAt,
      draining,
      lines: hub.stats.lines,
      sessions: hub.stats.sessions,
    }),
    heardItself: metrics.heardItself,
    nodeGone: () => met.lookAround(),
    failed: broke("cluster"),
  });
  const { directory } = cluster;
  const registry = openRegistry({
    store: cluster.store,
    node: cluster.node,
    folder: config.data,
    clock,
    // Nodes must agree on when something ends.
    wallNow: cluster.wallNow ?? wallNow,
    chance: systemChance,
    limits,
    failed: broke("registry"),
  });
  const met = meeting({
    registry: registry.ground,
    directory,
    limits,
    ...(secret === undefined ? {} : { credential: secret }),
    failed: broke("peernet in rooms"),
  });
  const peerNet = await peerNetRoutes({
    registry: met.registry,
    ice: issuer,
    basePath,
    limits,
    types: config.types,
    origins: originsFor(config, "peernet"),
    knows: secret === undefined ? undefined : (shown) => systemChance.equal(shown, secret),
    ending: waits.signal,
    failed: broke("peernet"),
  }).catch(async (error: unknown) => {
    registry.close();
    await cluster.close(0);
    throw error;
  });
  const hub = createHub({
    node: cluster.node,
    directory,
    bus: cluster.bus,
    ...(cluster.book === undefined ? {} : { book: cluster.book }),
    clock,
    chance: systemChance,
    guard: secret === undefined ? openGuard : secretGuard(secret, systemChance),
    ice: issuer,
    observe,
  });
  await cluster.start(hub);
  met.start(hub);
  const gateway = webSocketGateway({
    hub,
    dialects,
    place: { basePath, trusts },
    limits,
    addresses,
    clock,
    mint: systemChance.id,
    observe,
  });
  const routes = [
    ...ownRoutes({
      draining: () => draining,
      away: () => !cluster.ready(),
      registry: metrics.registry,
      version,
      secure: credentials !== undefined,
      basePath,
      ...(publicUrl === undefined ? {} : { publicUrl }),
    }),
    ...peerNet,
    ...(await pageRoutes(surroundings.pageFolder ?? defaultPageFolder())),
  ];
  const answered = (route: string, status: number): void => {
    metrics.answered(route, status);
    log.debug({ route, status }, "request answered");
  };
  const answer = router({
    routes,
    basePath,
    address: (request) => requestAddress(request, trusts),
    admit(address) {
      const waitMs = addresses.requestWaitMs(addresses.of(address));
      return waitMs === 0 ? undefined : refusal("rate-limited", undefined, waitMs);
    },
    answered,
    failed: (error) => observe({ type: "failed", what: "http", error }),
  });
  const door = listener({
    ...(credentials === undefined ? {} : { credentials }),
    limits,
    addresses,
    trusts,
    request: answer,
    upgrade: gateway.upgrade,
    failed: (error) => log.warn(describeError(error), "a connection could not be accepted"),
  });
  const wanted = config.port ?? (credentials === undefined ? 8080 : 8443);
  const bound = await door.listen(wanted, host).catch(async (error: unknown) => {
    met.close();
    gateway.stop();
    hub.close();
    registry.close();
    await cluster.close(0);
    throw bindingFailure(error, host, wanted);
  });
  let parting: Promise<void> | undefined;
  const cutLines = (): void => {
    const { sessions } = hub.stats;
    met.close();
    gateway.stop();
    hub.close();
    door.cut();
    registry.close();
    parting ??= cluster.close(sessions).catch(broke("cluster"));
  };
  const scheme = credentials === undefined ? "http" : "https";
  lan = await openLan(config.lan, {
    hub,
    secret,
    mint: systemChance.id,
    url: publicUrl ?? `${scheme}://${lanHost(host)}:${bound.port}${basePath}`,
    port: bound.port,
    protocols: [...new Set([...dialects.map(({ name }) => name), "peernet"])],
    folder: config.data,
    warn: (fields, sentence) => log.warn(fields, sentence),
  }).catch((error: unknown) => {
    cutLines();
    throw error;
  });
  const leaveLan = (): void => {
    lan.close().catch((error: unknown) => observe({ type: "failed", what: "lan", error }));
  };

  const drain = (): void => {
    if (draining) return;
    draining = true;
    leaveLan();
    met.close();
    gateway.drain();
    hub.drain();
    waits.abort();
  };
  const cut = (): void => {
    leaveLan();
    cutLines();
  };
  let ending: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    drain();
    // Until the last connection is gone, and the last session another node may want.
    const gone = Promise.all([door.close(), hub.drained()]);
    const cancel = clock.after(limits.drainMs, cut);
    await gone;
    cancel();
    cut();
    await parting;
  };
  return {
    url: `${scheme}://${shownHost(host)}:${bound.port}${basePath}`,
    port: bound.port,
    drain,
    cut,
    close: () => (ending ??= end()),
    async renewCertificate() {
      const fresh = await credentialsOf(config.tls, wallNow());
      if (fresh === undefined) throw new StartFailure("this server has no certificate");
      door.renew(fresh);
      credentials = fresh;
    },
    log,
  };
};

const credentialsOf = async (tls: ServerConfig["tls"], wallNow: number): Promise<Credentials | undefined> => {
  if (tls === undefined) return undefined;
  return tls === "self-signed" ? selfSigned(wallNow) : readCredentials(tls);
};

/** Where all interfaces are listened on, this machine's own name is one that works. */
const shownHost = (host: string | undefined): string => {
  if (host === undefined || host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
};

/** On a network of many hosts, the one the announcement comes from. */
const lanHost = (host: string | undefined): string =>
  host === undefined || host === "0.0.0.0" || host === "::" ? "*" : shownHost(host);

const defaultPageFolder = (): string =>
  fileURLToPath(new URL(".", import.meta.resolve("@signalbox/console/page/index.html")));
