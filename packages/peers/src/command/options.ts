// SPDX-License-Identifier: MIT
/** Options that devices and their clients share, and how command lines are read: what is asked, or one sentence why not. */
import { type ParseArgsConfig, type ParseArgsOptionsConfig, parseArgs } from "node:util";

export interface Misuse {
  readonly problem: string;
}

/** For every command that speaks to a server. */
export const serverOptions = {
  server: { type: "string", short: "s" },
  room: { type: "string" },
  secret: { type: "string" },
  quiet: { type: "boolean", short: "q" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsOptionsConfig;

/** For those that are a device. */
export const deviceOptions = {
  ...serverOptions,
  id: { type: "string" },
  name: { type: "string" },
  unlisted: { type: "boolean" },
  "token-file": { type: "string" },
  guests: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

/** For those that look for one. */
export const clientOptions = {
  ...serverOptions,
  device: { type: "string" },
  within: { type: "string" },
} as const satisfies ParseArgsOptionsConfig;

export const defaultServer = "http://localhost:8080";

export const serverHelp = `  -s, --server URL    the Signalbox server (or SIGNALBOX_SERVER); default: ${defaultServer}
      --secret TEXT   what the server was started with as --secret (or SIGNALBOX_SECRET)
`;

export const deviceHelp = `${serverHelp}      --room ROOM     the room it is found in
      --unlisted      in a room that only those find who know its name
      --id ID         id of the device: lower-case letters, digits, hyphens; or SIGNALBOX_DEVICE_ID; default: one that is made up
      --name TEXT     what people read
      --token-file FILE  keeps who owns the id, to come back under it at once; made where there is none
                      (or SIGNALBOX_DEVICE_TOKEN has the token itself)
      --guests NUMBER connections at once; default: 16
  -q, --quiet         say nothing on standard error but problems
`;

export const clientHelp = `${serverHelp}      --device ID     the device; or
      --room ROOM     the only one of its kind in this room; default: the only one of its kind that is listed
      --within SECONDS  give up where no connection stands by then; default: 45
  -q, --quiet         say nothing on standard error but problems
`;

export interface ServerChoice {
  readonly url: string;
  readonly secret: string | undefined;
  readonly quiet: boolean;
}

export interface DeviceChoice extends ServerChoice {
  readonly id: string | undefined;
  readonly displayName: string | undefined;
  readonly room: { readonly id: string; readonly unlisted: boolean } | undefined;
  readonly tokenFile: string | undefined;
  /** Who owns the id, where no file says so. */
  readonly token: string | undefined;
  readonly connectionsMax: number;
}

export interface ClientChoice extends ServerChoice {
  readonly device: string | undefined;
  readonly room: string | undefined;
  readonly withinMs: number;
}

type Environment = { readonly [name: string]: string | undefined };
type Given = { readonly [name: string]: string | boolean | undefined };

const text = (value: string | boolean | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

export const isMisuse = (value: unknown): value is Misuse =>
  typeof value === "object" && value !== null && "problem" in value;

const serverChoice = (values: Given, environment: Environment): ServerChoice | Misuse => {
  const url = text(values.server) ?? environment.SIGNALBOX_SERVER ?? defaultServer;
  if (!/^(https?|wss?):\/\/[^/]/.test(url) || !URL.canParse(url))
    return { problem: `--server: must be an address such as ${defaultServer}, not ${JSON.stringify(url)}` };
  return {
    url,
    secret: text(values.secret) ?? environment.SIGNALBOX_SECRET,
    quiet: values.quiet === true,
  };
};

export const deviceChoice = (values: Given, environment: Environment): DeviceChoice | Misuse => {
  const server = serverChoice(values, environment);
  if (isMisuse(server)) return server;
  const guests = numberIn("guests", text(values.guests), 1, 1_000, true);
  if (isMisuse(guests)) return guests;
  const room = text(values.room);
  if (values.unlisted === true && room === undefined) return { problem: "--unlisted: name a --room" };
  return {
    ...server,
    id: text(values.id) ?? environment.SIGNALBOX_DEVICE_ID,
    token: environment.SIGNALBOX_DEVICE_TOKEN,
    displayName: text(values.name),
    room: room === undefined ? undefined : { id: room, unlisted: values.unlisted === true },
    tokenFile: text(values["token-file"]),
    connectionsMax: guests ?? 16,
  };
};

export const clientChoice = (values: Given, environment: Environment): ClientChoice | Misuse => {
  const server = serverChoice(values, environment);
  if (isMisuse(server)) return server;
  const within = numberIn("within", text(values.within), 0.1, 1_000_000, false);
  if (isMisuse(within)) return within;
  return {
    ...server,
    device: text(values.device),
    room: text(values.room),
    withinMs: (within ?? 45) * 1_000,
  };
};

/** A number from a command line. */
export const numberIn = (
  name: string,
  given: string | undefined,
  least: number,
  most: number,
  whole: boolean,
): number | undefined | Misuse => {
  if (given === undefined) return undefined;
  const number = /^\d+(?:\.\d+)?$/.test(given) ? Number(given) : Number.NaN;
  if (number >= least && number <= most && (!whole || Number.isInteger(number))) return number;
  return {
    problem: `--${name}: must be a ${whole ? "whole " : ""}number from ${least} to ${most}, not ${JSON.stringify(given)}`,
  };
};

/** `parseArgs`, where what it finds wrong is one line. */
export const readArgs = <const T extends ParseArgsConfig>(
  config: T,
): ReturnType<typeof parseArgs<T>> | Misuse => {
  try {
    return parseArgs(config);
  } catch (error) {
    const [sentence = ""] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    return { problem: sentence };
  }
};
