// SPDX-License-Identifier: MIT
/** From a command line, an environment and perhaps a file to one configuration that is whole and consistent. */
import { readFile } from "node:fs/promises";
import { lanLinesProblem } from "@signalbox/lan/bridge";
import type { CertificateFiles } from "../certificate.ts";
import type { LanConfig } from "../lan.ts";
import { systemWords } from "../start-failure.ts";
import type { IceConfig } from "../turn.ts";
import type { SomeLimits } from "./limits.ts";
import type { MountConfig, MountKeys } from "./mounts.ts";
import { type OriginRule, optionTable, type Settings } from "./options.ts";
import { type Checked, isProblem, type Problem } from "./readers.ts";
import { settle } from "./settle.ts";
import { type CommandLine, fromCommandLine, fromEnvironment, fromFile, type Source } from "./sources.ts";

/** From the least to the most that is said. `notice` stands between `warn` and `info`. */
export type LogLevel = "silent" | "warn" | "notice" | "info" | "debug" | "trace";

/** What a server is made from. Everything may be left out. */
export interface ServerConfig {
  /** Default: all interfaces. */
  readonly host?: string;
  /** 0: any free one. Default: 8080, or 8443 with TLS. */
  readonly port?: number;
  readonly tls?: CertificateFiles | "self-signed";
  /** `` or `/below/this`. Default ``. */
  readonly basePath?: string;
  readonly publicUrl?: string;
  /** Addresses and CIDR blocks. Default: none. */
  readonly trustProxy?: readonly string[];
  /** Default: everyone may connect. */
  readonly secret?: string;
  /** Default: pages of any origin may connect. */
  readonly origins?: readonly OriginRule[];
  /** Added to the default mounts; one of the same dialect and path takes the default's place. */
  readonly mounts?: readonly MountConfig[];
  readonly limits?: SomeLimits;
  readonly ice?: IceConfig;
  /** Folder of the registry's database. Default: it is in memory, and ends with the process. */
  readonly data?: string;
  /** Address of the Redis through which several nodes are one. Default: this server is alone. */
  readonly redis?: string;
  /** File of a Protobuf descriptor set. */
  readonly types?: string;
  /** Default: nothing is said or heard on the local network. */
  readonly lan?: LanConfig;
  /** Default `notice`. */
  readonly level?: LogLevel;
}

/** Whom the process becomes once its port is bound. */
export interface Identity {
  readonly user?: string;
  readonly group?: string;
}

export type Configuration =
  | {
      readonly kind: "serve";
      readonly config: ServerConfig;
      readonly identity: Identity;
      readonly remarks: readonly string[];
    }
  | { readonly kind: "help" }
  | { readonly kind: "version" };

export interface ConfigurationParts {
  readonly args: readonly string[];
  readonly environment: { readonly [name: string]: string | undefined };
  readonly mountKeys: MountKeys;
  /** Take the options of `flitter_webrtc` only. */
  readonly onlyFlitter: boolean;
}

export const readConfiguration = async (parts: ConfigurationParts): Promise<Configuration | Problem> => {
  const table = optionTable(parts.mountKeys);
  const line = fromCommandLine(table, parts.args, parts.onlyFlitter);
  if (isProblem(line)) return line;
  const { asks } = line.value;
  if (asks !== undefined) return { kind: asks };
  const environment = fromEnvironment(table, parts.environment);
  const file = await readSource(table, line.value, environment.file);
  if (isProblem(file)) return file;
  const settings = settle(table, [line.value.source, environment.source, file.value]);
  if (isProblem(settings)) return settings;
  const config = await consistent(settings.value);
  if (isProblem(config)) return config;
  const { user, group } = settings.value;
  return {
    kind: "serve",
    config: config.value,
    identity: { ...(user === undefined ? {} : { user }), ...(group === undefined ? {} : { group }) },
    remarks: environment.strangers.map((name) => `the environment variable ${name} means nothing here`),
  };
};

const readSource = async (
  table: ReturnType<typeof optionTable>,
  line: CommandLine,
  fromEnvironmentVariable: string | undefined,
): Promise<Checked<Source>> => {
  const file = line.file ?? fromEnvironmentVariable;
  if (file === undefined) return { value: new Map() };
  const content = await readText(file, "config file");
  return isProblem(content) ? content : fromFile(table, content.value, file);
};

const readText = async (file: string, what: string): Promise<Checked<string>> => {
  try {
    return { value: await readFile(file, "utf8") };
  } catch (error) {
    return { problem: `cannot read the ${what} ${file}: ${systemWords(error)}` };
  }
};

/** A secret that stands in the option itself or in a file. */
const secretOf = async (
  text: string | undefined,
  file: string | undefined,
  name: string,
): Promise<Checked<string | undefined>> => {
  if (text !== undefined && file !== undefined)
    return { problem: `--${name} and --${name}-file exclude each other` };
  if (file === undefined) return { value: text };
  const content = await readText(file, "secret file");
  if (isProblem(content)) return content;
  const secret = content.value.trim();
  return secret === "" ? { problem: `the secret file ${file} is empty` } : { value: secret };
};

