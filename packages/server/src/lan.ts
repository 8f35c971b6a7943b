// SPDX-License-Identifier: MIT
/** The server on its local network: ids bridged to rooms, and the announcement that it is there. */
import { join } from "node:path";
import type { Hub } from "@signalbox/core";
import { type BridgeProblem, type LanLine, startLanBridge } from "@signalbox/lan/bridge";
import { createIdentity, type Discovery, identityInFile, startDiscovery } from "@signalbox/lan/discovery";
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
}

export interface LanParts {
  readonly hub: Pick<Hub, "open">;
  /** What the guard asks for. */
  readonly secret: string | undefined;
  readonly mint: () => string;
  /** Where the server is reached; `*` for its address. */
  readonly url: string;
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
  try {
    const discovery =
      config.announce === undefined ? undefined : await announced(config, config.announce, parts);
    let closing: Promise<void> | undefined;
    return {
      counts: () => ({ packets: bridge?.counts() ?? {}, announcements: discovery?.counts ?? {} }),
      close() {
        bridge?.close();
        closing ??= discovery?.close() ?? Promise.resolve();
        return closing;
      },
    };
  } catch (error) {
    bridge?.close();
    throw new StartFailure(`--lan-announce: ${systemWords(error)}`);
  }
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

const announced = async (
  { host, broadcast, discoveryPort }: LanConfig,
  name: string,
  { url, protocols, folder, warn }: LanParts,
): Promise<Discovery> => {
  const identity =
    folder === undefined ? createIdentity() : await identityInFile(join(folder, "lan-key.pem"));
  if (isLoopback(new URL(url.replace("//*", "//0.0.0.0")).hostname) && !isLoopback(host ?? "")) {
    warn({ problem: "unreachable" }, "the server announces itself, but only this machine can reach it");
  }
  const told = new Set<string>();
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
    onError(error) {
      if (told.has(error.message)) return;
      told.add(error.message);
      warn({ problem: "network" }, `the server cannot announce itself everywhere: ${error.message}`);
    },
  });
};

const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || host.startsWith("127.");
