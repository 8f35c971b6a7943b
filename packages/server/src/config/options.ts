// SPDX-License-Identifier: MIT
/**
 * Every option, in one table: the command line, the environment, the config file and the help are all made from it.
 * An option `publicUrl` of a file is `--public-url` on the command line and `SIGNALBOX_PUBLIC_URL` in the environment.
 */
import type { IceServer } from "@signalbox/core";
import { type LanLine, parseLanLine } from "@signalbox/lan/bridge";
import { isAnnounceable } from "@signalbox/lan/discovery";
import { isRedisUrl, redisUrlForm } from "../redis-place.ts";
import { limitsReader } from "./limits.ts";
import { type MountConfig, type MountKeys, mountReader } from "./mounts.ts";
import {
  basePath,
  expected,
  fields,
  flag,
  host,
  iceUrl,
  isProblem,
  listOf,
  origin,
  proxy,
  type Reader,
  secretText,
  text,
  webUrl,
  whole,
} from "./readers.ts";

export interface Option<T> {
  /** Name on the command line, without dashes. Absent: only in a config file. */
  readonly flag?: string;
  /** What stands for its value in the help. Absent: a switch. */
  readonly takes?: string;
  /** May be given several times. */
  readonly many?: true;
  readonly group:
    | "Listening"
    | "Who may connect"
    | "Data"
    | "Protocols and bounds"
    | "ICE servers"
    | "Local network"
    | "Output";
  readonly says: string;
  /** Does `flitter_webrtc` have it? */
  readonly flitter?: true;
  readonly read: Reader<T>;
}

/** Keeps the type of what an option reads. */
const option = <T>(row: Option<T>): Option<T> => row;

/** An origin, for one dialect or for all. */
export interface OriginRule {
  readonly dialect?: string;
  readonly origin: string;
}

const originRule =
  (known: MountKeys): Reader<OriginRule> =>
  (given, where) => {
    const [, dialect, rest] = typeof given === "string" ? (/^([a-z]+)=(.*)$/.exec(given) ?? []) : [];
    const protocols = [...Object.keys(known), "peernet"];
    if (dialect !== undefined && !protocols.includes(dialect)) {
      return { problem: `${where}: the dialect must be one of ${protocols.join(", ")}` };
    }
    const checked = origin(dialect === undefined ? given : rest, where);
    return isProblem(checked)
      ? checked
      : { value: { ...(dialect === undefined ? {} : { dialect }), origin: checked.value } };
  };

const iceServer: Reader<IceServer> = (given, where) => {
  const parts = fields(given, where, ["urls", "username", "credential"], () => "");
  if (isProblem(parts)) return parts;
  const { urls, username, credential } = parts.value;
  const checked = listOf(iceUrl("stun", "stuns", "turn", "turns"))(urls, `${where}: urls`);
  if (isProblem(checked)) return checked;
  if (username === undefined && credential === undefined) return { value: { urls: checked.value } };
  if (typeof username !== "string" || typeof credential !== "string") {
    return { problem: `${where}: username and credential must be texts, and come together` };
  }
  return { value: { urls: checked.value, username, credential } };
};

const announcedName: Reader<string> = (given, where) =>
  isAnnounceable(given)
    ? { value: given }
    : expected(where, "a name of at most 64 characters that can be printed", given);

/** `ID[:SECRET]` of a command line, or the group of a file. A problem never shows the secret. */
const lanLine: Reader<LanLine> = (given, where) => {
  if (typeof given === "string") {
    const line = parseLanLine(given);
    return line === undefined
      ? { problem: `${where}: must be an id, or an id, a colon and a secret` }
      : { value: line };
  }
  const parts = fields(given, where, ["id", "secret", "room", "peer"], () => "");
  if (isProblem(parts)) return parts;
  const { id, secret, room, peer } = parts.value;
  const others = [secret, room, peer];
  if (
    typeof id !== "string" ||
    id === "" ||
    others.some((part) => part !== undefined && typeof part !== "string")
  ) {
    return { problem: `${where}: id must be a text, and so must secret, room and peer where they are given` };
  }
  return {
    value: {
      id,
      ...(typeof secret === "string" ? { secret } : {}),
      ...(typeof room === "string" ? { room } : {}),
      ...(typeof peer === "string" ? { peer } : {}),
    },
  };
};

