// SPDX-License-Identifier: MIT
/** The server on its local network: ids bridged to rooms, and the announcement that it is there. */
import { join } from "node:path";
import type { Hub } from "@signalbox/core";
import { type BridgeProblem, type LanBridge, type LanLine, startLanBridge } from "@signalbox/lan/bridge";
import {
  createIdentity,
  type Discovery,
  type Identity,
  identityInFile,
  startDiscovery,
} from "@signalbox/lan/discovery";
import type { DnsSd } from "@signalbox/lan/dns-sd";
import { StartFailure, systemWords } from "./start-failure.ts";

export interface LanConfig {
  readonly lines: readonly LanLine[];
  /** Address of this machine to use. Default: any. */
  readonly host?: string;
  /** UDP port of the broadcasts. Default 5111. */
  readonly port?: number;
  /** Default 255.255.255.255. */
  readonly broadcast?: string;
  /** Name under which the server announces itself. Default: it does not. */
  readonly announce?: string;
  /** UDP port of the announcements. Default 51115. */
  readonly discoveryPort?: number;
  /** Announce it by DNS-SD too? Default: no. */
  readonly dnsSd?: boolean;
}

export interface LanParts {
  readonly hub: Pick<Hub, "open">;
  /** What the guard asks for. */
  readonly secret: string | undefined;
  readonly mint: () => string;
  /** Where the server is reached; `*` for its address. */
  readonly url: string;
  /** TCP port it listens on. */
  readonly port: number;
  /** Protocols it speaks there. */
  readonly protocols: readonly string[];
  /** Folder in which the key of its announcements is kept; undefined: a new one each time. */
  readonly folder: string | undefined;
  readonly warn: (fields: { readonly [field: string]: string }, sentence: string) => void;
}

/** What became of the datagrams, by reason. */
export interface LanTallies {
  readonly packets: { readonly [result: string]: number };
  readonly announcements: { readonly [result: string]: number };
}

export interface ServerLan {
  counts(): LanTallies;
  close(): Promise<void>;
}

export const noLan: ServerLan = {
  counts: () => ({ packets: {}, announcements: {} }),
  close: async () => {},
};

/** Fails with a StartFailure where a port cannot be had. */
export const openLan = async (config: LanConfig | undefined, parts: LanParts): Promise<ServerLan> => {
  if (config === undefined) return noLan;
  const bridge =
    config.lines.length === 0
      ? undefined
      : await bridged(config, parts).catch((error: unknown) => {
          throw new StartFailure(`--lan: ${systemWords(error)}`);
        });
  let discovery: Discovery | undefined;
  let dnsSd: DnsSd | undefined;
  let closing: Promise<void> | undefined;
  const close = () => {
    bridge?.close();
    closing ??= Promise.all([discovery?.close(), dnsSd?.close()]).then(() => {});
    return closing;
  };
  const { announce } = config;
  if (announce === undefined) return { counts: () => tallies(bridge, discovery), close };
  let part = "--lan-announce";
  try {
    const identity = await identityOf(parts.folder);
    discovery = await announced(config, announce, identity, parts);
    part = "--lan-dns-sd";
    if (config.dnsSd) dnsSd = await published(config, announce, identity, parts);
  } catch (error) {
    await close();
    throw new StartFailure(`${part}: ${systemWords(error)}`);
  }
  return { counts: () => tallies(bridge, discovery), close };
};

const tallies = (bridge: LanBridge | undefined, discovery: Discovery | undefined): LanTallies => ({
  packets: bridge?.counts() ?? {},
  announcements: discovery?.counts ?? {},
});

const identityOf = (folder: string | undefined): Promise<Identity> =>
  folder === undefined ? Promise.resolve(createIdentity()) : identityInFile(join(folder, "lan-key.pem"));

/** A network may mend itself or not: what lasts is told once. */
const toldOnce = (warn: LanParts["warn"], sentence: (error: Error) => string): ((error: Error) => void) => {
  const told = new Set<string>();
  return (error) => {
    if (told.has(error.message)) return;
    told.add(error.message);
    warn({ problem: "network" }, sentence(error));
  };
};

const bridged = ({ lines, host, port, broadcast }: LanConfig, { hub, secret, mint, warn }: LanParts) => {
  const told = new Set<string>();
  return startLanBridge({
    hub,
    lines,
    mint,
    ...(secret === undefined ? {} : { credential: secret }),
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(broadcast === undefined ? {} : { broadcast }),
    onProblem(id, problem) {
      const sentence = sentenceOf(problem);
      // What lasts comes again every few seconds.
      const mark = `${id}\n${sentence}`;
      if (sentence === undefined || told.has(mark)) return;
      told.add(mark);
      // Without the id: where nobody chose a secret, the id is the secret.
      warn({ problem: problem.code }, sentence);
    },
  });
};

const sentenceOf = (problem: BridgeProblem): string | undefined => {
  switch (problem.code) {
    case "room":
      return `an id of the LAN cannot enter its room: ${problem.why}`;
    case "network":
      return `the local network refuses: ${problem.error.message}`;
    case "too-large":
      return `a description of ${problem.bytes} bytes does not fit into one packet of the LAN`;
    case "negotiation":
      return "a call from the LAN could not be put through";
    case "trimmed":
      return undefined;
  }
};

const announced = (
  { host, broadcast, discoveryPort }: LanConfig,
  name: string,
  identity: Identity,
  { url, protocols, warn }: LanParts,
): Promise<Discovery> => {
  if (isLoopback(placeOf(url).hostname) && !isLoopback(host ?? "")) {
    warn({ problem: "unreachable" }, "the server announces itself, but only this machine can reach it");
  }
  return startDiscovery({
    identity,
    ...(host === undefined ? {} : { interfaces: [host] }),
    ...(broadcast === undefined ? {} : { broadcast }),
    ...(discoveryPort === undefined ? {} : { port: discoveryPort }),
    announce: {
      kind: "server",
      name,
      url,
      services: protocols.map((protocol) => ({ name: "signaling", protocol })),
    },
    onError: toldOnce(warn, ({ message }) => `the server cannot announce itself everywhere: ${message}`),
  });
};

const published = async (
  { host }: LanConfig,
  name: string,
  identity: Identity,
  { url, port, protocols, warn }: LanParts,
): Promise<DnsSd> => {
  const { publishDnsSd } = await import("@signalbox/lan/dns-sd");
  const { protocol, pathname } = placeOf(url);
  const mark = identity.publicKey.toString("hex", 0, 2);
  return publishDnsSd({
    // Two servers of one name would answer for each other.
    name: `${name} ${mark}`,
    host: `signalbox-${identity.publicKey.toString("hex", 0, 4)}`,
    port,
    texts: {
      scheme: protocol.slice(0, -1),
      path: pathname,
      protocols: protocols.join(","),
      key: identity.publicKey.toString("base64url"),
      ...(url.includes("//*") ? {} : { url }),
    },
    ...(host === undefined ? {} : { address: host }),
    onError: toldOnce(warn, ({ message }) => `DNS-SD does not work everywhere: ${message}`),
  });
};

const placeOf = (url: string): URL => new URL(url.replace("//*", "//0.0.0.0"));

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || host.startsWith("127.");