/** What the options say together. */
const consistent = async (settings: Settings): Promise<Checked<ServerConfig>> => {
  const {
    host,
    port,
    certificate,
    key,
    selfSigned = false,
    basePath,
    publicUrl,
    trustProxy,
    origins,
    mounts,
    limits,
    data,
    types,
    redis,
  } = settings;
  if (key !== undefined && certificate === undefined) return { problem: "--key needs --certificate" };
  if (selfSigned && certificate !== undefined)
    return { problem: "--self-signed and --certificate exclude each other" };
  const secret = await secretOf(settings.secret, settings.secretFile, "secret");
  if (isProblem(secret)) return secret;
  const ice = await iceOf(settings);
  if (isProblem(ice)) return ice;
  const lan = lanOf(settings);
  if (isProblem(lan)) return lan;
  return {
    value: {
      ...(host === undefined || host === "" ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      ...(selfSigned
        ? { tls: "self-signed" }
        : certificate === undefined
          ? {}
          : { tls: filesOf(certificate, key) }),
      ...(basePath === undefined ? {} : { basePath }),
      ...(publicUrl === undefined ? {} : { publicUrl }),
      ...(trustProxy === undefined ? {} : { trustProxy }),
      ...(secret.value === undefined ? {} : { secret: secret.value }),
      ...(origins === undefined ? {} : { origins }),
      ...(mounts === undefined ? {} : { mounts }),
      ...(limits === undefined ? {} : { limits }),
      ...(data === undefined ? {} : { data }),
      ...(types === undefined ? {} : { types }),
      ...(redis === undefined ? {} : { redis }),
      ...(lan.value === undefined ? {} : { lan: lan.value }),
      ice: ice.value,
      level: levelOf(settings),
    },
  };
};

const lanOf = (settings: Settings): Checked<LanConfig | undefined> => {
  const { lan, lanHost, lanPort, lanBroadcast, lanAnnounce, lanDiscoveryPort, lanDnsSd } = settings;
  if (lanPort !== undefined && lan === undefined) return { problem: "--lan-port needs --lan" };
  if (lanDiscoveryPort !== undefined && lanAnnounce === undefined)
    return { problem: "--lan-discovery-port needs --lan-announce" };
  if (lanDnsSd && lanAnnounce === undefined) return { problem: "--lan-dns-sd needs --lan-announce" };
  if (lan === undefined && lanAnnounce === undefined) {
    const flag = lanHost !== undefined ? "--lan-host" : lanBroadcast !== undefined ? "--lan-broadcast" : "";
    return flag === "" ? { value: undefined } : { problem: `${flag} needs --lan or --lan-announce` };
  }
  const problem = lanLinesProblem(lan ?? []);
  if (problem !== undefined) return { problem: `--lan: ${problem}` };
  return {
    value: {
      lines: lan ?? [],
      ...(lanHost === undefined || lanHost === "" ? {} : { host: lanHost }),
      ...(lanPort === undefined ? {} : { port: lanPort }),
      ...(lanBroadcast === undefined ? {} : { broadcast: lanBroadcast }),
      ...(lanAnnounce === undefined ? {} : { announce: lanAnnounce }),
      ...(lanDiscoveryPort === undefined ? {} : { discoveryPort: lanDiscoveryPort }),
      ...(lanDnsSd ? { dnsSd: true } : {}),
    },
  };
};

const filesOf = (certificate: string, key: string | undefined): CertificateFiles =>
  key === undefined ? { certificate } : { certificate, key };

/** Half a day: longer than a working day's call, so that no relayed call loses its allocation halfway. Seconds. */
const turnTtlSecondsDefault = 43_200;

const iceOf = async (settings: Settings): Promise<Checked<IceConfig>> => {
  const { stun = [], turn = [], iceServers = [], turnTtlSeconds = turnTtlSecondsDefault } = settings;
  const secret = await secretOf(settings.turnSecret, settings.turnSecretFile, "turn-secret");
  if (isProblem(secret)) return secret;
  if (turn.length > 0 && secret.value === undefined) {
    return { problem: "--turn needs --turn-secret (or iceServers with fixed credentials in a config file)" };
  }
  if (turn.length === 0 && secret.value !== undefined) return { problem: "--turn-secret needs --turn" };
  const servers = [...(stun.length === 0 ? [] : [{ urls: stun }]), ...iceServers];
  return {
    value:
      secret.value === undefined
        ? { servers }
        : { servers, turn: { urls: turn, secret: secret.value, ttlSeconds: turnTtlSeconds } },
  };
};

const levelOf = ({ trace, debug, verbose, quiet }: Settings): LogLevel =>
  trace === true
    ? "trace"
    : debug === true
      ? "debug"
      : verbose === true
        ? "info"
        : quiet === true
          ? "warn"
          : "notice";