/** Never shown: it may hold a password. */
const redisUrl: Reader<string> = (given, where) =>
  typeof given === "string" && isRedisUrl(given)
    ? { value: given }
    : { problem: `${where}: must be ${redisUrlForm}` };

const mounts = (known: MountKeys): Reader<readonly MountConfig[]> => listOf(mountReader(known));
const level = (flagName: string, says: string): Option<boolean> =>
  option({ flag: flagName, group: "Output", flitter: true, says, read: flag });

export const optionTable = (known: MountKeys) => ({
  host: option({
    flag: "host",
    takes: "HOST",
    group: "Listening",
    flitter: true,
    says: "Address or name of the interface to listen on. Default: all of them.",
    read: host,
  }),
  port: option({
    flag: "port",
    takes: "PORT",
    group: "Listening",
    flitter: true,
    says: "Port to listen on; 0 takes a free one and prints it. Default: 8080, or 8443 with a certificate.",
    read: whole(0, 65_535),
  }),
  certificate: option({
    flag: "certificate",
    takes: "FILE",
    group: "Listening",
    flitter: true,
    says: "PEM certificate: connections must then use https or wss. SIGHUP reads it again.",
    read: text,
  }),
  key: option({
    flag: "key",
    takes: "FILE",
    group: "Listening",
    flitter: true,
    says: "PEM private key of the certificate. Default: it stands in the certificate file.",
    read: text,
  }),
  selfSigned: option({
    flag: "self-signed",
    group: "Listening",
    says: "Make a certificate for this machine's names and addresses at the start, and keep it in memory.",
    read: flag,
  }),
  user: option({
    flag: "user",
    takes: "NAME",
    group: "Listening",
    flitter: true,
    says: "Become this user once the port is bound.",
    read: text,
  }),
  group: option({
    flag: "group",
    takes: "NAME",
    group: "Listening",
    flitter: true,
    says: "Become a member of this group once the port is bound. Default: the group of --user.",
    read: text,
  }),
  basePath: option({
    flag: "base-path",
    takes: "PATH",
    group: "Listening",
    says: "Serve everything below this path. Default: /.",
    read: basePath,
  }),
  publicUrl: option({
    flag: "public-url",
    takes: "URL",
    group: "Listening",
    says: "Where the server is reached from outside, as printed at the start and named in /asyncapi.json.",
    read: webUrl,
  }),
  trustProxy: option({
    flag: "trust-proxy",
    takes: "ADDRESS",
    many: true,
    group: "Listening",
    says: "Address or CIDR block of a proxy whose X-Forwarded-For is believed.",
    read: listOf(proxy),
  }),
  secret: option({
    flag: "secret",
    takes: "TEXT",
    group: "Who may connect",
    says: "Only those who know it may connect. (Others on this machine can see command lines: see --secret-file.)",
    read: secretText,
  }),
  secretFile: option({
    flag: "secret-file",
    takes: "FILE",
    group: "Who may connect",
    says: "The same, from a file.",
    read: text,
  }),
  origins: option({
    flag: "origin",
    takes: "[DIALECT=]ORIGIN",
    many: true,
    group: "Who may connect",
    says: "Pages of this origin may connect, others not. Default: any.",
    read: listOf(originRule(known)),
  }),
  data: option({
    flag: "data",
    takes: "FOLDER",
    group: "Data",
    says: "Keep registered servers and knocks in this folder, across restarts. Default: in memory.",
    read: text,
  }),
  redis: option({
    flag: "redis",
    takes: "URL",
    group: "Data",
    says: "Be one with all servers on this Redis: redis://:PASSWORD@HOST:6379/0?prefix=TEXT, or rediss://. Registered servers and knocks are kept there. (Others on this machine can see command lines: SIGNALBOX_REDIS says the same.)",
    read: redisUrl,
  }),
  types: option({
    flag: "types",
    takes: "FILE",
    group: "Data",
    says: "Protobuf descriptor set of private extensions, so that JSON peers of PeerNet can read them.",
    read: text,
  }),
  mounts: option({
    flag: "mount",
    takes: "DIALECT=PATH[,KEY=VALUE]",
    many: true,
    group: "Protocols and bounds",
    says: "Serve a dialect at one more path, or at its usual one otherwise: unrupt=/websocket/,room=hall,announced. DIALECT=off serves it no more.",
    read: mounts(known),
  }),
  limits: option({
    flag: "limit",
    takes: "NAME=VALUE",
    many: true,
    group: "Protocols and bounds",
    says: "Set a bound; docs/limits.md lists them all.",
    read: limitsReader("any"),
  }),
  stun: option({
    flag: "stun",
    takes: "URL",
    many: true,
    group: "ICE servers",
    says: "STUN server to hand out, such as stun:stun.example:3478.",
    read: listOf(iceUrl("stun", "stuns")),
  }),
  turn: option({
    flag: "turn",
    takes: "URL",
    many: true,
    group: "ICE servers",
    says: "TURN server to hand out, with credentials made from --turn-secret.",
    read: listOf(iceUrl("turn", "turns")),
  }),
  turnSecret: option({
    flag: "turn-secret",
    takes: "TEXT",
    group: "ICE servers",
    says: "Secret shared with the TURN servers (coturn: static-auth-secret).",
    read: secretText,
  }),
  turnSecretFile: option({
    flag: "turn-secret-file",
    takes: "FILE",
    group: "ICE servers",
    says: "The same, from a file.",
    read: text,
  }),
  turnTtlSeconds: option({
    flag: "turn-ttl-seconds",
    takes: "SECONDS",
    group: "ICE servers",
    says: "How long TURN credentials hold. Default: 43200, half a day.",
    read: whole(60, 31_536_000),
  }),
  iceServers: option({
    group: "ICE servers",
    says: "ICE servers with credentials of their own.",
    read: listOf(iceServer),
  }),
  lan: option({
    flag: "lan",
    takes: "ID[:SECRET]",
    many: true,
    group: "Local network",
    says: "Answer and make Flitter's broadcast calls under this id, on behalf of the room default (a config file may name another one).",
    read: listOf(lanLine),
  }),
  lanHost: option({
    flag: "lan-host",
    takes: "ADDRESS",
    group: "Local network",
    says: "Address of this machine to use on the local network. Default: any.",
    read: host,
  }),
  lanPort: option({
    flag: "lan-port",
    takes: "PORT",
    group: "Local network",
    says: "UDP port of the broadcasts. Default: 5111, Flitter's.",
    read: whole(1, 65_535),
  }),
  lanBroadcast: option({
    flag: "lan-broadcast",
    takes: "ADDRESS",
    group: "Local network",
    says: "Where calls and announcements are broadcast to. Default: 255.255.255.255.",
    read: host,
  }),
  lanAnnounce: option({
    flag: "lan-announce",
    takes: "NAME",
    group: "Local network",
    says: "Announce this server under a name, for `signalbox lan list`. Everybody on the network sees it.",
    read: announcedName,
  }),
  lanDiscoveryPort: option({
    flag: "lan-discovery-port",
    takes: "PORT",
    group: "Local network",
    says: "UDP port of the announcements. Default: 51115.",
    read: whole(1, 65_535),
  }),
  lanDnsSd: option({
    flag: "lan-dns-sd",
    group: "Local network",
    says: "Announce it by DNS-SD too, as _signalbox._tcp: for phones and desktops that list such services.",
    read: flag,
  }),
  trace: level("trace", "Log everything, every relayed signal included (never what it says)."),
  debug: level("debug", "Log lines, joins, refusals and requests too, with names of rooms and peers."),
  verbose: level("verbose", "Log every session that opens or closes."),
  quiet: level("quiet", "Log only what went wrong."),
});

export type OptionTable = ReturnType<typeof optionTable>;
export type OptionKey = keyof OptionTable;
/** What was set. What was not has no value: its default belongs to whoever uses it. */
export type Settings = { readonly [Key in OptionKey]?: OptionTable[Key] extends Option<infer T> ? T : never };

/** At most one of these on one level; see `sources.ts`. */
export const verbosities = ["trace", "debug", "verbose", "quiet"] as const satisfies readonly OptionKey[];

export const environmentName = (flagName: string): string =>
  `SIGNALBOX_${flagName.toUpperCase().replaceAll("-", "_")}`;
